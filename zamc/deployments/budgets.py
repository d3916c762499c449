"""The money of a deployment whose budget, status or day changes: reserve before it is sent, give back after it was read back.

Every function takes a deployment that the caller has locked, and locks its project's ledger after it. A change of a daily budget is

    reserve_change(...)    in the transaction that plans the `update` (a raise is reserved here; SpendRefused: plan nothing)
    release_change(...)    in the transaction that records the read-back of the new budget: the older ones end today
    drop_change(...)       when it was refused, withdrawn or superseded: what was reserved for it goes back

Days are those of the ad account's time zone, in business time.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from zamc.clock import Clock, business_date
from zamc.database.ids import uuid7
from zamc.deployments import money_repository, repository
from zamc.deployments.exposures import exposed, platform_of, settled_days, today_of
from zamc.deployments.spend import TOTAL, month_of, month_reservation, months_ahead, settled
from zamc.deployments.tables import Deployment
from zamc.errors import InvalidInput, SpendRefused
from zamc.money import Money
from zamc.projects import ledger
from zamc.projects import repository as projects
from zamc.projects.rules import ChangeLimits, Raise, refuse_raise
from zamc.projects.tables import BudgetSpan


def begin(session: Session, clock: Clock, deployment: Deployment, *, today: date) -> None:
    """The first budget of a deployment, when its launch is reserved."""
    first = max(deployment.starts_on, today)
    session.add(_span(clock, deployment, deployment.daily_budget_micros, generation=deployment.generation, first=first, change=0))
    session.flush()


def reserve_change(
    session: Session,
    clock: Clock,
    deployment: Deployment,
    new_daily_micros: int,
    *,
    generation: int,
    objects: Collection[UUID] | None = None,
) -> None:
    """Allow the daily budget to become `new_daily_micros` (micros a day, above zero) from today on, as intention `generation`.

    A raise is checked against the project's policy (largest step, raises of the day, cool-down of each of the `objects` whose budget it
    changes; None: of all of them) and its worst case is reserved on top of what is held; a decrease reserves nothing and is never held
    back. Raises SpendRefused with what forbids it (nothing was written), and InvalidInput for a budget that is not positive. Call it
    before the update is planned; calling it again for the same generation changes nothing.
    """
    if new_daily_micros <= 0:
        raise InvalidInput("daily_budget", "must be greater than zero; to spend nothing, pause it")
    if _of_generation(session, deployment, generation) is not None:
        return
    today = today_of(session, clock, deployment)
    before = deployment.daily_budget_micros
    projects.lock_project(session, deployment.project_id)
    if new_daily_micros > before:
        _check_policy(session, clock, deployment, new_daily_micros - before, objects)
    first, change = max(deployment.starts_on, today), new_daily_micros - before
    with session.begin_nested():
        session.add(_span(clock, deployment, new_daily_micros, generation=generation, first=first, change=change))
        session.flush()
        if change > 0:
            ensure(session, clock, deployment, generation=generation)
            _check_brief(session, deployment)


def release_change(session: Session, clock: Clock, deployment: Deployment, *, generation: int) -> None:
    """The budget of `generation` was read back: the others were in force until today, and what only they could spend goes back.

    The room per day goes back tomorrow: a platform bills a day by the highest budget that it had.
    """
    today = today_of(session, clock, deployment)
    session.flush()
    projects.end_budgets(session, deployment.id, but=generation, last_day=today)
    settle(session, clock, deployment, billed=settled_days(session, [deployment])[deployment.id])


def drop_change(session: Session, clock: Clock, deployment: Deployment, *, generation: int, in_doubt: bool) -> None:
    """The update of `generation` will never be sent (again). in_doubt: it may have landed, so that its budget counts to the end of today.

    Raises nothing; a generation without a budget of its own changes nothing.
    """
    span = _of_generation(session, deployment, generation)
    if span is None or span.last_day is not None:
        return
    span.last_day = today_of(session, clock, deployment) if in_doubt else span.first_day - timedelta(days=1)
    session.flush()
    settle(session, clock, deployment, billed=settled_days(session, [deployment])[deployment.id])


def stopped(session: Session, clock: Clock, deployment: Deployment) -> None:
    """It is off for good, confirmed: no day after today can be billed. The room of today goes back tomorrow."""
    projects.end_budgets(session, deployment.id, but=None, last_day=today_of(session, clock, deployment))
    settle(session, clock, deployment, billed=settled_days(session, [deployment])[deployment.id])


def never_ran(session: Session, deployment: Deployment) -> None:
    """Nothing of it was ever enabled: everything goes back."""
    for row in projects.budgets(session, [deployment.id]).get(deployment.id, []):
        row.last_day = row.first_day - timedelta(days=1)
    ledger.release(
        session,
        project_id=deployment.project_id,
        deployment_id=deployment.id,
        generation=deployment.generation,
        currency=deployment.currency,
    )


def found(session: Session, clock: Clock, deployment: Deployment, daily_micros: int, *, generation: int) -> None:
    """A platform shows this daily budget, whatever the record says: it is in force."""
    first = max(deployment.starts_on, today_of(session, clock, deployment))
    session.add(_span(clock, deployment, daily_micros, generation=generation, first=first, change=0))
    session.flush()


def ensure(session: Session, clock: Clock, deployment: Deployment, *, generation: int) -> None:
    """Hold what the deployment may be billed from today on, and what it was billed before: day, months and total.

    With an open end: to the end of next month. Raises SpendRefused when a cap has no room (nothing was written) and when the flight is
    over. Used by a resume, by an approval that came late, by a raise, and by whoever adopts what is on.
    """
    today = today_of(session, clock, deployment)
    if deployment.ends_on is not None and deployment.ends_on < today:
        raise SpendRefused(f"the flight ended on {deployment.ends_on}; nothing of it could still run")
    for why in renew(session, clock, deployment, generation=generation).values():
        raise SpendRefused(why)
    worst = exposed(session, deployment, today=today, billed=settled_days(session, [deployment])[deployment.id])
    current = {period: micros for period, micros in worst.rows().items() if not _is_past(period, today)}
    ledger.ensure(
        session,
        project_id=deployment.project_id,
        deployment_id=deployment.id,
        generation=generation,
        currency=deployment.currency,
        targets=current,
    )


def renew(session: Session, clock: Clock, deployment: Deployment, *, generation: int) -> dict[str, str]:
    """With an open end: hold this month and the next. Returns why not, by month, for those that have no room."""
    if deployment.ends_on is not None:
        return {}
    begins = max(today_of(session, clock, deployment), deployment.starts_on)
    ahead = [month_reservation(platform_of(deployment), deployment.daily_budget_micros, month) for month in months_ahead(begins)]
    held = ledger.held_by_base(session, deployment.id)
    refused: dict[str, str] = {}
    # A month that was settled at nothing is held too: its row is there.
    for each in [month for month in ahead if month.period not in held]:
        try:
            with session.begin_nested():
                ledger.reserve(
                    session,
                    project_id=deployment.project_id,
                    deployment_id=deployment.id,
                    generation=generation,
                    currency=deployment.currency,
                    amounts=[(each.period, each.amount_micros), (f"{TOTAL}:{each.period}", each.amount_micros)],
                )
        except SpendRefused as error:
            refused[each.period] = str(error)
            break
    return refused


def settle(session: Session, clock: Clock, deployment: Deployment, *, billed: Mapping[date, int]) -> dict[str, int]:
    """Replace the worst case of the days in `billed` (micros by day) by what was billed. Returns what changed, by period.

    Only periods that are held, or were billed, are touched.
    """
    today = today_of(session, clock, deployment)
    held = ledger.held_by_base(session, deployment.id)
    if not any(held.values()) and not billed:
        return {}
    worst = exposed(session, deployment, today=today, billed=billed, held=held).rows()
    targets = settled(held, worst, billed)
    return ledger.settle(
        session,
        project_id=deployment.project_id,
        deployment_id=deployment.id,
        generation=deployment.generation,
        currency=deployment.currency,
        targets=targets,
    )


def _of_generation(session: Session, deployment: Deployment, generation: int) -> BudgetSpan | None:
    rows = projects.budgets(session, [deployment.id]).get(deployment.id, [])
    return next((row for row in rows if row.generation == generation), None)


def _check_policy(session: Session, clock: Clock, deployment: Deployment, raise_micros: int, objects: Collection[UUID] | None) -> None:
    policy = projects.policy(session, deployment.project_id, deployment.currency)
    if policy is None:
        raise SpendRefused(f"the project has no spend policy in {deployment.currency}; set one with `zamc projects policy`")
    account = repository.accounts(session, [deployment.ad_account_id])[deployment.ad_account_id]
    midnight = datetime.combine(business_date(clock, account.time_zone), time(), tzinfo=ZoneInfo(account.time_zone))
    touched = money_repository.objects_by_generation(session, deployment.id)
    changes = [
        row.changed_at
        for row in projects.budgets(session, [deployment.id]).get(deployment.id, [])
        # A change whose objects are not known counts for all of them.
        if row.change_micros and (objects is None or not touched.get(row.generation) or touched[row.generation] & set(objects))
    ]
    wanted = Raise(
        before_micros=deployment.daily_budget_micros,
        by_micros=raise_micros,
        raised_today_micros=projects.raised_since(session, deployment.project_id, deployment.currency, since=midnight),
        last_change=max(changes, default=None),
        now=clock.business_now(),
    )
    limits = ChangeLimits(
        currency=deployment.currency,
        largest_micros=policy.largest_raise_micros,
        largest_share=policy.largest_raise_share,
        per_day_micros=policy.daily_raise_micros,
        cooldown_seconds=policy.cooldown_seconds,
    )
    if why := refuse_raise(limits, wanted):
        raise SpendRefused(why)


def _check_brief(session: Session, deployment: Deployment) -> None:
    """What the brief allows in total is never passed, by all platforms together."""
    strategy = repository.strategy(session, repository.strategy_ids(session, [deployment.asset_id])[deployment.asset_id])
    total = strategy.plan["flight"]["total_budget_micros"] if strategy is not None and strategy.plan is not None else None
    if total is None:
        return
    family = repository.deployments_of_set(session, deployment.asset_id)
    held = sum(ledger.held_by_base(session, each.id).get("total", 0) for each in family)
    if held > total:
        wanted, most = Money(held, deployment.currency), Money(total, deployment.currency)
        raise SpendRefused(f"the worst case of all platforms together, {wanted}, would be above the brief's total of {most}")


def _span(clock: Clock, deployment: Deployment, micros: int, *, generation: int, first: date, change: int) -> BudgetSpan:
    return BudgetSpan(
        id=uuid7(), project_id=deployment.project_id, deployment_id=deployment.id, generation=generation, daily_budget_micros=micros,
        first_day=first, last_day=None, change_micros=change, changed_at=clock.business_now(),
    )  # fmt: skip


def _is_past(period: str, today: date) -> bool:
    return period[:1].isdigit() and period < month_of(today)


__all__ = [
    "begin", "drop_change", "ensure", "found", "never_ran", "release_change", "renew", "reserve_change", "settle", "settled_days",
    "stopped", "today_of",
]  # fmt: skip
