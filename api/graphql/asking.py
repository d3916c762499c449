"""A request that is understood: what it asks for, who asks, what it costs, and what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson
from fastapi import Request

from api.graphql import execution
from api.graphql.asked import Asked
from api.graphql.documents import Operation
from api.graphql.metrics import Count
from api.graphql.rates import Rates
from api.graphql.replies import Reply, reply
from api.graphql.scopes import Scope, scope_of
from zamc.identity.service import Caller
from zamc.throttling.buckets import Taken


@dataclass(frozen=True)
class Asking:
    """shown: by what its caller is known (api.auth.callers.name_of)."""

    request: Request
    wanted: Asked
    operation: Operation
    caller: Caller
    shown: bytes
    cost: int
    count: Count

    @cached_property
    def variables(self) -> bytes:
        """Canonical JSON."""
        return orjson.dumps(self.wanted.variables, option=orjson.OPT_SORT_KEYS)

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.operation, self.wanted.variables, self.caller)

    @property
    def credential(self) -> str:
        return credential_of(self.shown)

    async def take(self, rates: Rates, cost: int) -> Taken:
        """Room for so much, or how long to wait for it. What stops spending has room of its own, whatever else was asked for."""
        taken = await rates.take(user_id=self.caller.user_id, credential=self.credential, project_id=self.scope.project, cost=cost)
        if not taken.allowed and self.operation.is_urgent:
            return await rates.take_urgent(user_id=self.caller.user_id, cost=cost)
        return taken

    def too_much(self, rates: Rates, taken: Taken) -> Reply:
        """The answer for whom there is no room."""
        self.count.outcome = "limited"
        return too_much(taken, rates.headers(taken))


def credential_of(shown: bytes) -> str:
    """What a caller showed, without what it is."""
    return shown.hex()[:32]


def too_much(taken: Taken, headers: Mapping[str, str]) -> Reply:
    message = f"this is more than may be asked for in a minute; ask again in {taken.wait_seconds:.0f} seconds"
    return reply(execution.refused(429, message, code="RATE_LIMITED"), headers)
