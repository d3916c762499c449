"""/graphql: POST with JSON; GET for registered queries, so that a browser may keep an answer and ask whether it still holds."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response

from api.graphql import asked, execution
from api.graphql.documents import Documents, manifest
from api.graphql.endpoint import Endpoint, Reply
from api.graphql.kept import KeptAnswers
from api.graphql.rates import Rates
from api.graphql.schema import executable, make_schema
from api.graphql.versions import Versions
from api.hearing import Hearing
from zamc.bootstrap import Services
from zamc.requests import repository
from zamc.throttling.buckets import Buckets


def documents_of(wired: Services) -> Documents:
    """The schema with its limits. In production it tells nobody what it could be asked."""
    return Documents(
        executable(make_schema()),
        trusted=manifest(),
        only_trusted=wired.settings.trusted_documents_only,
        silent=wired.settings.environment == "production",
    )


def graphql_router(wired: Services, hearing: Hearing) -> APIRouter:
    """The route, and what it keeps while the process runs."""
    redis = _redis(wired)
    versions = Versions(hearing, lambda wanted: _versions(wired, wanted))
    endpoint = Endpoint(
        wired,
        documents_of(wired),
        versions,
        KeptAnswers(redis),
        Rates(Buckets(wired.throttling_store), wired.settings.api_cost_per_minute),
    )

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await redis.aclose()

    routes = APIRouter(include_in_schema=False, lifespan=lifespan)

    @routes.api_route("", methods=["POST", "GET"])
    async def graphql(request: Request) -> Response:
        try:
            wanted = await asked.read(request)
        except asked.BadRequest as bad:
            refused = execution.refused(bad.status, bad.message, code="BAD_REQUEST")
            headers = {"cache-control": "no-store", **({"allow": bad.allow} if bad.allow else {})}
            return _response(request, Reply(bad.status, orjson.dumps(refused.payload), headers))
        return _response(request, await endpoint.answer(request, wanted))

    return routes


def _response(request: Request, reply: Reply) -> Response:
    headers = {**reply.headers, **({"etag": reply.etag} if reply.etag else {})}
    if reply.etag and request.method == "GET" and reply.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(reply.body, status_code=reply.status, media_type="application/json", headers=headers)


def _redis(wired: Services) -> Any:
    from redis.asyncio import Redis

    return Redis.from_url(wired.settings.redis_url.get_secret_value(), socket_timeout=1.0, socket_connect_timeout=1.0)


def _versions(wired: Services, wanted: Collection[UUID]) -> dict[UUID, int]:
    with wired.database.transaction() as session:
        return repository.versions(session, wanted)
