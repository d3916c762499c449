"""Conditions as predicates over values."""

# ruff: noqa: S608 -- the platform's own query language, not SQL

import datetime as dt
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.google.gaql.catalogue import Category, DataType, Field
from sandbox.google.gaql.conditions import like_to_regex, predicate
from sandbox.google.gaql.parser import parse

TODAY = dt.date(2027, 3, 10)


def _holds(data_type: DataType, condition: str, value: Any, *, repeated: bool = False) -> bool:
    field = Field("a.b", Category.ATTRIBUTE, data_type, repeated)
    parsed = parse(f"SELECT a.b FROM c WHERE a.b {condition}").where[0]
    return predicate(field, parsed, TODAY)(value)


@pytest.mark.parametrize(
    ("data_type", "condition", "yes", "no"),
    [
        (DataType.INT64, "= 5", 5, 6),
        (DataType.INT64, "!= 5", None, 5),
        (DataType.INT64, "> 5", 6, 5),
        (DataType.INT64, ">= '5'", 5, None),
        (DataType.INT64, "< 5", 4, 5),
        (DataType.INT64, "<= 5", 5, 6),
        (DataType.INT64, "IN (1, 2)", 2, 3),
        (DataType.INT64, "NOT IN (1, 2)", 3, 2),
        (DataType.INT64, "BETWEEN 1 AND 3", 3, 4),
        (DataType.DOUBLE, "> 0.5", 0.6, 0.5),
        (DataType.STRING, "= 'x'", "x", "X"),
        (DataType.STRING, "LIKE 'a%z'", "ABCZ", "abc"),
        (DataType.STRING, "LIKE '100[%]'", "100%", "1000"),
        (DataType.STRING, "NOT LIKE 'a_'", "abc", "ab"),
        (DataType.STRING, "REGEXP_MATCH '.*[0-9]+'", "ab12", "ab12c"),
        (DataType.STRING, "NOT REGEXP_MATCH 'x.*'", "abc", "xyz"),
        (DataType.STRING, "IS NULL", None, "x"),
        (DataType.STRING, "IS NOT NULL", "x", None),
        (DataType.BOOLEAN, "= FALSE", None, True),
        (DataType.BOOLEAN, "!= true", False, True),
        (DataType.DATE, "DURING LAST_7_DAYS", "2027-03-09 23:59:59", "2027-03-10"),
        (DataType.DATE, ">= '2027-03-01'", "2027-03-01 00:00:00", "2027-02-28 23:59:59"),
        (DataType.DATE, "= '20270301'", "2027-03-01", "2027-03-02"),
    ],
)
def test_a_condition_holds_for_some_values(data_type: DataType, condition: str, yes: Any, no: Any) -> None:
    assert _holds(data_type, condition, yes)
    assert not _holds(data_type, condition, no)


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        ("CONTAINS ANY ('a', 'b')", ["b", "c"], ["c"]),
        ("CONTAINS ALL ('a', 'b')", ["b", "a", "c"], ["a"]),
        ("CONTAINS NONE ('a', 'b')", None, ["a"]),
        ("IS NULL", [], ["a"]),
    ],
)
def test_a_condition_on_a_list_holds_for_some_lists(condition: str, yes: Any, no: Any) -> None:
    assert _holds(DataType.STRING, condition, yes, repeated=True)
    assert not _holds(DataType.STRING, condition, no, repeated=True)


@given(st.integers(), st.integers(), st.integers())
def test_between_is_both_bounds_included(low: int, high: int, value: int) -> None:
    assert _holds(DataType.INT64, f"BETWEEN {low} AND {high}", value) == (low <= value <= high)


@given(st.text("ab%_[]", max_size=12), st.text("ab%_[]", max_size=6))
def test_a_pattern_without_wildcards_matches_itself_alone(text: str, other: str) -> None:
    escaped = "".join(f"[{char}]" if char in "%_[]" else char for char in text)
    pattern = re.compile(like_to_regex(escaped))
    assert pattern.fullmatch(text)
    assert bool(pattern.fullmatch(other)) == (other == text)
