"""The cursor protocol, edge by edge."""

import pytest

from zamc.errors import InvalidInput
from zamc.events.rules import Cursor, Start, StreamState, read_on

A, B = "2026-11-20T08:00:00.123456789Z", "2026-11-21T09:00:00Z"


@pytest.mark.parametrize(
    ("cursor", "stream", "start"),
    [
        pytest.param(None, StreamState(A, 1, 9), Start(1, gap=False), id="a first look reads from the start"),
        pytest.param(None, StreamState(A, 4, 9), Start(1, gap=True), id="a first look at a stream that lost its beginning"),
        pytest.param(Cursor(A, 5), StreamState(A, 1, 9), Start(6, gap=False), id="goes on after the cursor"),
        pytest.param(Cursor(A, 5), StreamState(A, 6, 9), Start(6, gap=False), id="what was read may be gone"),
        pytest.param(Cursor(A, 5), StreamState(A, 7, 9), Start(6, gap=True), id="one unread message is gone"),
        pytest.param(Cursor(A, 5), StreamState(A, 6, 5), Start(6, gap=False), id="purged after everything was read"),
        pytest.param(Cursor(A, 5), StreamState(A, 10, 9), Start(6, gap=True), id="purged before everything was read"),
        pytest.param(Cursor(A, 5), StreamState(B, 1, 2), Start(1, gap=False), id="a new stream starts at 1"),
        pytest.param(Cursor(A, 5), StreamState(B, 2, 2), Start(1, gap=True), id="a new stream that already lost its beginning"),
    ],
)
def test_where_a_reader_goes_on(cursor: Cursor | None, stream: StreamState, start: Start) -> None:
    assert read_on(cursor, stream) == start


def test_a_cursor_survives_being_written_and_read() -> None:
    assert Cursor.parse(str(Cursor(A, 17))) == Cursor(A, 17)


@pytest.mark.parametrize("text", ["0", "", "17", f"{A}:", f"{A}:-1", ":5", f"{A}:1.5"])
def test_a_cursor_that_somebody_edited_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="reset the cursor"):
        Cursor.parse(text)
