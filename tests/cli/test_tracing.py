"""What is done from a terminal begins a trace; what serves or only shows things does not."""

from collections.abc import Iterator
from typing import Any

import pytest

from cli.tracing import traced
from tests.otlp import collector
from zamc import settings as settings_module
from zamc.telemetry import context


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with collector() as listening:
        for name in ("DATABASE", "NATS", "REDIS", "OBJECTS"):
            monkeypatch.setenv(f"ZAMC_{name}_URL", "file:///nowhere")
        monkeypatch.setenv("ZAMC_OTLP_ENDPOINT", listening.url)
        settings_module.settings.cache_clear()
        yield listening
        settings_module.settings.cache_clear()


def test_a_command_that_does_something_is_the_first_span_of_what_follows(heard: Any) -> None:
    seen = []

    def command() -> None:
        with traced(["request", "--name", "canary of an argument"]):
            seen.append(context.current())
            raise SystemExit(0)

    with pytest.raises(SystemExit):
        command()
    (span,), (told,) = heard.until(bool), seen
    assert told is not None
    assert (span.service, span.name, span.trace_id, span.span_id) == ("zamc-cli", "zamc request", told.trace_id, told.span_id)
    assert (span.parent_id, span.status) == ("", "unset")
    assert b"canary" not in b"".join(heard.raw)


@pytest.mark.parametrize("arguments", [[], ["relay"], ["api", "--port", "1"], ["--help"], ["canary of a name"]])
def test_others_begin_none(heard: Any, arguments: list[str]) -> None:
    with traced(arguments):
        assert context.current() is None
    assert heard.spans() == []
