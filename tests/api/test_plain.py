"""Plain values are made at once, and come out as graphql-core makes them, mistakes and their places included."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
import pytest
import strawberry
from graphql import ExecutionResult, execute, parse

from api.graphql.plain import Makers, PlainFirst
from api.graphql.schema import executable


@strawberry.enum
class Colour(Enum):
    """Of an apple."""

    RED = "red"


@strawberry.type
class Apple:
    """What is plain: attributes, lists and objects of them."""

    name: str
    weight: int
    colour: Colour | None
    seeds: list[int]
    halves: list["Apple"]

    @strawberry.field
    def ripe(self) -> bool:
        """Somebody has to be asked for this one."""
        return self.weight > 100


APPLE = Apple(name="Boskoop", weight=210, colour=Colour.RED, seeds=[1, 2], halves=[])


@strawberry.type
class Label:
    """What is written without a call of its own where it is just of the expected type."""

    id: UUID
    grown: date
    picked: datetime | None
    price: Decimal
    sugar: float | None
    organic: bool | None


LABEL = {
    "id": UUID(int=7), "grown": date(2026, 9, 1), "picked": datetime(2026, 9, 2, 3, 4, 5, 600, tzinfo=UTC), "price": Decimal("1.50"),
    "sugar": 0.1, "organic": True,
}  # fmt: skip


@dataclass
class Asked:
    """As api.graphql.context.Context, as far as it matters here."""

    makers: Makers | None


def _answers(apple: Any, document: str, kind: type = Apple) -> tuple[ExecutionResult, ExecutionResult, Makers]:
    """By graphql-core alone, by us, and what we put together for it."""

    @strawberry.type
    class Query:
        @strawberry.field(graphql_type=kind)
        def apple(self) -> Any:
            return apple

    schema, parsed, makers = executable(strawberry.Schema(Query)), parse(document), Makers()
    ordinary = execute(schema, parsed)
    for _ in range(2):
        quick = execute(schema, parsed, context_value=Asked(makers), execution_context_class=PlainFirst)
    assert isinstance(ordinary, ExecutionResult)
    assert isinstance(quick, ExecutionResult)
    return ordinary, quick, makers


@pytest.mark.parametrize(
    "document",
    [
        "{ apple { name weight colour seeds } }",
        "{ apple { weight kind: __typename halves { name } called: name } }",
        "{ apple { ...Whole halves { ...Whole } } } fragment Whole on Apple { name colour }",
        "{ apple { name ripe halves { seeds ripe } } }",
        "{ apple { halves { name } } apple { halves { weight halves { colour } } } }",
        "{ apple { ripe } }",
        "{ apple { name @skip(if: true) } }",
    ],
)
def test_the_answer_is_the_same_in_the_same_order(document: str) -> None:
    apple = Apple(name="Elstar", weight=90, colour=None, seeds=[], halves=[APPLE, APPLE])
    ordinary, quick, _ = _answers(apple, document)
    assert ordinary.errors is None
    assert str(quick.data) == str(ordinary.data)
    assert quick.errors is None


def test_what_is_plain_is_put_together_once_and_what_is_not_never() -> None:
    _, _, plain = _answers(APPLE, "{ apple { name halves { weight } } }")
    assert [make is not None for make in plain.values()] == [True]
    _, _, asking = _answers(APPLE, "{ apple { name ripe } }")
    assert list(asking.values()) == [None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None}, {"weight": "heavy"}, {"weight": 2**40}, {"colour": "blue"}, {"seeds": None}, {"seeds": [1, None]}, {"seeds": 7},
        {"halves": [APPLE, None]}, {"name": ValueError("worm")},
    ],
)  # fmt: skip
def test_a_mistake_is_named_where_it_is(wrong: dict[str, Any]) -> None:
    apple = Apple(**{**vars(APPLE), **wrong})
    ordinary, quick, _ = _answers(apple, "{ apple { name weight colour seeds halves { name } } }")
    assert ordinary.errors
    assert [error.formatted for error in quick.errors or ()] == [error.formatted for error in ordinary.errors]
    assert quick.data == ordinary.data


@pytest.mark.parametrize(
    "other",
    [
        {}, {"picked": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))}, {"picked": None}, {"sugar": 3},
        {"grown": datetime(2026, 9, 1, tzinfo=UTC)}, {"id": str(UUID(int=9))}, {"price": 7}, {"organic": None}, {"price": Decimal("1E+3")},
    ],
)  # fmt: skip
def test_what_is_written_without_a_call_is_written_the_same(other: dict[str, Any]) -> None:
    ordinary, quick, makers = _answers(Label(**{**LABEL, **other}), "{ apple { id grown picked price sugar organic } }", Label)
    assert all(makers.values())
    assert (ordinary.errors, quick.errors) == (None, None)
    assert orjson.dumps(quick.data) == orjson.dumps(ordinary.data)


@pytest.mark.parametrize("wrong", [{"sugar": float("nan")}, {"sugar": "sweet"}, {"organic": "yes"}, {"grown": "May"}, {"id": None}])
def test_what_no_answer_can_hold_is_refused_as_ever(wrong: dict[str, Any]) -> None:
    ordinary, quick, _ = _answers(Label(**{**LABEL, **wrong}), "{ apple { id grown sugar organic } }", Label)
    assert ordinary.errors
    assert [error.formatted for error in quick.errors or ()] == [error.formatted for error in ordinary.errors]
    assert orjson.dumps(quick.data) == orjson.dumps(ordinary.data)
