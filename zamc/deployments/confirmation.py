"""Whoever pauses waits for the platforms: stops are sent and verified round after round until all are confirmed or the time is over."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import repository, stops
from zamc.deployments.context import Context
from zamc.deployments.rules import Desired

_ROUND_SECONDS = 1.0


def wait(ctx: Context, ids: Collection[UUID], *, seconds: float) -> steps.Outcome:
    """Run stops until those of `ids` are done or `seconds` of wall time are over; the others' are run along.

    counts: done, waiting, resumed (somebody wants it on again). errors: what still waits, by its id, with its name and why. The limit is
    looked at between rounds: within one, a platform that hangs takes as long as a call may.
    """
    until = ctx.clock.now() + timedelta(seconds=seconds)
    while True:
        stops.run(ctx)
        with ctx.database.transaction() as session:
            outcome = _look(session, ids)
        left = (until - ctx.clock.now()).total_seconds()
        if not outcome.counts["waiting"] or left <= 0:
            return outcome
        ctx.sleep(min(_ROUND_SECONDS, left))


def _look(session: Session, ids: Collection[UUID]) -> steps.Outcome:
    outcome = steps.Outcome()
    open_stops = repository.open_stops(session, ids)
    in_flight = repository.enables_in_flight(session, {stop.obj_key for each in open_stops.values() for stop in each})
    for row in repository.deployments(session, ids):
        if each := open_stops.get(row.id):
            doubt = "an enable may still land" if any(stop.obj_key in in_flight for stop in each) else "not read back as off yet"
            outcome.counts["waiting"] += 1
            outcome.errors[row.id] = f"{row.name}: {each[-1].last_error or doubt}"
        else:
            outcome.counts["resumed" if row.desired_status == Desired.ENABLED else "done"] += 1
    return outcome
