"""Who calls: one question for every route, whatever the caller brought."""

import asyncio

from starlette.requests import HTTPConnection

from zamc.bootstrap import Services
from zamc.identity.service import Caller, IdentityService


async def caller_of(request: HTTPConnection) -> Caller | None:
    """The caller of a request or of a WebSocket's handshake; None for a stranger."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        return None
    return await asyncio.to_thread(_of_key, request.app.state.services, key)


def _of_key(wired: Services, key: str) -> Caller | None:
    with wired.database.transaction() as session:
        return IdentityService().caller(session, key)
