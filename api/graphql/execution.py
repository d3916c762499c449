"""An operation is executed once, within its time, and what went wrong is said as far as the caller may know it."""

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from graphql import ExecutionResult, GraphQLError, execute

from api.graphql.context import Context
from api.graphql.documents import Operation
from api.graphql.failures import code_of
from api.graphql.outages import OUTAGES
from api.graphql.plain import PlainFirst
from zamc.errors import ZamcError

QUERY_SECONDS = 10.0
# A change may wait for a platform for a minute, and its pause for two read-backs.
MUTATION_SECONDS = 150.0
OUR_SIDE = "Something went wrong on our side."
RETRY_SECONDS = 5
log = structlog.get_logger()


@dataclass(frozen=True)
class Answer:
    """status: of HTTP. payload: as GraphQL answers. clean: it has data and no error, so that it may be kept for the next who asks."""

    status: int
    payload: Mapping[str, Any]

    @property
    def clean(self) -> bool:
        return self.status == 200 and "errors" not in self.payload


async def run(operation: Operation, variables: Mapping[str, Any], context: Context) -> Answer:
    """Execute it. Nothing is raised but what cancels the request itself."""
    limit = MUTATION_SECONDS if operation.is_mutation else QUERY_SECONDS
    try:
        async with asyncio.timeout(limit):
            made = execute(
                operation.schema,
                operation.document,
                context_value=context,
                variable_values=dict(variables),
                operation_name=operation.name or None,
                execution_context_class=PlainFirst,
            )
            result = await made if inspect.isawaitable(made) else made
    except TimeoutError:
        log.warning("graphql.time_limit", operation=operation.name, seconds=limit)
        return refused(504, f"this took longer than {limit:g} seconds; ask for less", code="TIME_LIMIT")
    return answer_of(operation, result)


def refused(status: int, *messages: str, code: str) -> Answer:
    """An answer without data."""
    return Answer(status, {"data": None, "errors": [{"message": message, "extensions": {"code": code}} for message in messages]})


def unavailable() -> Answer:
    """The database is down, and nothing is kept that would answer this."""
    return refused(503, "The database does not answer. Try again.", code="UNAVAILABLE")


def answer_of(operation: Operation, result: ExecutionResult) -> Answer:
    """What the caller may know of a result."""
    if not result.errors:
        return Answer(200, {"data": result.data})
    errors = [_public(operation, error) for error in result.errors]
    down = any(is_outage(error.original_error) for error in result.errors)
    return Answer(503 if down else 200, {"data": None if down else result.data, "errors": errors})


def _public(operation: Operation, error: GraphQLError) -> dict[str, Any]:
    original, said = error.original_error, {"path": error.path} if error.path else {}
    if original is None or isinstance(original, GraphQLError):
        code = (error.extensions or {}).get("code", "BAD_REQUEST")
        return {"message": error.message, **said, "extensions": {"code": code}}
    if isinstance(original, ZamcError):
        return {"message": str(original), **said, "extensions": {"code": code_of(original)}}
    if is_outage(original):
        log.warning("graphql.outage", operation=operation.name, error=type(original).__name__)
        return {"message": "The database does not answer. Try again.", **said, "extensions": {"code": "UNAVAILABLE"}}
    log.error("graphql.bug", operation=operation.name, path=error.path, exc_info=original)
    return {"message": OUR_SIDE, **said, "extensions": {"code": "INTERNAL"}}


def is_outage(error: BaseException | None) -> bool:
    """Whether the database was away, so that the same may work in a moment."""
    return isinstance(error, OUTAGES)


def messages_of(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """Errors of a document that is not executed."""
    return [{"message": error.message, "extensions": {"code": (error.extensions or {}).get("code", "BAD_REQUEST")}} for error in errors]
