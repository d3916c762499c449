"""huggingface_hub's client against the sandbox: chat, generation, streams and overload."""

import json
from typing import Any

import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError, OverloadedError

from tests.sandbox.models.asking import DATA, ORDERS, SCHEMA, assert_fits
from tests.sandbox.world import World

MESSAGES: list[Any] = [{"role": "system", "content": ORDERS}, {"role": "user", "content": DATA}]
FORMAT: Any = {"type": "json_schema", "json_schema": {"name": "copy", "schema": SCHEMA}}


def client(world: World, key: str | None = None) -> InferenceClient:
    return InferenceClient(base_url=f"{world.url}/models/tgi/v1", api_key=key or world.credentials.model_key, timeout=60)


def test_chat_fits_its_schema_whole_and_streamed(world: World) -> None:
    # Kept: the library closes a stream when its client is collected.
    kept = client(world)
    answer = kept.chat_completion(MESSAGES, model="mistral", response_format=FORMAT, max_tokens=4000)
    assert_fits(json.loads(answer.choices[0].message.content or ""))
    chunks = kept.chat_completion(MESSAGES, model="mistral", response_format=FORMAT, max_tokens=4000, stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == answer.choices[0].message.content
    older: Any = {"type": "json", "value": SCHEMA}
    assert_fits(json.loads(client(world).chat_completion(MESSAGES, response_format=older).choices[0].message.content or ""))


def test_generation_with_a_grammar_whole_and_streamed(world: World) -> None:
    bare = InferenceClient(model=f"{world.url}/models/tgi", token=world.credentials.model_key, timeout=60)
    grammar: Any = {"type": "json", "value": SCHEMA}
    text = bare.text_generation(DATA, grammar=grammar, max_new_tokens=4000)
    assert_fits(json.loads(text))
    assert "".join(bare.text_generation(DATA, grammar=grammar, max_new_tokens=4000, stream=True)) == text


def test_overload_and_a_wrong_key_are_the_librarys_own_errors(world: World) -> None:
    world.post("faults", platform="tgi", fault="overloaded")
    with pytest.raises((OverloadedError, HfHubHTTPError)) as raised:
        client(world).chat_completion(MESSAGES)
    assert "429" in str(raised.value) or isinstance(raised.value, OverloadedError)
    with pytest.raises(HfHubHTTPError):
        client(world, "wrong").chat_completion(MESSAGES)
