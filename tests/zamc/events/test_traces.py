"""An event carries the trace that it was written for, from its row to the message in the stream."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tests.zamc.events.conftest import Stream
from zamc.database.engine import Database
from zamc.events.relay import Relay
from zamc.events.stream import STREAM, read_batch
from zamc.events.tables import OutboxRow
from zamc.telemetry import context


def test_an_event_says_for_which_trace_it_was_written(database: Database, emit: Callable[[], UUID]) -> None:
    trace = context.fresh()
    with context.at(trace):
        emit()
    emit()
    with database.transaction() as session:
        first, second = (row.envelope for row in session.scalars(select(OutboxRow).order_by(OutboxRow.sequence)))
    assert first["traceparent"] == trace.traceparent
    assert "traceparent" not in second


def test_the_relay_puts_it_into_a_header_and_keeps_a_forged_one_out(
    database: Database, stream: Stream, relay: Relay, emit: Callable[[], UUID]
) -> None:
    trace = context.fresh()
    for said in (trace, None):
        with context.at(said):
            emit()
    with database.transaction() as session:
        last = session.scalars(select(OutboxRow).order_by(OutboxRow.sequence)).all()[1]
        last.envelope = {
            **last.envelope, "traceparent": "00-canary\r\nNats-Msg-Id: forged",
        }  # fmt: skip
    asyncio.run(relay.run(once=True))

    async def headers(jetstream: Any) -> list[dict[str, str]]:
        return [(await jetstream.get_msg(STREAM, sequence)).headers for sequence in (1, 2)]

    first, second = stream.do(headers)
    assert first["traceparent"] == trace.traceparent
    assert "traceparent" not in second
    assert "forged" not in str(second)
    batch = read_batch(stream.url, subjects=["zamc.>"], cursor=None, limit=10)
    assert batch is not None
    assert [message.traceparent for message in batch.messages] == [trace.traceparent, None]
