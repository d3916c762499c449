"""Relay's connections: edges, a cursor for each, and whether more follow. Cursors are checked when they return."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry

from zamc.database.paging import LARGEST_PAGE, Order, Page
from zamc.errors import InvalidInput

T = TypeVar("T")
V = TypeVar("V")
_LONGEST_CURSOR = 1_024
_LARGEST_INT = 2**63 - 1


@strawberry.type
class PageInfo:
    """Whether more follows, and from where to go on."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    """One of a page, and the cursor that begins a page after it."""

    node: T
    cursor: str


@strawberry.type
class Connection(Generic[T]):
    """A page."""

    edges: list[Edge[T]]
    page_info: PageInfo


def size_of(first: int) -> int:
    """Raises InvalidInput: a size that is quietly another one hides rows."""
    if not 1 <= first <= LARGEST_PAGE:
        raise InvalidInput("first", f"must be 1 to {LARGEST_PAGE}")
    return first


def cursor_of(order: Order, key: Sequence[Any]) -> str:
    """Opaque to a client: the list's order and the row's key in it."""
    return base64.urlsafe_b64encode(orjson.dumps([order.name, *key])).decode().rstrip("=")


def key_of(order: Order, cursor: str | None) -> list[Any] | None:
    """The key that a cursor of this order holds. Raises InvalidInput for one of another order, or one that is not ours."""
    if cursor is None:
        return None
    wrong = InvalidInput("after", "is not a cursor of this list in this order; take endCursor from the page before")
    if len(cursor) > _LONGEST_CURSOR:
        raise wrong
    try:
        read = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise wrong from None
    if not isinstance(read, list) or len(read) != len(order.kinds) + 1 or read[0] != order.name:
        raise wrong
    try:
        return [_value(kind, value) for kind, value in zip(order.kinds, read[1:], strict=True)]
    except (ValueError, TypeError):
        raise wrong from None


def _value(kind: type, value: Any) -> Any:
    if kind is int and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_INT:
        return value
    if not isinstance(value, str) or "\0" in value or kind is int:
        raise ValueError(kind.__name__)
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("a time without its zone")
        return instant
    read: dict[type, Callable[[str], Any]] = {UUID: UUID, date: date.fromisoformat, str: str}
    return read[kind](value)


class _Edge(Edge[Any]):
    """Its cursor is made when somebody asks for it, which few do: a page's own are enough to go on."""

    @classmethod
    def of(cls, node: Any, order: Order, key: Sequence[Any]) -> Edge[Any]:
        made = object.__new__(cls)
        vars(made).update(node=node, order=order, key=key)
        return made

    @cached_property
    def cursor(self) -> str:  # type: ignore[override]  # read like the attribute that it is of any other edge
        held = vars(self)
        return cursor_of(held["order"], held["key"])


def connection(page: Page[V], order: Order, after: str | None, node: Callable[[V], T]) -> "Connection[T]":
    """A page of rows as a connection of nodes."""
    edges = [_Edge.of(node(row), order, key) for row, key in zip(page.rows, page.keys, strict=True)]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.more,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )
