"""Expected errors as members of a mutation's union. Each has a code for programs and a sentence for people."""

from collections.abc import Callable
from enum import Enum

import strawberry

from zamc.errors import ConfigurationError, Conflict, InvalidInput, NotFound, OutsideError, SpendRefused, ZamcError
from zamc.identity.permission_rules import Forbidden


@strawberry.enum
class ErrorCode(Enum):
    """Why it was refused."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    CONFLICT = "CONFLICT"
    SPEND_REFUSED = "SPEND_REFUSED"
    UNAVAILABLE = "UNAVAILABLE"


@strawberry.interface
class Failure:
    """Nothing was changed. message says what would be allowed."""

    code: ErrorCode
    message: str


@strawberry.type
class InvalidInputError(Failure):
    """The input is not allowed. field names what, such as "brief.budget.total"."""

    field: str


@strawberry.type
class NotFoundError(Failure):
    """There is no such thing, or not for you."""


@strawberry.type
class ForbiddenError(Failure):
    """Your role in the project does not allow it."""


@strawberry.type
class ConflictError(Failure):
    """The state does not allow it now."""


@strawberry.type
class SpendRefusedError(Failure):
    """The spend policy does not allow it, or there is none."""


@strawberry.type
class UnavailableError(Failure):
    """A platform did not answer or refused. Ask again after retryAfterSeconds, when it is there."""

    retry_after_seconds: int | None


Refused = InvalidInputError | NotFoundError | ForbiddenError | ConflictError | SpendRefusedError | UnavailableError


_PLAIN: tuple[tuple[type[ZamcError], Callable[..., Refused], ErrorCode], ...] = (
    (Forbidden, ForbiddenError, ErrorCode.FORBIDDEN),
    (NotFound, NotFoundError, ErrorCode.NOT_FOUND),
    (Conflict, ConflictError, ErrorCode.CONFLICT),
    (SpendRefused, SpendRefusedError, ErrorCode.SPEND_REFUSED),
)


def failure_of(error: ZamcError) -> Refused | None:
    """The union member of an expected error; None for one that only an operator can do something about."""
    if isinstance(error, InvalidInput):
        return InvalidInputError(code=ErrorCode.INVALID_INPUT, message=error.sentence, field=error.field)
    for kind, make, code in _PLAIN:
        if isinstance(error, kind):
            return make(code=code, message=str(error))
    if isinstance(error, OutsideError):
        delay = getattr(error, "delay", None)
        seconds = max(1, round(delay.total_seconds())) if delay is not None else None
        return UnavailableError(code=ErrorCode.UNAVAILABLE, message=str(error), retry_after_seconds=seconds)
    return None


def code_of(error: ZamcError) -> str:
    """For an expected error of a query, which has no union to be a member of."""
    if isinstance(error, ConfigurationError):
        return ErrorCode.UNAVAILABLE.value
    failure = failure_of(error)
    return failure.code.value if failure is not None else ErrorCode.CONFLICT.value
