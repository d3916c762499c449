"""What must not last: a stop that stays unconfirmed, a deployment that is stuck on its way. A person is told once for each."""

from datetime import timedelta

from zamc.deployments import watch_repository
from zamc.deployments.context import Context
from zamc.events.alert_codes import AlertCode
from zamc.notifications import alerts
from zamc.notifications import repository as notifications


def look(ctx: Context) -> None:
    """Tell what has begun to last too long, clear what is over."""
    now = ctx.clock.now()
    with ctx.database.transaction() as session:
        lasting = set()
        for row, since, why in watch_repository.long_stops(session, before=now - ctx.limits.unconfirmed_for):
            lasting.add(str(row.id))
            minutes = int((now - since) / timedelta(minutes=1))
            alerts.raise_once(
                session, AlertCode.STOP_UNCONFIRMED, str(row.id), severity="critical",
                title=f"{row.name}: a pause is not confirmed after {minutes} minutes: {why or 'the platform still shows it on'}"[:500],
                project_id=row.project_id, deployment_id=row.id, platform=row.platform,
            )  # fmt: skip
        over = notifications.open_keys(session, AlertCode.STOP_UNCONFIRMED) - lasting
        alerts.clear_many(session, AlertCode.STOP_UNCONFIRMED, over, at=now)
        stuck = set()
        for row in watch_repository.long_moving(session, before=now - ctx.limits.stuck_after):
            stuck.add(str(row.id))
            alerts.raise_once(
                session, AlertCode.DEPLOYMENT_STUCK, str(row.id), severity="warning",
                title=f"{row.name} is {row.status} and nothing has moved: {row.last_error or 'it waits for its siblings'}"[:500],
                project_id=row.project_id, deployment_id=row.id, platform=row.platform,
            )  # fmt: skip
        alerts.clear_many(session, AlertCode.DEPLOYMENT_STUCK, notifications.open_keys(session, AlertCode.DEPLOYMENT_STUCK) - stuck, at=now)
