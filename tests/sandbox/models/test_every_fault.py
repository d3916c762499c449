"""Every way to misbehave in every wire format, as bytes on the wire, without anybody's client in between."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sandbox.models.material import width
from tests.sandbox.models.asking import DATA, ORDERS, SCHEMA, assert_fits
from tests.sandbox.world import World

CHAT = {"messages": [{"role": "system", "content": ORDERS}, {"role": "user", "content": DATA}]}
FORM: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "copy", "strict": True, "schema": SCHEMA}}
TOOL = {"name": "submit", "description": "Hand in the copy.", "input_schema": SCHEMA}


@dataclass(frozen=True)
class Format:
    """One wire format. text: what an answer says, as JSON or prose; refused, cut: whether an answer says that it is."""

    platform: str
    path: str
    body: dict[str, Any]
    overload: int
    text: Callable[[Any], str]
    refused: Callable[[Any], bool]
    cut: Callable[[Any], bool]


def _message(answer: Any) -> Any:
    return answer["choices"][0]["message"]


def _block(answer: Any) -> str:
    block = answer["content"][0]
    return json.dumps(block["input"], ensure_ascii=False) if block["type"] == "tool_use" else str(block["text"])


FORMATS = {
    "openai chat": Format(
        "openai", "openai/v1/chat/completions", {"model": "gpt-5", "response_format": FORM, **CHAT}, 503,
        lambda answer: _message(answer)["content"] or "",
        lambda answer: bool(_message(answer)["refusal"]) and _message(answer)["content"] is None,
        lambda answer: answer["choices"][0]["finish_reason"] == "length",
    ),
    "openai responses": Format(
        "openai", "openai/v1/responses",
        {"model": "gpt-5", "instructions": ORDERS, "input": DATA, "text": {"format": {"type": "json_schema", **FORM["json_schema"]}}},
        503,
        lambda answer: answer["output"][0]["content"][0].get("text", ""),
        lambda answer: answer["output"][0]["content"][0]["type"] == "refusal",
        lambda answer: answer["status"] == "incomplete",
    ),
    "anthropic messages": Format(
        "anthropic", "anthropic/v1/messages",
        {"model": "claude-sonnet-5", "max_tokens": 4000, "system": ORDERS, "messages": CHAT["messages"][1:], "tools": [TOOL],
         "tool_choice": {"type": "tool", "name": "submit"}},
        529, _block,
        lambda answer: answer["stop_reason"] == "refusal",
        lambda answer: answer["stop_reason"] == "max_tokens",
    ),
    "tgi chat": Format(
        "tgi", "tgi/v1/chat/completions", {"model": "tgi", "response_format": {"type": "json_object", "value": SCHEMA}, **CHAT}, 429,
        lambda answer: _message(answer)["content"] or "",
        lambda answer: "can't help" in (_message(answer)["content"] or ""),  # these models have no field for it
        lambda answer: answer["choices"][0]["finish_reason"] == "length",
    ),
    "tgi generate": Format(
        "tgi", "tgi/generate", {"inputs": DATA, "parameters": {"grammar": {"type": "json", "value": SCHEMA}, "details": True}}, 429,
        lambda answer: answer["generated_text"],
        lambda answer: "can't help" in answer["generated_text"],
        lambda answer: answer["details"]["finish_reason"] == "length",
    ),
}  # fmt: skip
every_format = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
STREAMED = {name: form for name, form in FORMATS.items() if name != "tgi generate"}


def send(world: World, form: Format, *, timeout: float = 60, **more: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {world.credentials.model_key}", "x-api-key": world.credentials.model_key}
    return httpx.post(f"{world.url}/models/{form.path}", json={**form.body, **more}, headers=headers, timeout=timeout)


def spoil(world: World, form: Format, fault: str, **how: Any) -> None:
    world.post("faults", platform=form.platform, fault=fault, **how)


def last(world: World) -> dict[str, Any]:
    call: dict[str, Any] = world.admin("GET", "models/calls")[1]["calls"][-1]
    return call


@every_format
def test_a_good_day(world: World, form: Format) -> None:
    answer = send(world, form)
    assert answer.status_code == 200
    assert_fits(json.loads(form.text(answer.json())))
    assert not form.refused(answer.json())
    assert not form.cut(answer.json())
    call = last(world)
    assert (call["billed"], call["delivered"], call["planted"], call["fault"]) == (True, True, [], "")
    assert call["output_tokens"] > 0


@every_format
@pytest.mark.parametrize(
    ("fault", "status", "named"),
    [("rate_limited", 429, True), ("overloaded", 0, True), ("unavailable", 503, True), ("internal", 500, False)],
)
def test_it_says_no_with_a_delay_and_is_paid_for_nothing(world: World, form: Format, fault: str, status: int, named: bool) -> None:
    spoil(world, form, fault, detail={"retry_after": 7})
    answer = send(world, form)
    assert answer.status_code == (status or form.overload)
    assert answer.headers.get("retry-after") == ("7" if named else None)
    assert answer.json()["error"]
    assert last(world)["billed"] is False


@every_format
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_breaks_off_in_the_middle_and_was_paid_for(world: World, form: Format, stream: bool) -> None:
    spoil(world, form, "cut_stream")
    with pytest.raises(httpx.TransportError):
        send(world, form, **({"stream": True} if stream else {}))
    assert (last(world)["billed"], last(world)["delivered"]) == (True, False)


@every_format
def test_nobody_answers_in_time_and_it_was_paid_for(world: World, form: Format) -> None:
    spoil(world, form, "timeout_after_commit", seconds=2)
    with pytest.raises(httpx.TimeoutException):
        send(world, form, timeout=0.5)
    assert (last(world)["billed"], last(world)["delivered"]) == (True, False)


@every_format
def test_it_will_not_write(world: World, form: Format) -> None:
    spoil(world, form, "refusal")
    answer = send(world, form).json()
    assert form.refused(answer)
    assert not form.text(answer).startswith("{")


@every_format
def test_its_json_is_cut(world: World, form: Format) -> None:
    spoil(world, form, "truncated")
    answer = send(world, form).json()
    assert form.cut(answer)
    if form.platform == "anthropic":  # a tool's input is an object, of which the end is missing
        with pytest.raises(AssertionError):
            assert_fits(json.loads(form.text(answer)))
    else:
        with pytest.raises(json.JSONDecodeError):
            json.loads(form.text(answer))


@every_format
def test_its_json_is_whole_and_not_of_the_schema(world: World, form: Format) -> None:
    spoil(world, form, "schema_violation")
    value = json.loads(form.text(send(world, form).json()))
    with pytest.raises((AssertionError, KeyError, TypeError)):
        assert_fits(value)
    assert [lie["kind"] for lie in last(world)["planted"]] == ["schema_violation"]


@every_format
def test_its_lines_are_too_long(world: World, form: Format) -> None:
    spoil(world, form, "overlong")
    value = json.loads(form.text(send(world, form).json()))
    planted = last(world)["planted"]
    assert planted
    assert {lie["kind"] for lie in planted} == {"overlong"}
    limits = {"headlines": 30, "descriptions": 90}
    assert all(any(lie["text"] == line and width(line) > limits[name] for name in limits for line in value[name]) for lie in planted)


@every_format
@pytest.mark.parametrize("fault", ["invented_claim", "injection_echo"])
def test_it_says_what_nobody_told_it(world: World, form: Format, fault: str) -> None:
    spoil(world, form, fault)
    value = json.loads(form.text(send(world, form).json()))
    planted = last(world)["planted"]
    assert planted
    lines = [line for name in ("headlines", "descriptions") for line in value[name]]
    for lie in planted:
        assert any(lie["text"] in line for line in lines)
        assert lie["text"] not in DATA


@pytest.mark.parametrize("form", STREAMED.values(), ids=STREAMED)
@pytest.mark.parametrize("fault", ["", "overlong", "invented_claim", "injection_echo", "refusal"])
def test_a_stream_says_the_same_in_pieces(world: World, form: Format, fault: str) -> None:
    """The same seed and request: what was planted in the whole answer is planted in the stream."""
    told = []
    for stream in (False, True):
        if fault:
            spoil(world, form, fault)
        answer = send(world, form, **({"stream": True} if stream else {}))
        assert answer.status_code == 200
        if stream:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.text.count("data: ") > 3
        told.append(last(world))
    assert told[0]["planted"] == told[1]["planted"]
    assert (told[1]["stream"], told[1]["fault"], told[0]["output_tokens"]) == (True, fault, told[1]["output_tokens"])
