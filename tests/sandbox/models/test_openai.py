"""The openai SDK against the sandbox: chat, streams, images, and the days on which nothing works."""

import base64
import json
from io import BytesIO
from typing import Any

import openai
import pytest
from PIL import Image

from tests.sandbox.models.asking import BRIEF, DATA, ORDERS, SCHEMA, assert_fits
from tests.sandbox.world import World

FORMAT: Any = {"type": "json_schema", "json_schema": {"name": "copy", "strict": True, "schema": SCHEMA}}
MESSAGES: Any = [{"role": "system", "content": ORDERS}, {"role": "user", "content": DATA}]


def client(world: World, *, key: str | None = None, timeout: float = 60, retries: int = 0) -> openai.OpenAI:
    shown = key or world.credentials.model_key
    return openai.OpenAI(api_key=shown, base_url=f"{world.url}/models/openai/v1", max_retries=retries, timeout=timeout)


def write(world: World, **more: Any) -> Any:
    return client(world).chat.completions.create(model="gpt-5-mini", messages=MESSAGES, response_format=FORMAT, **more)


def last(world: World) -> dict[str, Any]:
    call: dict[str, Any] = world.admin("GET", "models/calls")[1]["calls"][-1]
    return call


def test_a_structured_answer_fits_its_schema_and_uses_the_words_of_the_request(world: World) -> None:
    answer = write(world)
    value = json.loads(answer.choices[0].message.content)
    assert_fits(value)
    said = json.dumps(BRIEF).lower()
    assert all(word.strip(".,:").lower() in said for line in value["headlines"] for word in line.split())
    assert not any("discount" in line.lower() for line in value["headlines"] + value["descriptions"])
    assert answer.choices[0].finish_reason == "stop"
    call = last(world)
    assert (call["billed"], call["input_tokens"], call["output_tokens"]) == (
        True,
        answer.usage.prompt_tokens,
        answer.usage.completion_tokens,
    )
    assert call["cost_micros"] == round(answer.usage.prompt_tokens * 0.25 + answer.usage.completion_tokens * 2.0)


def test_the_same_request_gives_the_same_words_and_another_seed_others(world: World) -> None:
    first, again = (write(world).choices[0].message.content for _ in range(2))
    assert first == again
    world.post("models/settings", seed=7)
    assert write(world).choices[0].message.content != first


def test_a_stream_says_what_the_whole_answer_says_and_ends_with_its_usage(world: World) -> None:
    whole = write(world)
    chunks = list(write(world, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert len(chunks) > 10


def test_what_was_bought_twice_is_told(world: World) -> None:
    body: Any = [{"role": "user", "content": "Blender Studio: bought twice"}]
    for stream in (False, True):
        answer: Any = client(world).chat.completions.create(model="gpt-5", messages=body, stream=stream)
        if stream:
            assert list(answer)
    told = world.admin("GET", "models/calls")[1]
    assert {"platform": "openai", "request": told["calls"][-1]["request"], "times": 2} in told["bought_twice"]


def test_pictures_are_real_and_the_same_for_the_same_prompt(world: World) -> None:
    made = [client(world).images.generate(model="gpt-image-1", prompt="A quiet studio", size="1536x1024") for _ in range(2)]
    first, again = (base64.b64decode(answer.data[0].b64_json or "") for answer in made if answer.data)
    assert first == again
    with Image.open(BytesIO(first)) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (1536, 1024))
    assert last(world)["cost_micros"] == 40_000
    with pytest.raises(openai.BadRequestError):
        client(world).images.generate(model="gpt-image-1", prompt="A studio", size="9x9")


def test_a_key_that_is_not_known_buys_nothing(world: World) -> None:
    with pytest.raises(openai.AuthenticationError):
        client(world, key="wrong").chat.completions.create(model="gpt-5", messages=MESSAGES)
    assert last(world)["billed"] is False


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"additionalProperties": True}, "additionalProperties"),
        ({"required": ["angle"]}, "required"),
        ({"uniqueItems": True}, "uniqueItems"),
    ],
)
def test_a_strict_schema_that_the_api_refuses_is_refused(world: World, change: dict[str, Any], names: str) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "copy", "strict": True, "schema": {**SCHEMA, **change}}}
    with pytest.raises(openai.BadRequestError, match=names):
        client(world).chat.completions.create(model="gpt-5", messages=MESSAGES, response_format=form)


@pytest.mark.parametrize(
    ("fault", "error", "billed"),
    [
        ("rate_limited", openai.RateLimitError, False),
        ("quota_exhausted", openai.RateLimitError, False),
        ("overloaded", openai.InternalServerError, False),
        ("unavailable", openai.InternalServerError, False),
        ("internal", openai.InternalServerError, False),
        ("html", openai.InternalServerError, False),
        ("token_revoked", openai.AuthenticationError, False),
        ("reset", openai.APIConnectionError, False),
        ("timeout_after_commit", openai.APIConnectionError, True),
        ("cut_stream", openai.APIConnectionError, True),
    ],
)
def test_a_bad_day_is_seen_by_the_sdk_and_the_log_knows_whether_it_cost(
    world: World, fault: str, error: type[Exception], billed: bool
) -> None:
    world.post("faults", platform="openai", method="chat/completions", fault=fault, detail={"retry_after": 3})
    with pytest.raises(error) as raised:
        write(world)
    assert (last(world)["fault"], last(world)["billed"]) == (fault, billed)
    if fault == "rate_limited":
        assert isinstance(raised.value, openai.RateLimitError)
        assert raised.value.response.headers["retry-after"] == "3"


def test_a_stream_that_is_cut_breaks_after_some_of_it(world: World) -> None:
    world.post("faults", platform="openai", fault="cut_stream")
    seen: list[Any] = []
    stream = write(world, stream=True)
    with pytest.raises(openai.APIConnectionError):
        seen.extend(stream)
    assert len(seen) > 3
    assert (last(world)["billed"], last(world)["delivered"]) == (True, False)


def test_the_sdks_own_retry_is_seen_and_nothing_is_bought_twice(world: World) -> None:
    world.post("faults", platform="openai", fault="rate_limited", detail={"retry_after": 0.01})
    message: Any = [{"role": "user", "content": "Blender Studio: retried"}]
    client(world, retries=1).chat.completions.create(model="gpt-5", messages=message)
    first, second = world.admin("GET", "models/calls")[1]["calls"][-2:]
    assert first["request"] == second["request"]
    assert [(c["retry"], c["billed"], c["status"]) for c in (first, second)] == [(0, False, 429), (1, True, 200)]
