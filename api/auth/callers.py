"""Who calls: one question for every route, whatever the caller brought."""

import hashlib
from functools import partial

from starlette.datastructures import State
from starlette.requests import HTTPConnection

from api.auth import cookies
from api.auth.known_callers import KnownCallers
from api.hearing import Hearing
from zamc.bootstrap import Services
from zamc.identity.rules import may_be_key
from zamc.identity.service import Caller
from zamc.settings import Settings


def known_callers(request: HTTPConnection) -> KnownCallers:
    """Of the application that serves the request."""
    return known_callers_of(request.app.state)


def known_callers_of(state: State) -> KnownCallers:
    """Those of an application, by its state."""
    try:  # asked for with every request, and there but for the first
        found: KnownCallers = state.known_callers
    except AttributeError:
        hearing: Hearing | None = getattr(state, "hearing", None)
        found = state.known_callers = KnownCallers(lambda: hearing is not None and hearing.alive)
    return found


def name_of(shown: str, *, cookie: bool) -> bytes:
    """By what a caller is known while it is kept: not what they showed, in case somebody reads our memory."""
    return hashlib.sha256((b"cookie:" if cookie else b"bearer:") + shown.encode("utf-8", "surrogatepass")).digest()


def shown_by(request: HTTPConnection, settings: Settings) -> tuple[str, bool]:
    """What a caller shows, and whether that is a cookie: `Authorization: Bearer` comes first, and beside it the cookie is not read."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return bearer if scheme.lower() == "bearer" else "", False
    return cookies.session_token(request, settings) or "", True


async def caller_of(request: HTTPConnection) -> Caller | None:
    """The caller of a request or of a WebSocket's handshake; None for a stranger.

    Raises what PostgreSQL and Redis raise while they are down (api.errors answers 503); keys and tokens need PostgreSQL alone.
    """
    state = request.app.state
    shown, cookie = shown_by(request, state.services.settings)
    return await caller_who_showed(state, shown, cookie=cookie)


async def caller_who_showed(state: State, shown: str, *, cookie: bool) -> Caller | None:
    """The caller by what they showed; see caller_of. state: of the application."""
    if not shown:
        return None
    wired: Services = state.services
    look_up = partial(_of_cookie if cookie else _of_bearer, wired, shown)
    caller = await known_callers_of(state).get_or_ask(name_of(shown, cookie=cookie), look_up)
    if caller is not None and caller.expires_at is not None and caller.expires_at <= wired.clock.now():
        return None
    return caller


def _of_bearer(wired: Services, text: str) -> Caller | None:
    identity = wired.identity
    if may_be_key(text):
        with wired.database.statement() as session:
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
