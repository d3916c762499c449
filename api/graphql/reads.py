"""How a query is answered: from what is kept, by the short way or the long one, else by the executor while there is room."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from api.auth.known_callers import KnownCallers
from api.graphql import execution
from api.graphql.asking import Asking
from api.graphql.execution import Answer
from api.graphql.kept import FRESH_SECONDS, QUIET_SECONDS, STALE_SECONDS, Kept, KeptAnswers, kept
from api.graphql.metrics import OPERATIONS, SECONDS, Count, labels_of
from api.graphql.moving import Moving
from api.graphql.outages import OUTAGES
from api.graphql.rates import KEPT_COST, Rates
from api.graphql.replies import Reply, kept_reply, no_room, reply
from api.graphql.scopes import Scope
from api.graphql.shortcuts import NAME, Shortcut, Shortcuts
from api.graphql.versions import Versions
from api.room import Full, Room
from zamc.clock import Clock
from zamc.requests.rules import Version


@dataclass(frozen=True)
class Knowledge:
    """What a process knows of data, answers and callers; all of it on one event loop."""

    callers: Callable[[], KnownCallers]
    versions: Versions
    moving: Moving
    answers: KeptAnswers
    rates: Rates
    room: Room
    clock: Clock


class Reads:
    """execute: runs an operation, whatever is kept."""

    def __init__(self, knowledge: Knowledge, execute: Callable[[Asking], Awaitable[Answer]]) -> None:
        self._know, self._execute = knowledge, execute
        self._shortcuts = Shortcuts()

    def short(self, name: tuple[bytes, ...], told: bytes, began: float) -> tuple[Kept, bytes] | None:
        """The answer to a request that was answered before, and what its caller has left (RateLimit); None: take the long way.

        told: versions that the caller has seen; began: when the request came in, by time.perf_counter().
        """
        known, found = self._know, self._shortcuts.get(name)
        if found is None:
            return None
        caller = known.callers().get(found.shown)
        versions = known.versions.known(found.scope.projects)
        if versions is None or caller is None or (caller is not found.caller and caller != found.caller):
            self._shortcuts.drop(name)
            return None
        if caller.expires_at is not None and caller.expires_at <= known.clock.now():
            return None
        if versions != found.versions:
            found.versions, found.key = dict(versions), found.scope.key(found.operation, found.variables, versions)
        if told and is_newer(told.decode("latin-1"), versions):
            return None
        near = known.answers.near(found.key, within=self._freshness(found.scope))
        taken = known.rates.spend(found.lease, KEPT_COST) if near is not None else None
        if near is None or taken is None:
            return None
        found.counter.inc()
        found.seconds.observe(time.perf_counter() - began)
        return near, known.rates.left(taken)

    async def answer(self, asking: Asking) -> Reply:
        """Everything that can go wrong is an answer."""
        known, scope = self._know, asking.scope
        try:
            versions, down = await known.versions.of(scope.projects), False
            if is_newer(asking.request.headers.get("zamc-data-version", ""), versions):
                versions = await known.versions.ask_again(scope.projects)
        except OUTAGES:
            versions, down = known.versions.last(scope.projects), True
        key = scope.key(asking.operation, asking.variables, versions)
        near = known.answers.near(key, within=self._freshness(scope))
        taken = await asking.take(known.rates, KEPT_COST if near is not None else asking.cost)
        headers = known.rates.headers(taken)
        if not taken.allowed:
            return asking.too_much(known.rates, taken)
        if near is not None:  # so not before it is asked for a second time: many a question is asked once, and would fill the memory
            self._remember(asking, versions, key)
        if near is not None and not down:
            asking.count.outcome = "cached"
            return kept_reply(near, headers)
        if down:
            return self._stale(key, headers, asking.count) or reply(execution.unavailable(), headers)
        try:
            return await self._made(asking, key, headers)
        except Full:
            asking.count.outcome = "shed"
            return self._stale(key, headers, asking.count) or no_room(headers)

    async def _made(self, asking: Asking, key: bytes, headers: Mapping[str, str]) -> Reply:
        ended: list[Answer] = []

        async def run() -> Answer:
            async with self._know.room.place():
                ended.append(await self._execute(asking))
            return ended[0]

        async def make() -> Kept | None:
            born = time.time()
            answer = await run()
            return kept(orjson.dumps(answer.payload), born) if answer.clean else None

        found, was_kept = await self._know.answers.get_or_make(key, make, within=self._freshness(asking.scope))
        if found is not None:
            asking.count.outcome = "cached" if was_kept else "ok"
            return kept_reply(found, headers)
        # Without an answer of one's own it was somebody else's try that went wrong.
        answer = ended[0] if ended else await run()
        asking.count.outcome = "ok" if answer.clean else "error"
        if answer.status == 503:
            return self._stale(key, headers, asking.count) or reply(answer, headers)
        return reply(answer, headers)

    def _freshness(self, scope: Scope) -> float:
        return FRESH_SECONDS if self._know.moving.any_of(scope.projects) else QUIET_SECONDS

    def _stale(self, key: bytes, headers: Mapping[str, str], count: Count) -> Reply | None:
        """What was true when PostgreSQL was last there, or there was room."""
        found = self._know.answers.near(key, within=STALE_SECONDS)
        if found is None:
            return None
        count.outcome = "cached"
        age = f"{max(0.0, time.time() - found.born):.0f}"
        return kept_reply(found, {**headers, "age": age, "warning": '110 - "the database does not answer, and this is from before"'})

    def _remember(self, asking: Asking, versions: Mapping[UUID, Version], key: bytes) -> None:
        name = asking.request.scope.get(NAME)
        if name is None:
            return
        kind = labels_of(asking.operation, trusted=asking.wanted.document_id is not None)
        lease = self._know.rates.lease_of(user_id=asking.caller.user_id, credential=asking.credential, project_id=asking.scope.project)
        self._shortcuts.put(
            name,
            Shortcut(
                asking.shown, asking.caller, asking.operation, asking.variables, asking.scope, lease, dict(versions), key,
                OPERATIONS.labels(*kind, "cached"), SECONDS.labels(*kind),
            ),
        )  # fmt: skip


def is_newer(told: str, versions: Mapping[Any, Version]) -> bool:
    """Whether the caller has seen a change that this process has not heard of yet: another process made it for them."""
    told = told[:4_096]
    known = {str(project_id): version.whole for project_id, version in versions.items()} if told else {}
    for each in told.split(",") if told else ():
        project_id, _, version = each.partition(":")
        if project_id in known and version.isdecimal() and len(version) < 20 and int(version) > known[project_id]:
            return True
    return False
