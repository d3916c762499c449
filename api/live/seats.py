"""How many sockets there may be, of one process and of one user, and whose they are."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from api.live.metrics import SOCKETS

if TYPE_CHECKING:
    from api.live.sockets import Socket


class Seats:
    """most: of the process; most_each: of one user."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most, self._most_each = most, most_each
        self._all: set[Socket] = set()
        self._of: defaultdict[UUID, set[Socket]] = defaultdict(set)

    @property
    def all(self) -> Iterable["Socket"]:
        """A copy: what one does with a socket may end another."""
        return list(self._all)

    def of(self, user_id: UUID) -> Iterable["Socket"]:
        return list(self._of.get(user_id, ()))

    def enter(self, socket: "Socket") -> bool:
        """A fresh socket, of nobody yet. False when there is no room."""
        if len(self._all) >= self._most:
            return False
        self._all.add(socket)
        SOCKETS.set(len(self._all))
        return True

    def take(self, socket: "Socket", user_id: UUID) -> bool:
        """It is this user's. False when they have too many."""
        if len(self._of.get(user_id, ())) >= self._most_each:
            return False
        self._of[user_id].add(socket)
        return True

    def leave(self, socket: "Socket") -> None:
        self._all.discard(socket)
        SOCKETS.set(len(self._all))
        if socket.caller is not None:
            mine = self._of[socket.caller.user_id]
            mine.discard(socket)
            if not mine:
                del self._of[socket.caller.user_id]
