"""Reading the stream by cursor: nothing skipped, nothing acknowledged, other subjects passed over."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest

from tests.zamc.events.conftest import Stream
from zamc.database.engine import Database
from zamc.errors import Later, OutsideCallInTransaction
from zamc.events.relay import Relay
from zamc.events.stream import read_batch

SUBJECTS = ("zamc.strategy.requested",)


@pytest.fixture
def filled(stream: Stream, relay: Relay, emit: Callable[[], UUID]) -> Stream:
    """Sequences 1 to 3 are events, 4 is of another subject."""
    for _ in range(3):
        emit()
    asyncio.run(relay.run(once=True))
    stream.publish("zamc.strategy.failed", b"{}")
    return stream


def test_reading_goes_on_after_the_cursor_and_covers_what_does_not_match(filled: Stream) -> None:
    first = read_batch(filled.url, subjects=SUBJECTS, cursor=None, limit=2)
    assert first is not None
    assert [message.sequence for message in first.messages] == [1, 2]
    assert first.cursor.sequence == 2
    second = read_batch(filled.url, subjects=SUBJECTS, cursor=first.cursor, limit=2)
    assert second is not None
    assert [message.sequence for message in second.messages] == [3]
    assert second.cursor.sequence == 4
    third = read_batch(filled.url, subjects=SUBJECTS, cursor=second.cursor, limit=2)
    assert third is not None
    assert (list(third.messages), third.gap) == ([], False)


def test_reading_twice_from_one_cursor_gives_the_same_messages(filled: Stream) -> None:
    assert read_batch(filled.url, subjects=SUBJECTS, cursor=None, limit=9) == read_batch(
        filled.url, subjects=SUBJECTS, cursor=None, limit=9
    )


def test_a_purge_of_unread_messages_is_a_gap_and_of_read_ones_is_none(filled: Stream) -> None:
    read = read_batch(filled.url, subjects=SUBJECTS, cursor=None, limit=9)
    unread = read_batch(filled.url, subjects=SUBJECTS, cursor=None, limit=1)
    assert read is not None
    assert unread is not None
    filled.purge()
    after_read = read_batch(filled.url, subjects=SUBJECTS, cursor=read.cursor, limit=9)
    after_unread = read_batch(filled.url, subjects=SUBJECTS, cursor=unread.cursor, limit=9)
    assert after_read is not None
    assert after_unread is not None
    assert (after_read.gap, after_unread.gap) == (False, True)


def test_there_is_no_stream_before_the_relay_made_it(stream: Stream) -> None:
    assert read_batch(stream.url, subjects=SUBJECTS, cursor=None, limit=9) is None


def test_an_outage_is_said_and_moves_nothing() -> None:
    with pytest.raises(Later, match="does not answer"):
        read_batch("nats://127.0.0.1:9", subjects=SUBJECTS, cursor=None, limit=9)


def test_the_stream_is_not_read_inside_a_transaction(filled: Stream, database: Database) -> None:
    with pytest.raises(OutsideCallInTransaction), database.transaction():
        read_batch(filled.url, subjects=SUBJECTS, cursor=None, limit=9)
