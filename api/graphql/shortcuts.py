"""A request that was answered before, byte for byte: what it asks for is known, and what that depends on is looked up.

Nothing is believed here that the long way would not believe: the caller must be known still and be the same, no change may have been heard
of since, the answer must be kept and fresh, and the caller must have room left. Whatever is missing, the long way (api.graphql.endpoint)
does.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.graphql.documents import Operation
from api.graphql.scopes import Scope
from zamc.identity.service import Caller
from zamc.requests.rules import Version

_MOST_KNOWN = 20_000
# A longer question is seldom asked twice.
LONGEST_BODY = 8 * 1024
# In a request's scope: under what name the long way may remember what the request came to.
NAME = "zamc.quick_name"


@dataclass(slots=True)
class Shortcut:
    """What a read came to, and from what. shown: by what its caller is known; lease: of their rate limit; versions, key: when last seen."""

    shown: bytes
    caller: Caller
    operation: Operation
    variables: bytes
    scope: Scope
    lease: tuple[str, ...]
    versions: dict[UUID, Version]
    key: bytes
    counter: Any
    seconds: Any


class Shortcuts:
    """By everything in a request that decides what its answer is, on one event loop."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[bytes, ...], Shortcut] = OrderedDict()

    def get(self, name: tuple[bytes, ...]) -> Shortcut | None:
        return self._known.get(name)

    def put(self, name: tuple[bytes, ...], shortcut: Shortcut) -> None:
        self._known[name] = shortcut
        self._known.move_to_end(name)
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    def drop(self, name: tuple[bytes, ...]) -> None:
        self._known.pop(name, None)
