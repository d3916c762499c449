"""The three official clients over the wire: one request per call, every refusal named for what it costs, and no key in any of them."""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.zamc.llm.conftest import Bench
from tests.zamc.llm.wire import PROVIDERS, Act, draft
from zamc.errors import CredentialsRefused, GiveUp, InDoubt, Later, OutsideCallInTransaction, OutsideError, Throttled
from zamc.llm.ports import Ended
from zamc.llm.prompts.pitch import question
from zamc.llm.streams import in_time

every_provider = pytest.mark.parametrize("provider", PROVIDERS)


@every_provider
def test_an_answer_comes_back_with_its_tokens(bench: Bench, provider: str) -> None:
    bench.play(provider, bench.good())
    answer = bench.model(provider).ask(question(bench.brief, "Bluebird"))
    assert json.loads(answer.text) == draft(bench.brief)
    assert (answer.ended, answer.input_tokens, answer.output_tokens) == (Ended.COMPLETE, 1_000, 500)
    (seen,) = bench.wire.seen
    assert bench.canary in (seen.headers.get("authorization", "") + seen.headers.get("x-api-key", ""))
    if provider == "anthropic":
        assert seen.body["tool_choice"] == {"type": "tool", "name": "write_pitch", "disable_parallel_tool_use": True}
        schema = seen.body["tools"][0]["input_schema"]
    elif provider == "openai":
        assert seen.body["response_format"]["json_schema"]["strict"] is True
        schema = seen.body["response_format"]["json_schema"]["schema"]
    else:
        schema = seen.body["response_format"]["value"]  # TGI's own form, as its client writes it
    assert (schema["additionalProperties"], schema["required"]) == (False, list(schema["properties"]))
    assert not {"budget", "age_min", "landing_page"} & set(json.dumps(schema).split('"'))


def test_a_model_that_takes_no_forced_tool_is_asked_to_use_it(bench: Bench) -> None:
    bench.play("anthropic", bench.good())
    bench.model("anthropic", name="claude-sonnet-5-5").ask(question(bench.brief, "Bluebird"))
    assert bench.wire.seen[0].body["tool_choice"]["type"] == "auto"
    assert "tool write_pitch" in bench.wire.seen[0].body["system"]


CASES: list[tuple[str, Act, type[OutsideError]]] = [
    ("throttled", Act(status=429, headers={"retry-after": "7"}), Throttled),
    ("empty purse", Act(status=429, error=("insufficient_quota", "You exceeded your current quota")), GiveUp),
    ("server error", Act(status=500), InDoubt),
    ("bad gateway", Act(status=502), InDoubt),
    ("unavailable", Act(status=503, headers={"retry-after": "3"}), Later),
    ("overloaded", Act(status=529, error=("overloaded_error", "Overloaded")), Later),
    ("wrong key", Act(status=401), CredentialsRefused),
    ("bad request", Act(status=400), GiveUp),
    ("cut off", Act("{}", cut=True), InDoubt),
    ("half a body", Act(raw='{"id": "x", "choi'), InDoubt),
    ("a proxy's page", Act(raw="<html>Bad gateway</html>"), InDoubt),
    ("another shape", Act(raw="[]"), InDoubt),
]


