"""The anthropic SDK against the sandbox: a forced tool, its events, and bad days."""

from typing import Any

import anthropic
import pytest

from tests.sandbox.models.asking import DATA, ORDERS, SCHEMA, assert_fits
from tests.sandbox.world import World


def asked(**more: Any) -> dict[str, Any]:
    tool = {"name": "submit", "description": "Hand in the copy.", "input_schema": SCHEMA}
    forced = {"tools": [tool], "tool_choice": {"type": "tool", "name": "submit"}}
    messages = [{"role": "user", "content": DATA}]
    return {"model": "claude-sonnet-5", "max_tokens": 4000, "system": ORDERS, "messages": messages, **forced, **more}


def client(world: World, key: str | None = None) -> anthropic.Anthropic:
    shown = key or world.credentials.model_key
    return anthropic.Anthropic(api_key=shown, base_url=f"{world.url}/models/anthropic", max_retries=0, timeout=60)


def write(world: World, **more: Any) -> Any:
    return client(world).messages.create(**asked(**more))


def test_a_forced_tool_is_called_with_what_fits_its_schema(world: World) -> None:
    message = write(world)
    assert message.stop_reason == "tool_use"
    assert message.content[0].name == "submit"
    assert_fits(message.content[0].input)
    call = world.admin("GET", "models/calls")[1]["calls"][-1]
    assert call["platform"] == "anthropic"
    assert call["cost_micros"] == message.usage.input_tokens * 3 + message.usage.output_tokens * 15


def test_its_events_add_up_to_the_whole(world: World) -> None:
    with client(world).messages.stream(**asked()) as stream:
        final: Any = stream.get_final_message()
    whole = write(world)
    assert final.content[0].input == whole.content[0].input
    assert (final.stop_reason, final.usage.output_tokens) == (whole.stop_reason, whole.usage.output_tokens)


def test_prose_and_a_schema_without_a_tool(world: World) -> None:
    assert write(world, tools=[], tool_choice={"type": "auto"}).content[0].type == "text"
    shaped = write(world, tools=[], tool_choice={"type": "auto"}, output_config={"format": {"type": "json_schema", "schema": SCHEMA}})
    assert shaped.content[0].text.startswith("{")


def test_a_tool_that_is_asked_for_in_words_is_used(world: World) -> None:
    auto = {"tool_choice": {"type": "auto"}}
    assert write(world, **auto).content[0].type == "text"
    used = write(world, **auto, system=f"{ORDERS} Hand in your answer with the tool submit.").content[0]
    assert used.type == "tool_use"
    assert_fits(used.input)


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [("overloaded", 529, "overloaded_error"), ("rate_limited", 429, "rate_limit_error"), ("internal", 500, "api_error")],
)
def test_it_says_no_as_the_provider_does(world: World, fault: str, status: int, kind: str) -> None:
    world.post("faults", platform="anthropic", fault=fault, detail={"retry_after": 2})
    with pytest.raises(anthropic.APIStatusError) as raised:
        write(world)
    assert raised.value.status_code == status
    assert raised.value.body["error"]["type"] == kind  # type: ignore[index]
    assert raised.value.response.headers.get("retry-after") == (None if status == 500 else "2")


def test_cut_refused_and_broken_answers(world: World) -> None:
    assert write(world, max_tokens=20).stop_reason == "max_tokens"
    world.post("faults", platform="anthropic", fault="refusal")
    assert write(world).stop_reason == "refusal"
    world.post("faults", platform="anthropic", fault="schema_violation")
    with pytest.raises(AssertionError):
        assert_fits(write(world).content[0].input)
    world.post("faults", platform="anthropic", fault="cut_stream")
    with pytest.raises(Exception, match=r"(?i)connection|incomplete|peer"), client(world).messages.stream(**asked()) as stream:
        stream.get_final_message()
    with pytest.raises(anthropic.AuthenticationError):
        client(world, "wrong").messages.create(**asked())
    with pytest.raises(anthropic.BadRequestError):
        write(world, tool_choice={"type": "tool", "name": "other"})
