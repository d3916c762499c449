"""graphql-transport-ws, as words: what a client may say, what we say, and why a socket is closed. Pure.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson

SUBPROTOCOL = "graphql-transport-ws"
LONGEST_ID = 100
ACK = '{"type":"connection_ack"}'
PONG = '{"type":"pong"}'


class Close(IntEnum):
    """Codes of RFC 6455 and of the protocol. Clients of the protocol come back after 1001, 1013 and 4403, and not after the others."""

    GOING_AWAY = 1001
    TRY_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY = 4429
    INTERNAL = 4500


class BadMessage(Exception):
    """The client said something that it may not: the socket is closed with this code and reason."""

    def __init__(self, reason: str, code: Close = Close.BAD_MESSAGE) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Init:
    """connection_init. bearer: an API key or access token, of clients that cannot set headers."""

    bearer: str | None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """asked: the payload as api.graphql.asked reads the body of a request."""

    id: str
    asked: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Complete:
    """The client has heard enough."""

    id: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Is anybody there?"""


@dataclass(frozen=True, slots=True)
class Pong:
    """Somebody is."""


Said = Init | Subscribe | Complete | Ping | Pong


def read(text: str | None) -> Said:
    """A message of a client; None stands for a binary one. Raises BadMessage."""
    if text is None:
        raise BadMessage("messages are text")
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadMessage("a message is JSON") from None
    if not isinstance(found, dict):
        raise BadMessage("a message is a JSON object")
    match found.get("type"):
        case "connection_init":
            return Init(_bearer(_payload(found)))
        case "subscribe":
            payload = found.get("payload")
            if not isinstance(payload, dict):
                raise BadMessage("subscribe needs a payload")
            return Subscribe(_id(found), payload)
        case "complete":
            return Complete(_id(found))
        case "ping":
            _payload(found)
            return Ping()
        case "pong":
            _payload(found)
            return Pong()
        case _:
            raise BadMessage("a message has a type of graphql-transport-ws")


def _payload(found: dict[str, Any]) -> dict[str, Any]:
    payload = found.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise BadMessage("a payload is an object")
    return payload or {}


def _id(found: dict[str, Any]) -> str:
    key = found.get("id")
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_ID:
        raise BadMessage(f"an id is a text of 1 to {LONGEST_ID} characters")
    return key


def _bearer(payload: dict[str, Any]) -> str | None:
    for name, value in payload.items():
        if name.lower() == "authorization":
            scheme, _, bearer = value.partition(" ") if isinstance(value, str) else ("", "", "")
            if scheme.lower() != "bearer" or not bearer:
                raise BadMessage("authorization is `Bearer <API key or access token>`")
            return bearer
    return None


def head(key: str) -> str:
    """What stands before each payload of one subscription: made once, since everything behind it is shared."""
    return f'{{"id":{orjson.dumps(key).decode()},"type":"next","payload":'


def following(head_of: str, payload: str) -> str:
    """A `next` message."""
    return f"{head_of}{payload}}}"


def complete(key: str) -> str:
    """There will be nothing more."""
    return orjson.dumps({"id": key, "type": "complete"}).decode()


def error(key: str, errors: list[dict[str, Any]]) -> str:
    """There will be nothing, or nothing more, and why."""
    return orjson.dumps({"id": key, "type": "error", "payload": errors}).decode()
