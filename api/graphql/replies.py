"""What goes out over HTTP of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from api.graphql import execution
from api.graphql.execution import Answer
from api.graphql.kept import HEADERS, Kept
from api.room import RETRY_SECONDS


@dataclass(frozen=True)
class Reply:
    """etag: of an answer that may be asked for again by it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""


def reply(answer: Answer, headers: Mapping[str, str] | None = None) -> Reply:
    """Of an answer that nobody keeps; 503 says when to come back."""
    added = {"cache-control": "no-store", **(headers or {})}
    if answer.status == 503:
        added.setdefault("retry-after", str(execution.RETRY_SECONDS))
    return Reply(answer.status, orjson.dumps(answer.payload), added)


def kept_reply(found: Kept, headers: Mapping[str, str]) -> Reply:
    """A browser may keep it, for this caller alone, and asks each time whether it still holds."""
    return Reply(200, found.body, {**HEADERS, **headers}, etag=found.etag)


def no_room(headers: Mapping[str, str] | None = None) -> Reply:
    """Nothing was begun."""
    answer = execution.refused(503, "Too much is asked for at once. Nothing was done; try again in a moment.", code="UNAVAILABLE")
    return reply(answer, {**(headers or {}), "retry-after": str(RETRY_SECONDS)})
