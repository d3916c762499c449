"""Spans reach a collector, by share and trace; what must not be in one is not, and a collector that is down costs nothing else."""

from collections.abc import Generator, Iterator

import pytest
from opentelemetry import trace as opentelemetry
from pydantic import SecretStr

from tests.otlp import Collector, collector
from zamc import settings as settings_module
from zamc import telemetry
from zamc.errors import ConfigurationError, HeldBack, Later
from zamc.telemetry import context, process, tracing
from zamc.telemetry.process import headers_of
from zamc.telemetry.tracing import Kind

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collector() as listening:
        for name, value in {
            "ZAMC_DATABASE_URL": "postgresql+psycopg://zamc_app:canarypassword@127.0.0.1:1/zamc",
            "ZAMC_NATS_URL": "nats://127.0.0.1:1",
            "ZAMC_REDIS_URL": "redis://127.0.0.1:1/0",
            "ZAMC_OBJECTS_URL": "file:///nowhere",
            "ZAMC_OTLP_ENDPOINT": listening.url,
        }.items():
            monkeypatch.setenv(name, value)
        settings_module.settings.cache_clear()
        yield listening
        telemetry.stop()
        settings_module.settings.cache_clear()


def test_spans_nest_and_go_on_where_a_traceparent_says(heard: Collector) -> None:
    telemetry.start("test", owned=False)
    with tracing.work("outer", Kind.CONSUMER, {"a": 1}, traceparent=PARENT):
        inside = context.current()
        with tracing.span("inner"):
            carried = context.traceparent()
        assert context.current() == inside
    assert context.current() is None
    telemetry.stop()
    inner, outer = heard.spans()
    assert (outer.name, outer.trace_id, outer.parent_id, outer.service) == ("outer", TRACE, "b7ad6b7169203331", "zamc-test")
    assert (inner.trace_id, inner.parent_id) == (TRACE, outer.span_id)
    assert carried == f"00-{TRACE}-{inner.span_id}-01"


def test_an_error_is_its_kind_and_code_and_never_its_text(heard: Collector) -> None:
    telemetry.start("test", owned=False)
    with pytest.raises(Later), tracing.client("call", {"who": "ana@example.org", "long": "x" * 5_000, "none": None}):
        raise Later("Ana's canary of a text", code="190", request_id="r-1", outage=True)
    with pytest.raises(HeldBack), tracing.span("held"):
        raise HeldBack("no room", code="breaker")
    telemetry.stop()
    call, held = heard.spans()
    assert call.status == held.status == "error"
    assert (call.attributes["error.type"], call.attributes["zamc.error.code"], call.attributes["zamc.request_id"]) == (
        "Later",
        "190",
        "r-1",
    )
    assert call.attributes["who"] == "[e-mail]"
    assert len(call.attributes["long"]) == 200
    assert not any(b"canary" in body for body in heard.raw)


def test_a_reader_who_has_read_enough_is_no_error_and_leaves_nothing_behind(heard: Collector) -> None:
    telemetry.start("test", owned=False)

    def rows() -> Generator[int, None, None]:
        with tracing.client("stream", {}):
            yield from range(10)

    with tracing.span("reader"):
        reading = rows()
        next(reading)
        before = context.current()
        reading.close()
        assert context.current() == before
    telemetry.stop()
    stream, reader = heard.spans()
    assert (stream.status, stream.parent_id) == ("unset", reader.span_id)


@pytest.mark.parametrize(("share", "recorded"), [("0", 0), ("1", 40)])
def test_the_share_decides_and_what_was_decided_holds_within_a_trace(
    heard: Collector, monkeypatch: pytest.MonkeyPatch, share: str, recorded: int
) -> None:
    monkeypatch.setenv("ZAMC_TRACE_SHARE", share)
    settings_module.settings.cache_clear()
    telemetry.start("test", owned=False)
    for _ in range(20):
        entry = tracing.entry(None)
        with tracing.span("request", Kind.SERVER, parent=entry), tracing.client("call", {}):
            assert context.current() != entry
    telemetry.stop()
    assert len(heard.spans()) == recorded


def test_half_of_the_traces_are_the_same_half_in_every_process(heard: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAMC_TRACE_SHARE", "0.5")
    settings_module.settings.cache_clear()
    traces = [context.fresh() for _ in range(200)]

    def chosen() -> set[str]:
        telemetry.start("test", owned=False)
        found = {each.trace_id for each in traces if tracing.entry(each.traceparent).sampled}
        telemetry.stop()
        return found

    first = chosen()
    assert first == chosen()
    assert 50 < len(first) < 150
    # Whoever asks cannot make us record, nor keep us from it.
    assert all(not tracing.entry(f"00-{trace_id}-b7ad6b7169203331-01").sampled for trace_id in first)


def test_a_collector_that_refuses_costs_spans_and_nothing_else(heard: Collector) -> None:
    heard.status = 400
    telemetry.start("test", owned=False)
    with tracing.span("lost"):
        pass
    telemetry.stop()
    assert heard.headers
    assert heard.spans() == []


def test_libraries_that_make_spans_of_their_own_are_not_heard(heard: Collector) -> None:
    telemetry.start("test", owned=False)
    with opentelemetry.get_tracer("a library").start_as_current_span("with a body in it"):
        pass
    process.flush()
    assert heard.spans() == []


def test_headers_for_the_collector_are_read_as_others_read_them() -> None:
    assert headers_of(None) == {}
    assert headers_of(SecretStr("")) == {}
    assert headers_of(SecretStr("Authorization=Bearer%20abc, x-team=a")) == {"authorization": "Bearer abc", "x-team": "a"}
    with pytest.raises(ConfigurationError) as refused:
        headers_of(SecretStr("canary of a header"))
    assert "canary" not in str(refused.value)
