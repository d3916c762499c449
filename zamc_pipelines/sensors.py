"""Sensors: the doorbell of the stream ZAMC becomes run requests, one per batch of messages and not one per message.

A tick reads on from the cursor and acknowledges nothing. If it dies before the cursor is stored, the next one reads the same
messages again; the run key tells Dagster that the same batch was requested before, and data assets are idempotent per item for
when it was not. How each edge ends: see zamc.events.rules and the tests.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from resources.platform import Zamc
from zamc_pipelines.tracing import asked_for

if TYPE_CHECKING:
    from zamc.events.catalogue import EventData
    from zamc.events.stream import Batch
    from zamc.telemetry.context import Trace

MOST_PER_TICK = 500


@dataclass(frozen=True)
class Reaction:
    """What a sensor does with events: select says which matter, config makes the run's configuration from them (none: all pending)."""

    select: Callable[["EventData"], bool]
    config: Callable[[Sequence["EventData"]], dict[str, Any]]


@dataclass(frozen=True)
class Heard:
    """An event as it was read. trace: which it belongs to, if it says so."""

    sequence: int
    event: "EventData"
    trace: "Trace | None"


def stream_sensor(*, name: str, job_name: str, subjects: Sequence[str], reaction: Reaction, description: str) -> dg.SensorDefinition:
    """A sensor over the stream with the cursor protocol of the architecture page, section "Events"."""

    @dg.sensor(
        name=name,
        job_name=job_name,
        minimum_interval_seconds=1,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
    def read_stream(context: dg.SensorEvaluationContext, zamc: Zamc) -> dg.SensorResult | dg.SkipReason:
        from zamc.errors import Later
        from zamc.events.rules import Cursor
        from zamc.events.stream import read_batch

        cursor = Cursor.parse(context.cursor) if context.cursor else None
        try:
            batch = read_batch(zamc.services.settings.nats_url.get_secret_value(), subjects=subjects, cursor=cursor, limit=MOST_PER_TICK)
        except Later as outage:
            return dg.SkipReason(str(outage))
        if batch is None:
            return dg.SkipReason("the stream ZAMC does not exist yet; the relay makes it")
        selected = [heard for heard in _readable(zamc, batch, sensor=name) if reaction.select(heard.event)]
        requests = list(_requests(name, batch, selected, reaction, per_run=zamc.services.settings.events_per_run))
        if not requests and str(batch.cursor) == context.cursor:
            return dg.SkipReason("nothing new")
        return dg.SensorResult(run_requests=requests, cursor=str(batch.cursor))

    return read_stream


def _readable(zamc: Zamc, batch: "Batch", *, sensor: str) -> Sequence[Heard]:
    """The events of a batch. What does not parse goes to the dead letters; a gap raises an alert."""
    from zamc.errors import InvalidInput
    from zamc.events import dead_letters, repository
    from zamc.events.alert_codes import AlertCode
    from zamc.events.catalogue import AlertRaised, parse
    from zamc.telemetry import context

    good: list[Heard] = []
    bad: list[tuple[int, str, bytes, str]] = []
    for message in batch.messages:
        try:
            envelope, event = parse(message.subject, message.payload)
            # The header is of whoever published it, within the trace; the envelope of whoever wrote it, if the header was lost.
            good.append(Heard(message.sequence, event, context.parse(message.traceparent) or context.parse(envelope.traceparent)))
        except InvalidInput as error:
            bad.append((message.sequence, message.subject, message.payload, str(error)))
    if bad or batch.gap:
        with zamc.services.database.transaction() as session:
            for sequence, subject, payload, reason in bad:
                dead_letters.bury(
                    session, stream_created=batch.stream.created, stream_sequence=sequence, subject=subject, payload=payload, reason=reason
                )
            if batch.gap:
                details = {"sensor": sensor, "first": batch.stream.first, "cursor": str(batch.cursor)}
                title = "messages were gone before they were read"
                repository.emit(session, AlertRaised(code=AlertCode.MESSAGES_LOST, severity="warning", title=title, details=details))
    return good


def _requests(name: str, batch: "Batch", selected: Sequence[Heard], reaction: Reaction, *, per_run: int) -> Iterator[dg.RunRequest]:
    created = batch.stream.created
    if batch.gap:
        # Whoever knew the ids is gone: one run without ids takes all that is pending, what has just been read included.
        yield dg.RunRequest(run_key=f"{name}:{created}:gap-before-{batch.stream.first}", run_config=reaction.config([]))
        return
    for start in range(0, len(selected), per_run):
        chunk = selected[start : start + per_run]
        run_key = f"{name}:{created}:{chunk[0].sequence}-{chunk[-1].sequence}"
        with asked_for(name, run_key=run_key, traces=[heard.trace for heard in chunk]) as tags:
            request = dg.RunRequest(run_key=run_key, run_config=reaction.config([heard.event for heard in chunk]), tags=tags)
        yield request
