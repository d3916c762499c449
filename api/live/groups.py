"""Those who ask the same with the same rights: what they asked for is executed once per event, and its bytes go to all of them.

A group that shows how something is (latest wins) sends nothing when nothing looks different; whoever joins gets what was last sent. A
group that tells what happened (alerts) sends everything in order, and each member has a place, so that it gets nothing twice.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, execute, located_error
from graphql.execution import create_source_event_stream

from api.graphql.documents import Operation
from api.graphql.execution import QUERY_SECONDS, Answer, answer_of, is_outage, refused
from api.graphql.plain import PlainFirst
from api.live import protocol
from api.live.context import Feeds, LiveContext
from api.live.metrics import EVENTS, MESSAGES
from api.live.news import News
from api.live.outlet import Outlet

# So many members are served before anybody else gets a turn.
_IN_A_ROW = 200
_AGAIN_SECONDS = 1.0
_LONGEST_AGAIN_SECONDS = 15.0
log = structlog.get_logger()


class Placed(Protocol):
    """An event of a group that tells what happened. place: in the stream; gap: places before it say nothing any more."""

    @property
    def place(self) -> int: ...

    @property
    def gap(self) -> bool: ...


@dataclass(eq=False, slots=True)
class Member:
    """One subscription of one socket. place: up to which it has heard, where that matters."""

    id: str
    head: str
    outlet: Outlet
    group: "Group"
    on_end: Callable[[], None]
    place: int = 0
    catching_up: "asyncio.Task[None] | None" = None

    def send(self, payload: str, *, newest: bool = False) -> None:
        """Queue it. newest: an older one that still waits is not sent any more."""
        self.outlet.offer(protocol.following(self.head, payload), instead_of=self.id if newest else None)

    def fail(self, errors: list[dict[str, Any]]) -> None:
        """It ends, and why."""
        self.outlet.offer(protocol.error(self.id, errors))
        self.on_end()


@dataclass(eq=False)
class Group:
    """key: of document, variables and rights. lossless: it tells what happened. make_context: anew for each event."""

    key: bytes
    project_id: UUID
    operation: Operation
    variables: Mapping[str, Any]
    lossless: bool
    make_context: Callable[["asyncio.Queue[News] | None"], LiveContext]
    feeds: Feeds
    on_empty: Callable[["Group"], None]
    members: dict[Member, None] = field(default_factory=dict)
    _feed: "asyncio.Queue[News] | None" = None
    _last: str | None = None
    _task: "asyncio.Task[None] | None" = None

    def join(self, member: Member) -> None:
        """From now on it gets what everybody gets, and what is true now at once."""
        self.members[member] = None
        if self._last is not None and not self.lossless:
            member.send(self._last, newest=True)
        if self._task is None:
            # At once: what is heard from here on is this member's.
            self._feed = self.feeds.open(self.project_id) if self.lossless else None
            self._task = asyncio.get_running_loop().create_task(self._run())

    def leave(self, member: Member) -> None:
        self.members.pop(member, None)
        self.leave_if_empty()

    def leave_if_empty(self) -> None:
        """Somebody asked for it and went before joining."""
        if not self.members:
            self.stop()

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._over()

    def context(self) -> LiveContext:
        return self.make_context(self._feed)

    def _over(self) -> None:
        self._task, self._last = None, None
        if self._feed is not None:
            self.feeds.close(self.project_id, self._feed)
            self._feed = None
        self.on_empty(self)

    async def _run(self) -> None:
        wait = _AGAIN_SECONDS
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - a subscription must not die without a word, whatever its resolver raised
                if not (isinstance(error, _Outage) or is_outage(error)):
                    self._fail(answer_of(self.operation, ExecutionResult(None, [_located(error)])))
                    return
                log.warning("live.outage", operation=self.operation.name, error=type(error).__name__)
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_AGAIN_SECONDS)
            else:
                return

    async def _follow(self) -> None:
        source = await create_source_event_stream(
            self.operation.schema,
            self.operation.document,
            context_value=self.context(),
            variable_values=dict(self.variables),
            operation_name=self.operation.name or None,
        )
        if isinstance(source, ExecutionResult):
            self._fail(answer_of(self.operation, source))
            return
        async with aclosing(source) as events:  # type: ignore[type-var]  # strawberry's is an async generator, which can be closed
            async for event in events:
                answer = await self.render(event)
                if answer.status == 503:
                    raise _Outage
                await self._send(orjson.dumps(answer.payload).decode(), event)

    async def render(self, event: Any) -> Answer:
        """What an event looks like to this group."""
        try:
            async with asyncio.timeout(QUERY_SECONDS):
                made = execute(
                    self.operation.schema,
                    self.operation.document,
                    event,
                    context_value=self.context(),
                    variable_values=dict(self.variables),
                    operation_name=self.operation.name or None,
                    execution_context_class=PlainFirst,
                )
                result = await made if inspect.isawaitable(made) else made
        except TimeoutError:
            return refused(200, f"this took longer than {QUERY_SECONDS:g} seconds; ask for less", code="TIME_LIMIT")
        return answer_of(self.operation, result)

    async def _send(self, payload: str, event: Any) -> None:
        EVENTS.inc()
        if self.lossless:
            await self._tell(payload, event)
            return
        if payload == self._last:
            return
        self._last = payload
        for number, member in enumerate(list(self.members)):
            if member in self.members:
                member.send(payload, newest=True)
            if number % _IN_A_ROW == _IN_A_ROW - 1:
                await asyncio.sleep(0)
        MESSAGES.inc(len(self.members))

    async def _tell(self, payload: str, event: Placed) -> None:
        for number, member in enumerate(list(self.members)):
            if member in self.members and (event.gap or event.place > member.place):
                member.place = event.place
                member.send(payload)
            if number % _IN_A_ROW == _IN_A_ROW - 1:
                await asyncio.sleep(0)
        MESSAGES.inc(len(self.members))

    def _fail(self, answer: Answer) -> None:
        members = list(self.members)
        self.members.clear()
        self._over()
        for member in members:
            member.fail(list(answer.payload["errors"]))


class _Outage(ConnectionError):
    """The database was away while an event was rendered."""


def _located(error: Exception) -> GraphQLError:
    return located_error(error, None, None)
