"""Settle the ledger with what was billed, and notice what was billed above what was reserved. One account after the other.

A day is final when its facts were read on the third day after it or later (spend.SETTLE_AFTER_DAYS). Until then it counts at its worst.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.analytics import repository as facts
from zamc.clock import business_date
from zamc.deployments import exposures, intents, money_repository, repository
from zamc.deployments.context import Context
from zamc.deployments.rules import Desired
from zamc.deployments.spend import SETTLE_AFTER_DAYS, TOTAL, Overspend, Span, end_of_next_month, overspent, settled
from zamc.deployments.tables import Deployment
from zamc.events.alert_codes import AlertCode
from zamc.money import Money
from zamc.notifications import alerts
from zamc.projects import ledger
from zamc.projects import repository as projects
from zamc.projects.tables import AdAccount

_CHUNK = 200
_JUDGED_DAYS = 35
"""How far back overspend is looked for: this month and the one before. What is older was told."""


@dataclass(frozen=True)
class _Books:
    """An account on its today, and its days whose facts are final."""

    account: AdAccount
    today: date
    final: Sequence[date]


def run(ctx: Context, *, account_ids: Collection[UUID] | None = None) -> steps.Outcome:
    """Settle every account that was read since its last settlement, or whose day has changed. counts: settled, overspent, paused."""
    outcome = steps.Outcome()
    with ctx.database.transaction() as session:
        accounts = [each for each in money_repository.accounts_with_money(session) if account_ids is None or each.id in account_ids]
    for account in accounts:
        _account(ctx, account, outcome)
    return outcome


def _account(ctx: Context, account: AdAccount, outcome: steps.Outcome) -> None:
    today = business_date(ctx.clock, account.time_zone)
    with ctx.database.transaction() as session:
        ticket = facts.newest_ticket(session, account.id)
        mark = money_repository.settlement(session, account.id)
        if mark is not None and (mark.ticket, mark.day) == (ticket, today):
            return
        books = _Books(account, today, facts.final_days(session, account, after_days=SETTLE_AFTER_DAYS))
    after: UUID | None = None
    while True:
        with ctx.database.transaction() as session:
            ids = money_repository.to_settle(session, account.id, today=today, after=after, limit=_CHUNK)
            if ids:
                _chunk(ctx, session, books, ids, outcome)
        if len(ids) < _CHUNK:
            break
        after = ids[-1]
    with ctx.database.transaction() as session:
        money_repository.mark_settled(session, account.id, ticket=ticket, day=today, at=ctx.clock.now())


def _chunk(ctx: Context, session: Session, books: _Books, ids: Sequence[UUID], outcome: steps.Outcome) -> None:
    rows = repository.lock(session, ids)
    projects.lock_project(session, books.account.project_id)
    held = projects.reserved_by_deployment(session, ids)
    spans = projects.budgets(session, ids)
    spent = facts.spend_by_day(session, ids)
    for row in rows:
        own = exposures.within_flight(row, spans.get(row.id, []))
        if not own:
            continue
        mine = ledger.by_base(held.get(row.id, {}))
        known = spent.get(row.id, {})
        billed = {day: known.get(day, 0) for day in books.final if day >= own[0].first}
        worst = exposures.exposed_by(row, own, today=books.today, billed=billed, held=mine)
        changed = ledger.settle(
            session,
            project_id=row.project_id,
            deployment_id=row.id,
            generation=row.generation,
            currency=row.currency,
            targets=settled(mine, worst.rows(), billed),
            held=mine,
        )
        outcome.counts["settled"] += bool(changed)
        outcome.counts.update(_judge(ctx, session, row, _overspent(row, own, known, today=books.today)))


def _overspent(row: Deployment, spans: Sequence[Span], spent: Mapping[date, int], *, today: date) -> list[Overspend]:
    """What was billed above what was reserved, lately or altogether."""
    if not any(spent.values()):
        return []
    until = row.ends_on or end_of_next_month(today)
    coin = Money(0, row.currency).minor_unit_micros
    found = overspent(exposures.platform_of(row), spans, spent, until=until, today=today, tolerance_micros=coin)
    since = f"{today - timedelta(days=_JUDGED_DAYS)}"
    return [each for each in found if each.period == TOTAL or each.period >= since[: len(each.period)]]


def _judge(ctx: Context, session: Session, row: Deployment, found: Sequence[Overspend]) -> Counter[str]:
    """Tell each day and month once, and pause if the policy says so. A person who resumes it afterwards is not overruled."""
    told = [each for each in found if _tell(session, row, each)]
    counts = Counter(overspent=int(bool(told)))
    if told and row.desired_status == Desired.ENABLED:
        policy = projects.policy(session, row.project_id, row.currency)
        # Without a policy nothing may spend at all.
        if policy is None or policy.overspend == "pause":
            counts["paused"] = intents.stop(session, ctx.clock, [row], desired=Desired.PAUSED, by="overspend")
    return counts


def _tell(session: Session, row: Deployment, found: Overspend) -> bool:
    billed, allowed = Money(found.billed_micros, row.currency), Money(found.allowed_micros, row.currency)
    return alerts.raise_once(
        session,
        AlertCode.OVERSPEND,
        f"{row.id}:{found.period}",
        severity="critical",
        title=f"{row.name}: {row.platform} billed {billed} for {found.period}, {allowed} was reserved as the worst case",
        project_id=row.project_id,
        deployment_id=row.id,
        period=found.period,
        billed_micros=found.billed_micros,
        allowed_micros=found.allowed_micros,
    )
