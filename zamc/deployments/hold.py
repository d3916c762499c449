"""The hold: after a restore from a backup nothing is sent but pauses, until what is on the platforms was adopted.

What was paused, launched or changed after the backup is not in the record any more; acting on the record would enable what a person
has paused. So a restored database is noticed before it acts, and put on hold.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.deployments.context import HOLD, KILL_SWITCH, OFF, ON, Context
from zamc.errors import Later
from zamc.events import repository as outbox
from zamc.events.alert_codes import AlertCode
from zamc.notifications import alerts
from zamc.projects import repository as projects

SINCE, ADOPTED, REASON = "hold_since", "adopted_through", "hold_reason"
WATCHMAN = "restore-check"

log = structlog.get_logger()


@dataclass(frozen=True)
class Hold:
    """Whether everything is on hold, since when (wall time), and why."""

    on: bool
    since: datetime | None
    reason: str


def status(session: Session) -> Hold:
    """A hold that is not there yet counts as off; one with a value that nobody knows counts as on."""
    flags = projects.flag_values(session, [HOLD, SINCE, REASON])
    since = flags.get(SINCE) or ""
    return Hold(flags.get(HOLD, OFF) != OFF, datetime.fromisoformat(since) if since else None, flags.get(REASON, ""))


def why_nothing_is_sent(session: Session) -> str:
    """What keeps back everything but pauses now, in words; empty when nothing does."""
    flags = projects.flag_values(session, [HOLD, KILL_SWITCH])
    if flags.get(KILL_SWITCH, OFF) != OFF:
        return "the kill switch is on"
    return "everything is on hold after a restore" if flags.get(HOLD, OFF) != OFF else ""


def turn_on(session: Session, clock: Clock, *, by: str, reason: str) -> bool:
    """Hold everything. Returns whether it was off. The time from which old workers are waited for is the first one."""
    if status(session).on:
        return False
    for name, value in ((HOLD, ON), (SINCE, clock.now().isoformat()), (REASON, reason)):
        projects.set_flag(session, name, value, by=by)
    projects.audit(session, actor=by, action="hold.on", project_id=None, reason=reason)
    return True


def turn_off(session: Session, clock: Clock, *, by: str) -> bool:
    """Let changes be sent again. Returns whether it was on. After a restore, `zamc adopt` does this when everything is adopted."""
    if not status(session).on:
        return False
    for name, value in ((HOLD, OFF), (SINCE, ""), (REASON, "")):
        projects.set_flag(session, name, value, by=by)
    projects.audit(session, actor=by, action="hold.off", project_id=None)
    alerts.clear(session, AlertCode.RESTORED, "database", at=clock.now())
    return True


def notice(ctx: Context) -> Hold:
    """Ask the witness whether the database has gone back in time, and hold everything if it has. Asked before anything is sent.

    Raises Later when the witness does not answer: nobody knows then, and what could spend waits.
    """
    with ctx.database.transaction() as session:
        now = status(session)
    if now.on or ctx.witness is None:
        return now
    heard = ctx.witness(ctx.installation())
    with ctx.database.transaction() as session:
        created, _, through = projects.flag_values(session, [ADOPTED]).get(ADOPTED, "").rpartition(":")
        fresh = [each for each in heard if each.created != created or each.sequence > int(through)]
        known = outbox.known_ids(session, [each.event_id for each in fresh])
        lost = [each for each in fresh if each.event_id not in known]
        if lost:
            suspect(session, ctx.clock, reason=f"the stream holds {len(lost)} of our events that the database never heard of")
        return status(session)


def holds(ctx: Context) -> bool:
    """Whether nothing may be sent but pauses: on hold, or nobody can tell whether the database was restored."""
    try:
        return notice(ctx).on
    except Later as error:
        log.warning("restore_check.unanswered", error=str(error))
        return True


def suspect(session: Session, clock: Clock, *, reason: str) -> None:
    """There is a sign that the database was restored from a backup: hold everything, and tell."""
    if not turn_on(session, clock, by=WATCHMAN, reason=reason):
        return
    title = f"The database seems to have been restored from a backup: {reason}. Everything is on hold until `zamc adopt`"
    alerts.raise_once(session, AlertCode.RESTORED, "database", severity="critical", title=title)


def adopted_through(ctx: Context) -> str | None:
    """Where the stream stands: what it holds up to here is no new sign of a restore. None without a witness. Raises Later."""
    heard = ctx.witness(ctx.installation()) if ctx.witness is not None else []
    return f"{heard[0].created}:{heard[0].sequence}" if heard else None


def remember_adopted(session: Session, through: str) -> None:
    projects.set_flag(session, ADOPTED, through, by=WATCHMAN)
