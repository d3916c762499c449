"""Whether the calls of this thread are urgent: what stops spending passes limits and breakers that hold everything else back."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_urgent: ContextVar[bool] = ContextVar("urgent", default=False)


@contextmanager
def urgent(*, when: bool = True) -> Iterator[None]:
    """Calls within stop spending, or show that it has stopped. Threads that are handed this context inherit it.

    when: False leaves it as it is.
    """
    token = _urgent.set(when or _urgent.get())
    try:
        yield
    finally:
        _urgent.reset(token)


def is_urgent() -> bool:
    return _urgent.get()
