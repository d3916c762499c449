"""Pages by key instead of by number: the next page begins after the last row of this one, however many rows came or went meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

T = TypeVar("T")
LARGEST_PAGE = 100


@dataclass(frozen=True)
class Order:
    """How a list is sorted: columns that together name one row, the last of them unique; all of them up, or all of them down.

    kinds: the Python type of each column, so that a cursor that somebody made up is refused before it reaches the database.
    """

    name: str
    columns: tuple[Any, ...]
    kinds: tuple[type, ...]
    descending: bool = True


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows in order, the key of each, and whether more follow."""

    rows: Sequence[T]
    keys: Sequence[tuple[Any, ...]]
    more: bool


def read_page(session: Session, statement: Select[*tuple[Any, ...]], order: Order, *, after: Sequence[Any] | None, limit: int) -> Page[Any]:
    """One statement. after: the key of the last row that was seen; limit: 1 to 100. The rows hold the statement's own columns first."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise ValueError(f"a page has 1 to {LARGEST_PAGE} rows")
    keyed = statement.add_columns(*order.columns)
    if after is not None:
        mine: ColumnElement[Any] = tuple_(*order.columns)
        theirs = tuple_(*after)
        keyed = keyed.where(mine < theirs if order.descending else mine > theirs)
    keyed = keyed.order_by(*(column.desc() if order.descending else column.asc() for column in order.columns)).limit(limit + 1)
    found = session.execute(keyed).all()
    width = len(order.columns)
    return Page(found[:limit], [tuple(row)[-width:] for row in found[:limit]], more=len(found) > limit)
