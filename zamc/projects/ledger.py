"""Reserve before anything is sent, release when it is surely off. It fails closed: no policy, no launch."""

from collections.abc import Collection, Sequence
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
    """Write (period, micros) rows into the ledger if the project's caps allow them all, else raise SpendRefused and write nothing.

    The project's row is locked until the transaction ends, so that two reservations never pass the same room.
    """
    repository.lock_project(session, project_id)
    policy = repository.policy(session, project_id, currency)
    if policy is None:
        raise SpendRefused(f"the project has no spend policy in {currency}; set one with `zamc projects policy`, then launch again")
    caps = Caps(currency, policy.daily_cap_micros, policy.monthly_cap_micros, policy.total_cap_micros)
    used = repository.reserved(session, project_id, currency, [_base(period) for period, _ in amounts])
    for named, micros in amounts:
        period = _base(named)
        cap = cap_of(caps, period)
        if micros < 0:
            raise SpendRefused(f"a reservation of {micros} micros is negative")
        if cap is not None and used.get(period, 0) + micros > cap:
            wanted, held, most = (Money(value, currency) for value in (micros, used.get(period, 0), cap))
            raise SpendRefused(f"worst case {wanted} for {period} on top of {held} already reserved is above the cap of {most}")
    repository.add_entries(
        session,
        [
            {
                "project_id": project_id,
                "deployment_id": deployment_id,
                "generation": generation,
                "kind": "reserve",
                "period": period,
                "currency": currency,
                "amount_micros": micros,
            }
            for period, micros in amounts
        ],
    )


def _base(period: str) -> str:
    """What a period counts towards: "total:2027-01" is a part of "total" that was reserved later."""
    return period.partition(":")[0]


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
    held = repository.reserved_by_deployment(session, [deployment_id]).get(deployment_id, {})
    repository.add_entries(
        session,
        [
            {
                "project_id": project_id,
                "deployment_id": deployment_id,
                "generation": generation,
                "kind": "release",
                "period": period,
                "currency": currency,
                "amount_micros": -amount,
            }
            for period, amount in held.items()
            if amount > 0 and (periods is None or period in periods)
        ],
    )
