"""/graphql: who calls, what is asked, the limits, and the answer."""

from collections.abc import Mapping

import orjson
from fastapi import APIRouter, Request, Response
from graphql import GraphQLError

from api.auth.callers import caller_of
from api.graphql import asked, execution
from api.graphql.context import Context
from api.graphql.documents import Documents, Refused, manifest
from api.graphql.execution import Answer
from api.graphql.metrics import counted
from api.graphql.schema import executable, make_schema
from zamc.bootstrap import Services
from zamc.requests.rules import hash_of

STRANGER = "name an API key: Authorization: Bearer zamc_... (`zamc api-key` makes one)"


def documents_of(wired: Services) -> Documents:
    """The schema with its limits. In production it tells nobody what it could be asked."""
    return Documents(
        executable(make_schema()),
        trusted=manifest(),
        only_trusted=wired.settings.trusted_documents_only,
        silent=wired.settings.environment == "production",
    )


def graphql_router(wired: Services) -> APIRouter:
    """The route: POST with JSON; GET for registered queries, so that a browser may keep an answer and ask whether it still holds."""
    routes, documents = APIRouter(include_in_schema=False), documents_of(wired)

    @routes.api_route("", methods=["POST", "GET"])
    async def graphql(request: Request) -> Response:
        try:
            wanted = await asked.read(request)
        except asked.BadRequest as bad:
            return _response(execution.refused(bad.status, bad.message, code="BAD_REQUEST"), {"allow": bad.allow} if bad.allow else {})
        caller = await caller_of(request)
        if caller is None:
            return _response(execution.refused(401, STRANGER, code="UNAUTHENTICATED"), {"www-authenticate": "Bearer"})
        try:
            operation = documents.find(text=wanted.text, document_id=wanted.document_id, operation_name=wanted.operation_name)
            operation.cost(wanted.variables)
        except Refused as error:
            return _response(Answer(200, {"data": None, "errors": execution.messages_of(error.errors)}))
        except GraphQLError as error:
            return _response(execution.refused(200, error.message, code="TOO_COSTLY"))
        if request.method == "GET" and operation.is_mutation:
            return _response(execution.refused(405, "a change is sent with POST", code="BAD_REQUEST"), {"allow": "POST"})
        context = Context(
            wired,
            caller,
            idempotency_key=request.headers.get("idempotency-key"),
            request_hash=hash_of(operation.id.encode(), operation.name.encode(), _canonical(wanted.variables)),
            single=operation.is_single,
        )
        with counted(operation, trusted=wanted.document_id is not None) as count:
            answer = await execution.run(operation, wanted.variables, context)
            count.outcome = "ok" if answer.clean else "error"
        return _response(answer)

    return routes


def _canonical(variables: Mapping[str, object]) -> bytes:
    return orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)


def _response(answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    added = {"cache-control": "no-store", **(headers or {})}
    if answer.status == 503:
        added["retry-after"] = str(execution.RETRY_SECONDS)
    return Response(orjson.dumps(answer.payload), status_code=answer.status, media_type="application/json", headers=added)
