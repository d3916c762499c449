"""What the calendar asks for, in business time and the account's time zone: a flight that is over ends, an open end holds its months."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import budgets, intents, money_repository, repository
from zamc.deployments.context import Context
from zamc.deployments.rules import FINAL, Desired
from zamc.deployments.spend import month_of
from zamc.deployments.tables import Deployment
from zamc.events.alert_codes import AlertCode
from zamc.notifications import alerts

_CHUNK = 200


def run(ctx: Context) -> steps.Outcome:
    """End what is over and hold the months ahead; pauses are planned, not sent. counts: ending, renewed, unreserved (being paused).

    A flight that is over was told its end date and stops by itself: that it is off is acknowledged and read back all the same, as for
    any end, and only then `zamc.deployment.ended` is told and its room given back.
    """
    outcome = steps.Outcome()
    while True:
        with ctx.database.transaction() as session:
            ids = money_repository.over(session, now=ctx.clock.business_now(), limit=_CHUNK)
            outcome.counts["ending"] += _end(ctx, session, ids)
        if len(ids) < _CHUNK:
            break
    with ctx.database.transaction() as session:
        waiting = money_repository.without_a_month(session, now=ctx.clock.business_now())
    for start in range(0, len(waiting), _CHUNK):
        with ctx.database.transaction() as session:
            for row in repository.lock(session, waiting[start : start + _CHUNK]):
                _renew(ctx, session, row, outcome)
    return outcome


def _end(ctx: Context, session: Session, ids: Sequence[UUID]) -> int:
    # Somebody who holds one of them is about to change it: the next look tells.
    rows = repository.lock(session, ids, skip_locked=True)
    return intents.stop(session, ctx.clock, rows, desired=Desired.ENDED, by="calendar")


def _renew(ctx: Context, session: Session, row: Deployment, outcome: steps.Outcome) -> None:
    """Without room in the caps it is paused: it would spend unreserved."""
    if row.desired_status != Desired.ENABLED or row.status in FINAL:
        return
    missing = budgets.renew(session, ctx.clock, row, generation=row.generation)
    if not missing:
        outcome.counts["renewed"] += 1
        return
    month = month_of(budgets.today_of(session, ctx.clock, row))
    about = {"project_id": row.project_id, "deployment_id": row.id}
    if month in missing:
        intents.stop(session, ctx.clock, [row], desired=Desired.PAUSED, by="calendar")
        outcome.counts["unreserved"] += 1
    title = f"{row.name} {'is paused' if month in missing else 'will be paused'}: {'; '.join(missing.values())}"
    severity: alerts.Severity = "critical" if month in missing else "warning"
    alerts.raise_once(session, AlertCode.RESERVATION_REFUSED, f"{row.id}:{min(missing)}", severity=severity, title=title, **about)
