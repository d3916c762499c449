"""What is planted is in the answer, is nowhere in the request, and is told."""

import json
from typing import Any

import openai
import pytest

from sandbox.models.answering import answer
from sandbox.models.exchange import Ask
from sandbox.models.material import width
from tests.sandbox.models.asking import BRIEF, DATA, SCHEMA, assert_fits
from tests.sandbox.world import World


def write(world: World, variant: int = 0) -> Any:
    client = openai.OpenAI(api_key=world.credentials.model_key, base_url=f"{world.url}/models/openai/v1", max_retries=0, timeout=60)
    form: Any = {"type": "json_schema", "json_schema": {"name": "copy", "strict": True, "schema": SCHEMA}}
    messages: Any = [{"role": "user", "content": f"{DATA}\nVariant {variant}"}]
    return client.chat.completions.create(model="gpt-5", messages=messages, response_format=form).choices[0]


def planted(world: World) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = world.admin("GET", "models/calls")[1]["calls"][-1]["planted"]
    return told


def at(value: Any, path: str) -> str:
    """$.headlines[2] of a value."""
    name, _, number = path.removeprefix("$.").rstrip("]").partition("[")
    return str(value[name][int(number)] if number else value[name])


def test_a_good_day_plants_nothing(world: World) -> None:
    assert_fits(json.loads(write(world).message.content))
    assert planted(world) == []


@pytest.mark.parametrize("variant", range(6))
def test_invented_claims_fit_and_stand_where_the_log_says(world: World, variant: int) -> None:
    world.post("faults", platform="openai", fault="invented_claim")
    value = json.loads(write(world, variant).message.content)
    assert_fits(value)
    assert planted(world)
    for lie in planted(world):
        assert at(value, lie["path"]) == lie["text"]
        assert lie["text"].lower() not in json.dumps(BRIEF).lower()
        assert lie["kind"] in ("percentage", "price", "number", "superlative")


def test_lines_that_are_too_long_are_told_and_so_are_orders_that_are_obeyed(world: World) -> None:
    world.post("faults", platform="openai", fault="overlong")
    value = json.loads(write(world).message.content)
    limits = {"headlines": 30, "descriptions": 90, "angle": 0}
    long = [lie for lie in planted(world) if width(at(value, lie["path"])) > limits[lie["path"][2:].split("[")[0]]]
    assert len(long) == len(planted(world)) > 0
    world.post("faults", platform="openai", fault="injection_echo")
    value = json.loads(write(world).message.content)
    assert {lie["kind"] for lie in planted(world)} == {"injection_echo"}
    assert all(at(value, lie["path"]) == lie["text"] for lie in planted(world))


def test_json_that_is_cut_fenced_or_refused(world: World) -> None:
    world.post("faults", platform="openai", fault="truncated")
    choice = write(world)
    assert choice.finish_reason == "length"
    with pytest.raises(ValueError, match=r"(?i)expecting|unterminated"):
        json.loads(choice.message.content)
    world.post("faults", platform="openai", fault="fenced")
    assert "```json" in write(world).message.content
    world.post("faults", platform="openai", fault="refusal")
    declined = write(world).message
    assert (declined.content, bool(declined.refusal)) == (None, True)


def test_a_plan_strikes_the_same_calls_with_the_same_words_again(world: World) -> None:
    runs = []
    for _ in range(2):
        world.faults.clear()
        world.post("faults/plan", platform="openai", seed=3, rates={"invented_claim": 0.5})
        before = world.admin("GET", "models/calls")[1]["calls"][-1]["number"]
        answers = [write(world, variant).message.content for variant in range(8)]
        calls = [c for c in world.admin("GET", "models/calls")[1]["calls"] if c["number"] > before]
        runs.append((answers, [c["planted"] for c in calls]))
    assert runs[0] == runs[1]
    assert 0 < sum(bool(lies) for lies in runs[0][1]) < 8


def test_an_answer_that_must_name_its_sources_names_the_line_that_it_quotes() -> None:
    told: dict[str, Any] = {
        "brand": "Studio",
        "brief.offer": "Training, films and files",
        "brief.claims[0]": "Free and open",
        "brief.languages": ["de"],
    }
    message = {"type": "object", "properties": {name: {"type": "string"} for name in ("language", "text", "source")}}
    schema = {"type": "object", "properties": {"messages": {"type": "array", "items": message, "minItems": 3}}}
    earlier = json.dumps({"brief.offer": "A lie of before"})
    reply = answer(Ask("chat/completions", "gpt-5", f"{json.dumps(told)}\nAn earlier answer:\n{earlier}", schema=schema), seed=1)
    for said in json.loads(reply.text)["messages"]:
        assert said["language"] == "de"
        assert said["text"].lower() in told[said["source"]].lower()