@every_provider
@pytest.mark.parametrize(("act", "kind"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_refusal_is_named_for_what_it_costs(bench: Bench, provider: str, act: Act, kind: type[OutsideError]) -> None:
    act.error = (act.error[0], f"{act.error[1]}: Incorrect API key provided: {bench.canary}") if act.status != 200 else act.error
    bench.play(provider, act)
    with pytest.raises(OutsideError) as caught:
        bench.model(provider).ask(question(bench.brief, "Bluebird"))
    if act.error[0] == "insufficient_quota" and provider == "huggingface":
        kind = GiveUp
    assert type(caught.value) is kind, str(caught.value)
    assert bench.wire.count(provider) == 1  # the client's own retries are off
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caught.value.code
    assert bench.canary not in told
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    if wanted := act.headers.get("retry-after"):
        assert isinstance(caught.value, Later)
        assert caught.value.delay == timedelta(seconds=int(wanted))


@every_provider
def test_no_answer_in_time_is_in_doubt(bench: Bench, provider: str) -> None:
    bench.play(provider, Act(None))
    with pytest.raises(InDoubt) as caught:
        bench.model(provider, timeout=0.5).ask(question(bench.brief, "Bluebird"))
    assert caught.value.code == "timeout"


@every_provider
def test_what_cannot_be_reached_was_surely_not_billed(bench: Bench, provider: str) -> None:
    bench.wire.url = "http://127.0.0.1:1"
    with pytest.raises(Later) as caught:
        bench.model(provider).ask(question(bench.brief, "Bluebird"))
    assert (caught.value.code, caught.value.outage) == ("unreachable", True)


@every_provider
def test_a_model_may_decline_and_may_be_cut(bench: Bench, provider: str) -> None:
    finish = "max_tokens" if provider == "anthropic" else "length"
    bench.play(provider, Act(refused=True), Act('{"positioning": "ha', finish=finish))
    model = bench.model(provider)
    assert model.ask(question(bench.brief, "Bluebird")).ended is Ended.REFUSED
    cut = model.ask(question(bench.brief, "Bluebird"))
    assert (cut.ended, cut.text) == (Ended.CUT, '{"positioning": "ha')


@every_provider
def test_no_key_reaches_a_log_even_when_the_clients_log_everything(bench: Bench, provider: str, caplog: pytest.LogCaptureFixture) -> None:
    bench.play(provider, bench.good(), Act(status=400))
    model = bench.model(provider)
    for name in ("openai", "anthropic", "huggingface_hub", "httpx2", "httpcore2"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
        caplog.set_level(logging.DEBUG, logger=name)
    model.ask(question(bench.brief, "Bluebird"))
    with pytest.raises(GiveUp):
        model.ask(question(bench.brief, "Bluebird"))
    assert len(caplog.records) > 0
    assert bench.canary not in caplog.text
    assert bench.canary not in repr(model)
    assert bench.canary not in repr(vars(model))


def test_a_client_talks_to_its_endpoint_and_to_nobody_else(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.play("huggingface", bench.good())
    model = bench.model("huggingface")
    caplog.set_level(logging.DEBUG, logger="httpcore2")
    model.ask(question(bench.brief, "Bluebird"))
    hosts = {record.getMessage().split("host=")[1].split()[0] for record in caplog.records if "connect_tcp.started" in record.getMessage()}
    assert hosts == {"'127.0.0.1'"}


@every_provider
def test_no_provider_is_asked_inside_a_transaction(bench: Bench, provider: str) -> None:
    with bench.database.transaction(), pytest.raises(OutsideCallInTransaction):
        bench.model(provider).ask(question(bench.brief, "Bluebird"))
    assert bench.wire.seen == []


@every_provider
def test_answers_are_streamed_and_a_whole_request_counts_as_the_same(bench: Bench, provider: str) -> None:
    bench.play(provider, bench.good())
    model = bench.model(provider)
    asked = question(bench.brief, "Bluebird")
    model.ask(asked)
    assert bench.wire.seen[0].body["stream"] is True
    assert "stream" not in model.request(asked)  # what was bought before answers were streamed is not bought again


@every_provider
def test_a_stream_that_ends_without_its_end_is_in_doubt(bench: Bench, provider: str) -> None:
    start = {
        "anthropic": 'event: message_start\ndata: {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", '
        '"model": "m", "content": [], "stop_reason": null, "usage": {"input_tokens": 1, "output_tokens": 1}}}\n\n',
    }.get(provider, 'data: {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": '
        '[{"index": 0, "delta": {"role": "assistant", "content": "{"}, "finish_reason": null}]}\n\n')  # fmt: skip
    bench.play(provider, Act(raw=start))
    with pytest.raises(InDoubt) as caught:
        bench.model(provider).ask(question(bench.brief, "Bluebird"))
    assert caught.value.code == "unreadable"


@every_provider
def test_an_error_in_the_middle_of_a_stream_is_in_doubt(bench: Bench, provider: str) -> None:
    said = {
        "anthropic": 'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n',
        "openai": 'data: {"error": {"message": "The server had an error", "type": "server_error"}}\n\n',
        "huggingface": 'data: {"error": "Model is overloaded", "error_type": "overloaded"}\n\n',
    }
    bench.play(provider, Act(raw=said[provider]))
    with pytest.raises(InDoubt):
        bench.model(provider).ask(question(bench.brief, "Bluebird"))


def test_an_answer_that_trickles_is_given_up_in_time() -> None:
    moments = iter([0.0, 0.5, 1.5])

    pieces: Iterator[int] = iter(range(10))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("zamc.llm.streams.time.monotonic", lambda: next(moments))
        with pytest.raises(InDoubt, match="in time"):
            list(in_time("openai", pieces, seconds=1.0))
    assert next(pieces) == 2  # the second piece came too late, and nobody waited for a third
