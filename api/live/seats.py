"""How many sockets there may be, of one process and of one user, for how long, and whose they are."""

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from api.live.metrics import SOCKETS
from zamc.identity.service import Caller

# Nobody sits for ever: a session that is used for nothing else must end by itself, and sockets spread over processes again.
LIFE_SECONDS = 3_600.0


class Guest(Protocol):
    """api.live.sockets.Socket, as far as it is needed here. caller: None until it has said who it is."""

    caller: Caller | None


G = TypeVar("G", bound=Guest)


def lifetime() -> float:
    """Seconds; not the same for all who came at once."""
    return LIFE_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - a spread, no secret


class Seats(Generic[G]):
    """most: of the process; most_each: of one user."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most, self._most_each = most, most_each
        self._all: set[G] = set()
        self._of: defaultdict[UUID, set[G]] = defaultdict(set)

    @property
    def all(self) -> Iterable[G]:
        """A copy: what one does with a socket may end another."""
        return list(self._all)

    def of(self, user_id: UUID) -> Iterable[G]:
        return list(self._of.get(user_id, ()))

    def enter(self, socket: G) -> bool:
        """A fresh socket, of nobody yet. False when there is no room."""
        if len(self._all) >= self._most:
            return False
        self._all.add(socket)
        SOCKETS.set(len(self._all))
        return True

    def take(self, socket: G, user_id: UUID) -> bool:
        """It is this user's. False when they have too many."""
        if len(self._of.get(user_id, ())) >= self._most_each:
            return False
        self._of[user_id].add(socket)
        return True

    def leave(self, socket: G) -> None:
        self._all.discard(socket)
        SOCKETS.set(len(self._all))
        if socket.caller is not None:
            mine = self._of[socket.caller.user_id]
            mine.discard(socket)
            if not mine:
                del self._of[socket.caller.user_id]
