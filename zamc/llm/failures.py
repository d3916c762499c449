"""The errors of clients that are built alike (OpenAI's and Anthropic's come from one generator), as ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zamc.errors import OutsideError
from zamc.llm.connection import Connection
from zamc.llm.refusals import body_of, broken, refusal, unreadable


@contextmanager
def translated(connection: Connection, sdk: Any) -> Iterator[None]:
    """Inside, errors of the client become ours. sdk: its module, with APIStatusError, APIConnectionError and its own root of errors.

    The client's error holds the request with its key: it must not travel along as a cause. A stream that breaks does so with the
    transport's own error, which the client lets through.
    """
    import httpx2

    failed: OutsideError
    try:
        yield
    except sdk.APIStatusError as error:
        failed = _refused(connection, error)
    except (sdk.APIConnectionError, httpx2.HTTPError) as error:
        failed = broken(connection.provider, error)
    except (sdk.APIError, ValueError, KeyError, AttributeError, TypeError, AssertionError, IndexError, RuntimeError):
        failed = unreadable(connection.provider)
    else:
        return
    raise failed from None


def _refused(connection: Connection, error: Any) -> OutsideError:
    if error.status_code < 400:  # an error in the middle of a stream: the model had begun
        return broken(connection.provider, error)
    code, message = body_of(error.body)
    return refusal(
        connection.provider,
        status=error.status_code,
        code=code,
        message=message,
        headers=error.response.headers,
        secret=connection.key.get_secret_value(),
    )
