"""Hugging Face's text generation server: POST v1/chat/completions (as OpenAI's, with grammars), generate and generate_stream."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.models import openai
from sandbox.models.exchange import Ask, Json, RefusedError, Reply

CHAT = "chat/completions"


def error(refused: RefusedError) -> Json:
    """The body of an error; huggingface_hub makes an exception of its own of each type."""
    kind = {422: "validation", 400: "validation", 429: "overloaded", 424: "generation"}.get(refused.status)
    return {"error": refused.message, **({"error_type": kind} if kind else {})}


def _grammar(form: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """{"type": "json" or "json_object", "value": schema}, or OpenAI's form."""
    if form.get("type") == "json_schema":
        given = form.get("json_schema") or form.get("value") or {}
        schema = given.get("schema", given if "properties" in given else None)
    else:
        schema = form.get("value")
    if form.get("type") in ("json", "json_schema") and not isinstance(schema, dict):
        raise RefusedError(422, "Input validation error: the grammar has no JSON schema")
    return schema if isinstance(schema, dict) else None


def ask(method: str, body: Json) -> Ask:
    """Raises RefusedError."""
    if method == CHAT:
        orders, data = openai.voices(body.get("messages"))
        return Ask(
            method,
            str(body.get("model") or "tgi"),
            data,
            orders,
            _grammar(body.get("response_format") or {}),
            most_tokens=int(body.get("max_tokens") or 0),
            stream=bool(body.get("stream")),
            usage_in_stream=bool((body.get("stream_options") or {}).get("include_usage")),
            body=body,
        )
    inputs = body.get("inputs")
    if not isinstance(inputs, str) or not inputs:
        raise RefusedError(422, "Input validation error: `inputs` cannot be empty")
    parameters = body.get("parameters") or {}
    schema = _grammar(parameters.get("grammar") or {})
    limit = int(parameters.get("max_new_tokens") or 0)
    return Ask(
        method, "tgi", inputs, "", schema, most_tokens=limit, stream=method == "generate_stream" or bool(body.get("stream")), body=body
    )


def _details(reply: Reply) -> Json:
    return {"finish_reason": "length" if reply.finish == "length" else "eos_token", "generated_tokens": reply.output_tokens, "seed": None}


def _said(reply: Reply) -> Reply:
    """These models have no field for a refusal: they say it."""
    return Reply(reply.refusal, planted=reply.planted) if reply.refusal else reply


def whole(asked: Ask, reply: Reply, key: str) -> Any:
    """The body of an answer that is not streamed."""
    reply = _said(reply)
    if asked.method == CHAT:
        return openai.whole(asked, reply, key)
    made = {"generated_text": reply.text}
    if (asked.body.get("parameters") or {}).get("details"):
        return {**made, "details": {**_details(reply), "prefill": [], "tokens": []}}
    return made


def events(asked: Ask, reply: Reply, key: str) -> Iterator[bytes]:
    """Chunks as OpenAI's, or one event per token, the last with the whole text."""
    reply = _said(reply)
    if asked.method == CHAT:
        yield from openai.events(asked, reply, key)
        return
    parts = list(openai.pieces(reply.text, 4))
    for index, part in enumerate(parts, start=1):
        last = index == len(parts)
        ended = {"generated_text": reply.text, "details": {**_details(reply), "input_length": asked.input_tokens}} if last else {}
        token = {"id": index, "text": part, "logprob": -0.1, "special": False}
        yield openai.event({"index": index, "token": token, "generated_text": None, "details": None, **ended})
