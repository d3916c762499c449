"""/graphql: POST with JSON; GET for registered queries, so that a browser may keep an answer and ask whether it still holds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import structlog
from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send

from api.auth.callers import known_callers_of
from api.graphql import asked, execution
from api.graphql.documents import Documents, manifest
from api.graphql.endpoint import Endpoint
from api.graphql.kept import KeptAnswers
from api.graphql.moving import Moving
from api.graphql.rates import Rates, SharedBuckets
from api.graphql.reads import Knowledge
from api.graphql.replies import Reply, reply
from api.graphql.schema import executable, make_schema
from api.graphql.versions import Versions
from api.hearing import Hearing
from api.room import LocalBreaker, Room
from api.tasks import end
from api.threads import DATABASE_THREADS
from api.valkey import Valkey
from zamc.bootstrap import Services
from zamc.requests import repository
from zamc.requests.moving_views import moving_projects

T = TypeVar("T")
log = structlog.get_logger()
# Operations at once: twice as many as there are threads for them, so that these always have something to do.
PLACES = 2 * DATABASE_THREADS
# Whoever would wait longer is told to come back: a dashboard that waits for two seconds is better off with its last answer.
QUEUE, PATIENCE_SECONDS = 400, 2.0


def documents_of(wired: Services) -> Documents:
    """The schema with its limits. In production it tells nobody what it could be asked."""
    return Documents(
        executable(make_schema()),
        trusted=manifest(),
        only_trusted=wired.settings.trusted_documents_only,
        silent=wired.settings.environment == "production",
    )


@dataclass(frozen=True)
class Graphql:
    """What one process's /graphql is made of, and its route."""

    endpoint: Endpoint
    knowledge: Knowledge
    documents: Documents
    valkey: Valkey

    @classmethod
    def of(cls, wired: Services, state: State) -> Self:
        """state: of the application, with its hearing and its guards."""
        hearing: Hearing = state.hearing
        valkey = Valkey(wired.settings.redis_url.get_secret_value())
        postgres: LocalBreaker = state.guards.postgres

        def read(query: Callable[[Session], T]) -> T:
            with postgres.guard(), wired.database.statement() as session:
                return query(session)

        knowledge = Knowledge(
            callers=lambda: known_callers_of(state),
            versions=Versions(
                hearing,
                ask=lambda wanted: read(lambda session: repository.versions(session, wanted)),
                newest=lambda most: read(lambda session: repository.newest_versions(session, most)),
            ),
            moving=Moving(lambda: read(moving_projects)),
            answers=KeptAnswers(valkey),
            rates=Rates(SharedBuckets(valkey), wired.settings.api_cost_per_minute),
            room=Room("graphql", places=PLACES, queue=QUEUE, patience=PATIENCE_SECONDS),
            clock=wired.clock,
        )
        documents = documents_of(wired)
        return cls(Endpoint(wired, documents, knowledge, postgres), knowledge, documents, valkey)

    async def http(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The route. scope["app"]: the application."""
        request = Request(scope, receive)
        try:
            answer = _response(request, await self._answer(request))
        except Exception:
            # What went wrong is in the log; an error text may hold an address or a value that is not the caller's to see.
            log.exception("graphql.bug")
            answer = _response(request, reply(execution.refused(500, execution.OUR_SIDE, code="INTERNAL")))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Reply:
        try:
            wanted = await asked.read(request)
        except asked.BadRequest as bad:
            return reply(execution.refused(bad.status, bad.message, code="BAD_REQUEST"), {"allow": bad.allow} if bad.allow else {})
        return await self.endpoint.answer(request, wanted)

    def router(self) -> APIRouter:
        """No route: what keeps looking at what is under way and how new data are while the application runs."""
        return _router(self)


def _router(parts: Graphql) -> APIRouter:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        looking = [asyncio.create_task(each) for each in (parts.knowledge.moving.look(), parts.knowledge.versions.read_ahead())]
        try:
            yield
        finally:
            await end(*looking)
            await parts.valkey.aclose()

    return APIRouter(lifespan=lifespan)


def _response(request: Request, given: Reply) -> Response:
    headers = {**given.headers, **({"etag": given.etag} if given.etag else {})}
    if given.etag and request.method == "GET" and given.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(given.body, status_code=given.status, media_type="application/json", headers=headers)
