"""Errors of the plain HTTP routes: a code, a sentence, and nothing of what was sent."""

import math
from datetime import timedelta
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.room import RETRY_SECONDS, Full, Resting
from zamc.errors import ConfigurationError, Conflict, HeldBack, InvalidInput, Later, NotFound, OutsideError
from zamc.identity.errors import SignInRefused, TokenRefused

log = structlog.get_logger()

_COME_BACK = timedelta(seconds=5)


class ErrorBody(BaseModel):
    """error: a word for programs. message: a sentence for people. field: which one was wrong."""

    error: str
    message: str
    field: str | None = None


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer beside its own, for OpenAPI."""
    return {status: {"model": ErrorBody} for status in (*statuses, 413, 422, 429, 503)}


def error(status: int, code: str, message: str, *, field: str | None = None, headers: dict[str, str] | None = None) -> JSONResponse:
    body = ErrorBody(error=code, message=message, field=field).model_dump(exclude_none=True)
    return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


def unavailable(what: str, delay: timedelta = _COME_BACK) -> JSONResponse:
    """503, and when to come back."""
    return error(503, "unavailable", what, headers={"Retry-After": str(max(1, math.ceil(delay.total_seconds())))})


def install(app: FastAPI) -> None:
    """What each expected error is over HTTP. A bug is masked by the application itself."""
    from redis.exceptions import RedisError
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    handlers: dict[Any, Any] = {
        InvalidInput: lambda _r, e: error(422, "invalid", e.sentence, field=e.field),
        RequestValidationError: _not_understood,
        NotFound: lambda _r, e: error(404, "not_found", str(e)),
        Conflict: lambda _r, e: error(409, "conflict", str(e)),
        SignInRefused: lambda _r, e: error(401, e.code, str(e)),
        TokenRefused: lambda _r, e: error(400, "token", str(e)),
        HeldBack: _held_back,
        Later: lambda _r, e: unavailable("something that this needs does not answer; try again", e.delay or _COME_BACK),
        OutsideError: lambda _r, _e: error(502, "refused_outside", "something outside refused it"),
        ConfigurationError: _not_set_up,
        RedisError: _down("redis"),
        DBAPIError: _database,
        PoolTimeout: _down("postgres"),
        Resting: _down("postgres"),
        Full: lambda _r, _e: unavailable("too much is asked for at once; try again", timedelta(seconds=RETRY_SECONDS)),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, _awaitable(handler))


def _awaitable(handler: Any) -> Any:
    async def handle(request: Request, raised: Exception) -> Any:
        return handler(request, raised)

    return handle


def _not_understood(_request: Request, raised: RequestValidationError) -> JSONResponse:
    # FastAPI's own answer quotes what was sent: passwords among it.
    first = raised.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    return error(422, "invalid", str(first["msg"]), field=where or None)


def _held_back(_request: Request, raised: HeldBack) -> JSONResponse:
    delay = raised.delay or _COME_BACK
    if raised.code != "limit":
        return unavailable("this cannot be done safely right now; try again", delay)
    wait = str(max(1, math.ceil(delay.total_seconds())))
    return error(429, "too_many", f"too many attempts; try again in {wait} seconds", headers={"Retry-After": wait})


def _not_set_up(request: Request, raised: ConfigurationError) -> JSONResponse:
    log.error("api.not_set_up", path=request.url.path, error=str(raised))
    return unavailable("the operator has not set this up", timedelta(minutes=5))


def _down(service: str) -> Any:
    def handle(request: Request, raised: Exception) -> JSONResponse:
        log.warning("api.unavailable", service=service, path=request.url.path, error=type(raised).__name__)
        return unavailable("a service that this needs does not answer; try again")

    return handle


def _database(request: Request, raised: Exception) -> JSONResponse:
    from sqlalchemy.exc import InterfaceError, OperationalError

    if isinstance(raised, OperationalError | InterfaceError):
        answer: JSONResponse = _down("postgres")(request, raised)
        return answer
    raise raised
