"""Callers that one process knows: each is looked up once, by one of those who wait for it, and forgotten when what they may do changes."""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from api.threads import CALLERS
from zamc.identity.service import Caller

# While PostgreSQL tells us of every change of a user, what was looked up is believed for so long; a browser's session is used that often.
BELIEVED_SECONDS = 60.0
# While it cannot be heard: what is revoked elsewhere works so much longer here.
UNHEARD_SECONDS = 1.0
_MOST_KNOWN = 20_000
_MOST_CHANGES = 10_000


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    asked_at: float
    user_id: UUID


class KnownCallers:
    """By the hash of what they showed, on the event loop of one process. heard: whether changes of users are heard of."""

    def __init__(self, heard: Callable[[], bool] = lambda: False) -> None:
        self._heard = heard
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._names: defaultdict[UUID, set[bytes]] = defaultdict(set)
        # When a user was last changed: a look-up that began before that saw what is not true any more.
        self._changed: OrderedDict[UUID, float] = OrderedDict()
        self._cleared_at = float("-inf")
        self._asking: dict[bytes, asyncio.Future[Caller | None]] = {}

    def get(self, shown: bytes) -> Caller | None:
        found = self._known.get(shown)
        if found is None:
            return None
        believed = BELIEVED_SECONDS if self._heard() else UNHEARD_SECONDS
        return found.caller if time.monotonic() - found.asked_at < believed else None

    def last(self, shown: bytes, *, within: float) -> Caller | None:
        """Who that was so many seconds ago at most, for while nobody can be asked."""
        found = self._known.get(shown)
        return found.caller if found is not None and time.monotonic() - found.asked_at < within else None

    async def get_or_ask(self, shown: bytes, ask: Callable[[], Caller | None]) -> Caller | None:
        """ask: blocking, run on a thread; whoever comes meanwhile waits for its answer. Raises what it raises."""
        caller = self.get(shown)
        if caller is not None:
            return caller
        asking = self._asking.get(shown)
        if asking is not None:
            return await asyncio.shield(asking)
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        self._asking[shown] = future = loop.create_future()
        try:
            caller = await loop.run_in_executor(CALLERS, ask)
        except BaseException as error:
            future.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            # Nobody may have waited for it; that is no mistake.
            future.exception()
            raise
        else:
            future.set_result(caller)
        finally:
            del self._asking[shown]
        if caller is None:
            self._drop(shown)
        else:
            self.put(shown, caller, asked_at=began)
        return caller

    def put(self, shown: bytes, caller: Caller, *, asked_at: float) -> None:
        """asked_at: when the look-up began; what has changed since is not taken."""
        if max(self._changed.get(caller.user_id, float("-inf")), self._cleared_at) >= asked_at:
            return
        self._drop(shown)
        self._known[shown] = _Known(caller, asked_at, caller.user_id)
        self._names[caller.user_id].add(shown)
        while len(self._known) > _MOST_KNOWN:
            self._drop(next(iter(self._known)))

    def forget(self, user_id: UUID) -> None:
        """What the user may do has changed."""
        self._changed[user_id] = time.monotonic()
        self._changed.move_to_end(user_id)
        while len(self._changed) > _MOST_CHANGES:
            self._changed.popitem(last=False)
        for shown in tuple(self._names.get(user_id, ())):
            self._drop(shown)

    def clear(self) -> None:
        """Anything may have changed."""
        self._cleared_at = time.monotonic()
        self._known.clear()
        self._names.clear()

    def _drop(self, shown: bytes) -> None:
        gone = self._known.pop(shown, None)
        if gone is None:
            return
        names = self._names[gone.user_id]
        names.discard(shown)
        if not names:
            del self._names[gone.user_id]
