"""From a request to its answer: deterministic by the seed, the model, the schema and the words of the request."""

import hashlib
import json
import random
from collections.abc import Mapping
from typing import Any

from sandbox.models.exchange import Ask, Reply, tokens
from sandbox.models.material import Lines, read
from sandbox.models.misbehaviour import Misbehaviour, written
from sandbox.models.values import Generator, Leaf

_PROSE = 320


def fingerprint(body: Mapping[str, Any]) -> str:
    """SHA-256 of a request as the provider would bill it: whether it is streamed makes no other request of it."""
    kept = {key: value for key, value in body.items() if key not in ("stream", "stream_options")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def answer(ask: Ask, *, seed: int, fault: str = "") -> Reply:
    """What the model says, spoilt by `fault` where that is a fault of answers."""
    dice = random.Random(f"{seed}/{fingerprint(ask.body)}")  # noqa: S311 -- repeatable on purpose
    material = read(ask.data)
    if ask.schema is None:
        leaves = [Leaf((), _PROSE)]
        reply = Reply(Lines(material, dice).line(_PROSE))
    else:
        generator = Generator(ask.schema, material, dice)
        value = generator.value()
        leaves = generator.leaves
        reply = Reply(written(value), value=value)
    reply = Misbehaviour(material, leaves, ask.schema, dice).apply(fault, reply)
    if ask.most_tokens and tokens(reply.text) > ask.most_tokens:
        return Reply(reply.text[: ask.most_tokens * 3], "length", planted=reply.planted)
    return reply
