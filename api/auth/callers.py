"""Who calls: one question for every route, whatever the caller brought."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from uuid import UUID

from starlette.requests import HTTPConnection

from api.auth import cookies
from zamc.bootstrap import Services
from zamc.identity.rules import may_be_key
from zamc.identity.service import Caller

# For so long a process believes what it has looked up: what is revoked elsewhere works so much longer here.
BELIEVED_SECONDS = 1.0
_MOST_KNOWN = 20_000


class KnownCallers:
    """Callers by the hash of what they showed, on the event loop of one process."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()

    def get(self, shown: bytes) -> Caller | None:
        found = self._known.get(shown)
        return found[0] if found and found[1] > time.monotonic() else None

    def put(self, shown: bytes, caller: Caller) -> None:
        self._known[shown] = (caller, time.monotonic() + BELIEVED_SECONDS)
        self._known.move_to_end(shown)
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    def forget(self, user_id: UUID) -> None:
        """What the user may do has changed, by this process."""
        for shown in [shown for shown, (caller, _) in self._known.items() if caller.user_id == user_id]:
            del self._known[shown]


def known_callers(request: HTTPConnection) -> KnownCallers:
    state = request.app.state
    if not hasattr(state, "known_callers"):
        state.known_callers = KnownCallers()
    found: KnownCallers = state.known_callers
    return found


async def caller_of(request: HTTPConnection) -> Caller | None:
    """The caller of a request or of a WebSocket's handshake; None for a stranger.

    `Authorization: Bearer` (an API key or an access token) comes first; beside it the cookie is not read. Raises what PostgreSQL and
    Redis raise while they are down (api.errors answers 503); keys and tokens need PostgreSQL alone.
    """
    wired: Services = request.app.state.services
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme:
        cookie, shown = None, bearer if scheme.lower() == "bearer" else ""
    else:
        cookie = shown = cookies.session_token(request, wired.settings) or ""
    if not shown:
        return None
    memory = known_callers(request)
    name = hashlib.sha256(("cookie:" if cookie else "bearer:").encode() + shown.encode("utf-8", "surrogatepass")).digest()
    caller = memory.get(name)
    if caller is None:
        caller = await asyncio.to_thread(_of_cookie if cookie else _of_bearer, wired, shown)
        if caller is not None:
            memory.put(name, caller)
    if caller is not None and caller.expires_at is not None and caller.expires_at <= wired.clock.now():
        return None
    return caller


def _of_bearer(wired: Services, text: str) -> Caller | None:
    identity = wired.identity
    if may_be_key(text):
        with wired.database.transaction() as session:
            return identity.service.caller(session, text, now=wired.clock.now())
    if not wired.settings.identity_key or text.count(".") != 2:
        return None
    with wired.database.transaction() as session:
        return identity.tokens.caller(session, text)


def _of_cookie(wired: Services, token: str) -> Caller | None:
    if not wired.settings.identity_key:
        return None
    sessions = wired.identity.sessions
    session_id = sessions.session_of(token)
    if session_id is None:
        return None
    with wired.database.transaction() as session:
        return sessions.caller(session, session_id)
