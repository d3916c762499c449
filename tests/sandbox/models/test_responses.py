"""OpenAI's Responses API through its SDK."""

import json
from typing import Any

import openai
import pytest

from tests.sandbox.models.asking import DATA, ORDERS, SCHEMA, assert_fits
from tests.sandbox.world import World

TEXT: Any = {"format": {"type": "json_schema", "name": "copy", "strict": True, "schema": SCHEMA}}


def write(world: World, **more: Any) -> Any:
    client = openai.OpenAI(
        api_key=world.credentials.model_key,
        base_url=f"{world.url}/models/openai/v1",
        max_retries=0,
        timeout=60,
        _strict_response_validation=True,
    )
    return client.responses.create(model="gpt-5", instructions=ORDERS, input=DATA, text=TEXT, **more)


def test_a_response_fits_its_schema_and_says_what_it_cost(world: World) -> None:
    answer = write(world)
    assert_fits(json.loads(answer.output_text))
    assert answer.status == "completed"
    assert answer.usage.output_tokens == world.admin("GET", "models/calls")[1]["calls"][-1]["output_tokens"]


def test_its_events_add_up_to_the_whole(world: World) -> None:
    events = list(write(world, stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert events[-1].type == "response.completed"
    assert text == events[-1].response.output_text == write(world).output_text
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_an_answer_that_is_cut_says_so(world: World) -> None:
    answer = write(world, max_output_tokens=20)
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    with pytest.raises(ValueError, match=r"(?i)unterminated|expecting"):
        json.loads(answer.output_text)


def test_a_refusal_is_one(world: World) -> None:
    world.post("faults", platform="openai", method="responses", fault="refusal")
    answer = write(world)
    assert answer.output[0].content[0].type == "refusal"
    assert answer.output_text == ""
