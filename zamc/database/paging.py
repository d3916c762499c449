"""Pages by key instead of by number: the next page begins after the last row of this one, however many rows came or went meanwhile."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Integer, Select, bindparam, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from zamc.database.written import rows, sql_of

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


class KnownPages(Generic[T]):
    """Pages of one list that is asked for often: each of its shapes is written as SQL once, since that costs more than reading a page.

    build: the statement for the names of the values that a caller gives, with a bindparam for each. Rows are what the driver makes of the
    statement's columns, and of those of the order that are not among them. Threads share it.
    """

    def __init__(self, build: Callable[[Collection[str]], Select[*tuple[Any, ...]]]) -> None:
        self._build = build
        self._known: dict[tuple[str, bool, frozenset[str]], _Shape] = {}

    def read(self, session: Session, order: Order, *, after: Sequence[Any] | None, limit: int, **values: Any) -> Page[Any]:
        """One statement. after, limit: as in read_page."""
        if not 1 <= limit <= LARGEST_PAGE:
            raise ValueError(f"a page has 1 to {LARGEST_PAGE} rows")
        named = (order.name, after is not None, frozenset(values))
        shape = self._known.get(named)
        if shape is None:
            shape = self._known[named] = _shape(self._build(values), order, after=after is not None)
        bound = {**shape.constants, **values, **{f"after_{number}": value for number, value in enumerate(after or ())}, "rows": limit + 1}
        found = rows(session, shape.sql, bound)
        return Page(found[:limit], list(map(shape.key, found[:limit])), more=len(found) > limit)


@dataclass(frozen=True)
class _Shape:
    """constants: in the SQL, sent along; key: of a row."""

    sql: str
    constants: Mapping[str, Any]
    key: Callable[[Any], tuple[Any, ...]]


def _shape(statement: Select[*tuple[Any, ...]], order: Order, *, after: bool) -> _Shape:
    known = list(statement.exported_columns)
    places: list[int] = []
    for column in order.columns:
        # What a row has already is not read twice.
        here = [place for place, shown in enumerate(known) if shown is column.expression]
        if not here:
            here = [len(known)]
            known.append(column.expression)
            statement = statement.add_columns(column)
        places.append(here[0])
    if after:
        mine: ColumnElement[Any] = tuple_(*order.columns)
        theirs = tuple_(*(bindparam(f"after_{number}", type_=column.type) for number, column in enumerate(order.columns)))
        statement = statement.where(mine < theirs if order.descending else mine > theirs)
    sorts = (column.desc() if order.descending else column.asc() for column in order.columns)
    sql, constants = sql_of(statement.order_by(*sorts).limit(bindparam("rows", type_=Integer)))
    return _Shape(sql, constants, itemgetter(*places))
