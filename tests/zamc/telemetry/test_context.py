"""Traceparents of others are read as W3C Trace Context has it; our own go where the work goes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.telemetry import context, tracing
from zamc.telemetry.context import Trace

ID, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"00-{ID}-{SPAN}-01", Trace(ID, SPAN, sampled=True)),
        (f"00-{ID}-{SPAN}-00", Trace(ID, SPAN)),
        (f"00-{ID}-{SPAN}-03", Trace(ID, SPAN, sampled=True)),
        (f"cc-{ID}-{SPAN}-01-what-the-future-is-like", Trace(ID, SPAN, sampled=True)),
        (f"ff-{ID}-{SPAN}-01", None),
        (f"00-{ID}-{SPAN}-01-more", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{ID}-{'0' * 16}-01", None),
        (f"00-{ID.upper()}-{SPAN}-01", None),
        (f"00-{ID}-{SPAN}", None),
        (f"00-{ID}-{SPAN}-01\n", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_traceparent_is_read_as_the_standard_says(text: object, read: Trace | None) -> None:
    assert context.parse(text) == read


@given(st.text(max_size=300))
def test_whatever_somebody_sends_is_read_without_an_error(text: str) -> None:
    found = context.parse(text)
    assert found is None or context.parse(found.traceparent) == found


def test_outside_any_trace_nothing_is_said() -> None:
    assert context.traceparent() is None
    assert context.headers() == {}


def test_threads_of_a_pool_work_for_the_trace_that_handed_them_the_work() -> None:
    trace = context.fresh()
    with context.at(trace), context.retried(2), ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(context.handed_on(lambda _: context.here()), range(8)))
        assert {here.trace for here in seen} == {trace}
        assert {here.retries for here in seen} == {2}
    assert context.current() is None


def test_a_request_stays_in_the_trace_that_it_names_and_nobody_outside_decides_that_it_is_recorded() -> None:
    own = tracing.entry(f"00-{ID}-{SPAN}-01")
    assert own.trace_id == ID
    assert own.span_id != SPAN
    assert not own.sampled
    assert tracing.entry("nonsense").trace_id != ID
