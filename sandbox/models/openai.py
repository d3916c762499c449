"""OpenAI: POST chat/completions and images/generations (responses.py has the Responses API)."""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.models import pictures, strict
from sandbox.models.exchange import Ask, Json, Planted, RefusedError, Reply, tokens

METHODS: Final = ("chat/completions", "responses", "images/generations")
_KINDS: Final = {401: "invalid_request_error", 404: "invalid_request_error", 400: "invalid_request_error", 429: "rate_limit_exceeded"}


def error(refused: RefusedError) -> Json:
    """The body of an error."""
    kind = _KINDS.get(refused.status, "server_error")
    return {"error": {"message": refused.message, "type": kind, "param": refused.param, "code": refused.code or None}}


def said(content: Any) -> str:
    """The text of a message: a string or a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def voices(messages: Any, *, param: str = "messages") -> tuple[str, str]:
    """(instructions, what the user said) of a list of messages. Raises RefusedError."""
    if not isinstance(messages, list) or not messages:
        raise RefusedError(
            400, f"Invalid '{param}': empty array. Expected an array with minimum length 1.", code="empty_array", param=param
        )
    orders: list[str] = []
    data: list[str] = []
    for message in messages:
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ("system", "developer", "user", "assistant"):
            raise RefusedError(400, f"Invalid value: '{role}'.", code="invalid_value", param=f"{param}[0].role")
        (orders if role in ("system", "developer") else data).append(said(message.get("content")))
    return "\n".join(orders), "\n".join(data)


def model(body: Mapping[str, Any]) -> str:
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise RefusedError(400, "you must provide a model parameter")
    return name


def wanted(given: Mapping[str, Any], *, param: str) -> Mapping[str, Any] | None:
    """The schema of {"type": "json_schema", "name", "schema", "strict"}. Raises RefusedError."""
    name, schema = given.get("name"), given.get("schema")
    if not isinstance(name, str) or not name:
        raise RefusedError(400, f"Missing required parameter: '{param}.name'.", code="missing_required_parameter", param=f"{param}.name")
    if given.get("strict"):
        strict.check(schema, name, param=param)
    return schema if isinstance(schema, dict) else {"type": "object"}


def ask(method: str, body: Json) -> Ask:
    """What POST chat/completions or images/generations asks. Raises RefusedError."""
    if method == "images/generations":
        prompt = body.get("prompt")
        if not isinstance(prompt, str) or not prompt:
            raise RefusedError(400, "Missing required parameter: 'prompt'.", code="missing_required_parameter", param="prompt")
        if body.get("response_format") == "url" or body.get("stream"):
            raise RefusedError(400, "The sandbox gives pictures as b64_json only, and whole.", param="response_format")
        return Ask(method, str(body.get("model", "gpt-image-1")), prompt, body=body)
    orders, data = voices(body.get("messages"))
    form = body.get("response_format") or {"type": "text"}
    schema: Mapping[str, Any] | None = None
    if form.get("type") == "json_schema":
        schema = wanted(form.get("json_schema") or {}, param="response_format")
    elif form.get("type") == "json_object":
        if "json" not in (orders + data).lower():
            raise RefusedError(400, "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.")
        schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    return Ask(
        method,
        model(body),
        data,
        orders,
        schema,
        most_tokens=int(body.get("max_completion_tokens") or body.get("max_tokens") or 0),
        stream=bool(body.get("stream")),
        usage_in_stream=bool((body.get("stream_options") or {}).get("include_usage")),
        body=body,
    )


def paint(asked: Ask, fault: str = "") -> Reply:
    """The pictures of images/generations; cut, or left out of the answer, where the fault says so. Raises RefusedError."""
    if fault == "refusal":
        raise RefusedError(400, "Your request was rejected by the safety system.", code="moderation_blocked")
    wide, high = pictures.size(str(asked.body.get("size", "auto")))
    count = int(asked.body.get("n") or 1)
    if not 1 <= count <= 10:
        raise RefusedError(400, "Invalid value for 'n': must lie between 1 and 10.", param="n")
    painted = tuple(pictures.png(f"{asked.data}/{number}", wide, high) for number in range(count))
    if fault == "truncated":
        return Reply("", images=tuple(each[: len(each) // 2] for each in painted), planted=(Planted(fault, "$.data[0]", "half a picture"),))
    if fault == "schema_violation":
        return Reply("", images=tuple(b"" for _ in painted), planted=(Planted(fault, "$.data[0]", "no picture"),))
    return Reply("", images=painted)


def _usage(asked: Ask, reply: Reply) -> Json:
    return {
        "prompt_tokens": asked.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": asked.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def whole(asked: Ask, reply: Reply, key: str) -> Json:
    """The body of an answer that is not streamed."""
    if asked.method == "images/generations":
        used = {"input_tokens": tokens(asked.data), "output_tokens": 1056 * len(reply.images)}
        details = {"input_tokens_details": {"text_tokens": used["input_tokens"], "image_tokens": 0}}
        usage = {**used, "total_tokens": sum(used.values()), **details}
        data = [{"b64_json": base64.b64encode(picture).decode()} if picture else {} for picture in reply.images]
        return {"created": int(time.time()), "data": data, "usage": usage}
    message: Json = {
        "role": "assistant",
        "content": None if reply.refusal else reply.text,
        "refusal": reply.refusal or None,
        "annotations": [],
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "length" if reply.finish == "length" else "stop"}
    return {**_head(asked, key, "chat.completion"), "choices": [choice], "usage": _usage(asked, reply)}


def _head(asked: Ask, key: str, kind: str) -> Json:
    shared = {"created": int(time.time()), "model": asked.model, "service_tier": "default", "system_fingerprint": "fp_sandbox"}
    return {"id": f"chatcmpl-{key}", "object": kind, **shared}


def pieces(text: str, length: int = 24) -> Iterator[str]:
    """A text as models hand it out."""
    yield from (text[at : at + length] for at in range(0, len(text), length))


def event(value: Any) -> bytes:
    """One server-sent event without a name."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Choice:
    """One delta of a stream."""

    delta: Json
    finish: str | None = None

    def body(self) -> Json:
        return {"index": 0, "delta": self.delta, "logprobs": None, "finish_reason": self.finish}


def events(asked: Ask, reply: Reply, key: str) -> Iterator[bytes]:
    """The server-sent events of a streamed chat completion."""
    head = _head(asked, key, "chat.completion.chunk")
    usage = {"usage": None} if asked.usage_in_stream else {}
    word = "refusal" if reply.refusal else "content"
    choices = [Choice({"role": "assistant", "content": "", "refusal": None})]
    choices += [Choice({word: piece}) for piece in pieces(reply.refusal or reply.text)]
    choices.append(Choice({}, "length" if reply.finish == "length" else "stop"))
    for choice in choices:
        yield event({**head, "choices": [choice.body()], **usage})
    if asked.usage_in_stream:
        yield event({**head, "choices": [], "usage": _usage(asked, reply)})
    yield b"data: [DONE]\n\n"
