"""Anthropic: POST v1/messages, with a forced tool for structured output, and its events."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.models.exchange import Ask, Json, RefusedError, Reply
from sandbox.models.openai import pieces, said

_KINDS: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def error(refused: RefusedError) -> Json:
    """The body of an error."""
    return {"type": "error", "error": {"type": _KINDS.get(refused.status, "api_error"), "message": refused.message}}


def ask(method: str, body: Json) -> Ask:
    """Raises RefusedError."""
    for name in ("model", "max_tokens", "messages"):
        if not body.get(name):
            raise RefusedError(400, f"{name}: Field required")
    messages = body["messages"]
    if not isinstance(messages, list) or any(not isinstance(m, dict) or m.get("role") not in ("user", "assistant") for m in messages):
        raise RefusedError(400, "messages: Unexpected role. Allowed roles are 'user' or 'assistant'.")
    schema, tool = _wanted(body)
    return Ask(
        method,
        str(body["model"]),
        "\n".join(said(message.get("content")) for message in messages),
        said(body.get("system")),
        schema,
        tool=tool,
        most_tokens=int(body["max_tokens"]),
        stream=bool(body.get("stream")),
        body=body,
    )


def _wanted(body: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str]:
    """The schema that an answer must fit, and the name of the tool that it is for ("": the text itself)."""
    tools = {str(tool.get("name")): tool for tool in body.get("tools") or ()}
    choice = body.get("tool_choice") or {"type": "auto"}
    if choice.get("type") == "auto" and len(tools) == 1 and next(iter(tools)) in said(body.get("system")):
        choice = {"type": "any"}  # whose orders name its only tool uses it
    for name, tool in tools.items():
        schema = tool.get("input_schema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise RefusedError(400, f"tools.{name}.input_schema.type: Input should be 'object'")
    if choice.get("type") in ("tool", "any"):
        name = str(choice.get("name") or next(iter(tools), ""))
        if name not in tools:
            raise RefusedError(400, f"Tool '{name}' not found in provided tools")
        return tools[name]["input_schema"], name
    form = (body.get("output_config") or {}).get("format") or {}
    return (form.get("schema") if form.get("type") == "json_schema" else None), ""


def _content(asked: Ask, reply: Reply, key: str) -> list[Json]:
    if reply.refusal:
        return [{"type": "text", "text": reply.refusal}]
    if asked.tool:
        return [{"type": "tool_use", "id": f"toolu_{key}", "name": asked.tool, "input": _input(reply)}]
    return [{"type": "text", "text": reply.text, "citations": None}]


def _input(reply: Reply) -> Any:
    """What the tool is called with: of a cut answer what was whole by then, of one in prose nothing."""
    try:
        return json.loads(reply.text)
    except ValueError:
        value = reply.value if isinstance(reply.value, dict) else {}
        return dict(list(value.items())[: len(value) // 2])


def _stopped(asked: Ask, reply: Reply) -> str:
    if reply.refusal:
        return "refusal"
    if reply.finish == "length":
        return "max_tokens"
    return "tool_use" if asked.tool else "end_turn"


def _usage(asked: Ask, output: int) -> Json:
    return {"input_tokens": asked.input_tokens, "output_tokens": output, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}


def whole(asked: Ask, reply: Reply, key: str) -> Json:
    """The message."""
    head = {"id": f"msg_{key}", "type": "message", "role": "assistant", "model": asked.model}
    ended = {"stop_reason": _stopped(asked, reply), "stop_sequence": None, "usage": _usage(asked, reply.output_tokens)}
    return {**head, "content": _content(asked, reply, key), **ended}


def events(asked: Ask, reply: Reply, key: str) -> Iterator[bytes]:
    """The named events of a streamed message."""
    for kind, told in _events(asked, reply, key):
        yield f"event: {kind}\ndata: {json.dumps({'type': kind, **told}, ensure_ascii=False)}\n\n".encode("utf-8", "surrogatepass")


def _events(asked: Ask, reply: Reply, key: str) -> Iterator[tuple[str, Json]]:
    begun = {**whole(asked, reply, key), "content": [], "stop_reason": None, "usage": _usage(asked, 1)}
    block = _content(asked, reply, key)[0]
    tool = block["type"] == "tool_use"
    yield "message_start", {"message": begun}
    yield "content_block_start", {"index": 0, "content_block": {**block, "input": {}} if tool else {**block, "text": ""}}
    yield "ping", {}
    for piece in pieces(reply.text if tool else block["text"]):
        delta = {"type": "input_json_delta", "partial_json": piece} if tool else {"type": "text_delta", "text": piece}
        yield "content_block_delta", {"index": 0, "delta": delta}
    yield "content_block_stop", {"index": 0}
    ended = {"stop_reason": _stopped(asked, reply), "stop_sequence": None}
    yield "message_delta", {"delta": ended, "usage": {"output_tokens": reply.output_tokens}}
    yield "message_stop", {}
