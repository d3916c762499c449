"""Reserve before anything is sent, settle with what was billed, release when it is surely off. It fails closed: no policy, no launch.

What the ledger holds for a deployment and a period is the sum of its movements. Every function here locks the project's row until the
transaction ends, so that two of them never pass the same room; whoever also locks deployments locks them first.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.errors import SpendRefused
from zamc.money import Money
from zamc.projects import repository
from zamc.projects.rules import Caps, cap_of


def reserve(
    session: Session,
    *,
    project_id: UUID,
    deployment_id: UUID,
    generation: int,
    currency: str,
    amounts: Sequence[tuple[str, int]],
) -> None:
    """Add (period, micros) to what is held if the project's caps allow them all, else raise SpendRefused and write nothing."""
    repository.lock_project(session, project_id)
    policy = repository.policy(session, project_id, currency)
    if policy is None:
        raise SpendRefused(f"the project has no spend policy in {currency}; set one with `zamc projects policy`, then launch again")
    caps = Caps(currency, policy.daily_cap_micros, policy.monthly_cap_micros, policy.total_cap_micros, policy.platform_caps)
    periods = [base(period) for period, _ in amounts]
    platform = repository.platform_of(session, deployment_id)
    for scope, where in ((None, ""), (platform, f" on {platform}")):
        used = repository.reserved(session, project_id, currency, periods, platform=scope)
        for named, micros in amounts:
            period = base(named)
            cap = cap_of(caps, period, platform=scope)
            if micros < 0:
                raise SpendRefused(f"a reservation of {micros} micros is negative")
            # Several rows of one reservation may count towards one period.
            used[period] = used.get(period, 0) + micros
            if cap is not None and used[period] > cap and micros > 0:
                wanted, held, most = (Money(value, currency) for value in (micros, used[period] - micros, cap))
                raise SpendRefused(f"worst case {wanted} for {period} on top of {held} already reserved is above the cap of {most}{where}")
    _write(session, "reserve", amounts, project_id=project_id, deployment_id=deployment_id, generation=generation, currency=currency)


def ensure(
    session: Session, *, project_id: UUID, deployment_id: UUID, generation: int, currency: str, targets: Mapping[str, int]
) -> dict[str, int]:
    """Hold at least `targets` (micros by base period) for a deployment: reserve what is missing, give nothing back.

    Returns what was added. Doing it twice is doing it once. Raises SpendRefused, and then nothing was written.
    """
    repository.lock_project(session, project_id)
    held = held_by_base(session, deployment_id)
    missing = {period: micros - held.get(period, 0) for period, micros in targets.items() if micros > held.get(period, 0)}
    if missing:
        reserve(
            session,
            project_id=project_id,
            deployment_id=deployment_id,
            generation=generation,
            currency=currency,
            amounts=sorted(missing.items()),
        )
    return missing


def settle(
    session: Session,
    *,
    project_id: UUID,
    deployment_id: UUID,
    generation: int,
    currency: str,
    targets: Mapping[str, int],
    held: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Make what is held exactly `targets` (micros by base period). No cap is asked: what was billed is a fact.

    held: what is held by base period, when the caller has read it under the project's lock. Returns the changes. Doing it twice is doing
    it once. Raises SpendRefused for a negative target.
    """
    if any(micros < 0 for micros in targets.values()):
        raise SpendRefused("a period cannot hold less than nothing")
    if held is None:
        repository.lock_project(session, project_id)
        held = held_by_base(session, deployment_id)
    changes = {period: micros - held.get(period, 0) for period, micros in targets.items() if micros != held.get(period, 0)}
    _write(
        session,
        "settle",
        sorted(changes.items()),
        project_id=project_id,
        deployment_id=deployment_id,
        generation=generation,
        currency=currency,
    )
    return changes


def release(
    session: Session,
    *,
    project_id: UUID,
    deployment_id: UUID,
    generation: int,
    currency: str,
    periods: Collection[str] | None = None,
) -> None:
    """Give back what the ledger still holds for a deployment (of the named periods). Twice is once."""
    repository.lock_project(session, project_id)
    held = repository.reserved_by_deployment(session, [deployment_id]).get(deployment_id, {})
    amounts = [(period, -amount) for period, amount in held.items() if amount != 0 and (periods is None or base(period) in periods)]
    _write(session, "release", amounts, project_id=project_id, deployment_id=deployment_id, generation=generation, currency=currency)


def held_by_base(session: Session, deployment_id: UUID) -> dict[str, int]:
    """What is held for a deployment in micros, by "day", month and "total"."""
    return by_base(repository.reserved_by_deployment(session, [deployment_id]).get(deployment_id, {}))


def by_base(rows: Mapping[str, int]) -> dict[str, int]:
    """Parts that were reserved one after the other, added up."""
    held: dict[str, int] = {}
    for period, micros in rows.items():
        held[base(period)] = held.get(base(period), 0) + micros
    return held


def base(period: str) -> str:
    """What a period counts towards: "total:2027-01" is a part of "total" that was reserved later."""
    return period.partition(":")[0]


def _write(
    session: Session,
    kind: str,
    amounts: Sequence[tuple[str, int]],
    *,
    project_id: UUID,
    deployment_id: UUID,
    generation: int,
    currency: str,
) -> None:
    numbers = repository.next_numbers(session, deployment_id, generation=generation, kind=kind) if amounts else {}
    repository.add_entries(
        session,
        [
            {
                "project_id": project_id,
                "deployment_id": deployment_id,
                "generation": generation,
                "kind": kind,
                "period": period,
                "currency": currency,
                "amount_micros": micros,
                "number": numbers.get(period, 0),
            }
            for period, micros in amounts
        ],
    )
