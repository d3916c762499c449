"""OpenAI's Responses API: POST responses."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.models.exchange import Ask, Json, RefusedError, Reply
from sandbox.models.openai import model, pieces, voices, wanted


def ask(method: str, body: Json) -> Ask:
    """Raises RefusedError."""
    given = body.get("input")
    if not given:
        raise RefusedError(400, "Missing required parameter: 'input'.", code="missing_required_parameter", param="input")
    orders, data = ("", given) if isinstance(given, str) else voices(given, param="input")
    form = (body.get("text") or {}).get("format") or {"type": "text"}
    schema: Mapping[str, Any] | None = wanted(form, param="text.format") if form.get("type") == "json_schema" else None
    return Ask(
        method,
        model(body),
        data,
        "\n".join(part for part in (str(body.get("instructions") or ""), orders) if part),
        schema,
        most_tokens=int(body.get("max_output_tokens") or 0),
        stream=bool(body.get("stream")),
        body=body,
    )


def _part(reply: Reply) -> Json:
    if reply.refusal:
        return {"type": "refusal", "refusal": reply.refusal}
    return {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}


def _item(reply: Reply, key: str, status: str) -> Json:
    return {"id": f"msg_{key}", "type": "message", "status": status, "role": "assistant", "content": [_part(reply)]}


def whole(asked: Ask, reply: Reply, key: str, *, status: str = "") -> Json:
    """The response object; `status` is what it is while it is being written."""
    cut = reply.finish == "length"
    ended = status or ("incomplete" if cut else "completed")
    begun = status == "in_progress"
    used = {
        "input_tokens": asked.input_tokens,
        "output_tokens": reply.output_tokens,
        "total_tokens": asked.input_tokens + reply.output_tokens,
    }
    return {
        "id": f"resp_{key}",
        "object": "response",
        "created_at": int(time.time()),
        "status": ended,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if ended == "incomplete" else None,
        "instructions": asked.body.get("instructions"),
        "max_output_tokens": asked.body.get("max_output_tokens"),
        "model": asked.model,
        "output": [] if begun else [_item(reply, key, ended)],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": asked.body.get("store", True),
        "temperature": asked.body.get("temperature", 1.0),
        "text": asked.body.get("text") or {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None
        if begun
        else {
            **used,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
        "user": None,
        "metadata": asked.body.get("metadata") or {},
    }


def events(asked: Ask, reply: Reply, key: str) -> Iterator[bytes]:
    """The named, numbered events of a streamed response."""
    for number, (kind, told) in enumerate(_events(asked, reply, key)):
        body = {"type": kind, "sequence_number": number, **told}
        yield f"event: {kind}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode("utf-8", "surrogatepass")


def _events(asked: Ask, reply: Reply, key: str) -> Iterator[tuple[str, Json]]:
    begun = whole(asked, reply, key, status="in_progress")
    item, place = f"msg_{key}", {"output_index": 0, "content_index": 0}
    word, said = ("refusal", reply.refusal) if reply.refusal else ("output_text", reply.text)
    where = {"item_id": item, **place}
    empty = {**_part(reply), ("refusal" if reply.refusal else "text"): ""}
    extra: Json = {} if reply.refusal else {"logprobs": []}
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    yield "response.output_item.added", {"output_index": 0, "item": {**_item(reply, key, "in_progress"), "content": []}}
    yield "response.content_part.added", {**where, "part": empty}
    for piece in pieces(said):
        yield f"response.{word}.delta", {**where, "delta": piece, **extra}
    yield f"response.{word}.done", {**where, ("refusal" if reply.refusal else "text"): said, **extra}
    yield "response.content_part.done", {**where, "part": _part(reply)}
    done = whole(asked, reply, key)
    yield "response.output_item.done", {"output_index": 0, "item": done["output"][0]}
    yield f"response.{done['status']}", {"response": done}
