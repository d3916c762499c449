"""Who is let in, and whether they still may be: the caller of a socket is looked up once, and again whenever somebody says so."""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import State

from api.auth.callers import caller_who_showed, name_of
from api.graphql.outages import NOBODY_KNOWS
from api.threads import CALLERS
from zamc.bootstrap import Services
from zamc.identity.service import Caller

# Nobody can say who it is just now: no reason to let somebody in, and none to send somebody away.
UNKNOWN_NOW = NOBODY_KNOWS


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody showed at the door: a session's cookie, or an API key or access token."""

    text: str
    cookie: bool

    @property
    def credential(self) -> str:
        """Without what it is: whose rate is counted."""
        return name_of(self.text, cookie=self.cookie).hex()[:32]


async def admit(state: State, shown: Shown) -> Caller | None:
    """The caller, None for a stranger. state: of the application. Raises UNKNOWN_NOW."""
    return await caller_who_showed(state, shown.text, cookie=shown.cookie)


async def still(state: State, shown: Shown, caller: Caller) -> bool:
    """Whether what they showed is still good, and for the same as before. Raises UNKNOWN_NOW."""
    services: Services = state.services
    if caller.via == "session" and caller.session_id is not None:
        # By its row: Redis may be away, and being asked about is no use of a session.
        now = await asyncio.get_running_loop().run_in_executor(CALLERS, _of_session, services, caller)
    else:
        now = await admit(state, shown)
    return now is not None and now.roles == caller.roles and now.permission_version == caller.permission_version


def _of_session(services: Services, caller: Caller) -> Caller | None:
    with services.database.transaction() as session:
        return services.identity.sessions.caller(session, caller.session_id) if caller.session_id else None
