"""A block is taken or refused exactly as its rows are, and says of a bad one what its row would."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.analytics.scripted import fact, subject
from zamc.analytics.blocks import Block, check_block, facts, of_rows, rows_of
from zamc.analytics.rules import BadReport, FactRow, Grain, Subject, check

FIRST, LAST = date(2027, 3, 1), date(2027, 3, 4)
TEXT = st.sampled_from(["1", "", "a\0b", "9~8", "\\N", "パン"])
ROWS = st.builds(
    FactRow,
    st.builds(
        Subject,
        st.sampled_from(Grain),
        TEXT,
        st.dates(date(2027, 2, 28), date(2027, 3, 5)),
        st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
        segment=TEXT,
        campaign_id=st.none() | TEXT,
        label=st.none() | TEXT,
    ),
    st.integers(-1, 2**63 - 1),
    st.integers(-1, 2**63 - 1),
    st.integers(-(2**63), 2**63 - 1),
)


@given(st.lists(ROWS, min_size=1, max_size=6))
def test_a_block_is_refused_when_and_only_when_one_of_its_rows_is(rows: list[FactRow]) -> None:
    scope: dict[str, Any] = {"currency": "EUR", "first_day": FIRST, "last_day": LAST}
    said = None
    for row in rows:
        try:
            check(row, **scope)
        except BadReport as error:
            said = str(error)
            break
    if said is None:
        check_block(of_rows(rows), **scope)
        return
    with pytest.raises(BadReport) as caught:
        check_block(of_rows(rows), **scope)
    assert str(caught.value) == said


@given(st.lists(ROWS, max_size=6))
def test_rows_come_out_as_they_went_in(rows: list[FactRow]) -> None:
    assert list(rows_of(of_rows(rows))) == rows


def test_columns_become_rows() -> None:
    block = facts(
        Grain.CAMPAIGN,
        {
            "object_id": ["1", "2"], "date": ["2027-03-01", "2027-03-02"], "currency": ["EUR", "EUR"], "campaign_id": ["1", "2"],
            "impressions": [10, 20], "clicks": [1, 2], "spend_micros": [5, -6],
        },
    )  # fmt: skip
    assert [(row.subject.day, row.spend_micros, row.subject.segment, row.subject.label) for row in rows_of(block)] == [
        (date(2027, 3, 1), 5, "", None),
        (date(2027, 3, 2), -6, "", None),
    ]


@pytest.mark.parametrize("day", ["yesterday", "2027-13-01", "", "2027-02-29"])
def test_a_date_that_is_none_is_refused(day: str) -> None:
    columns = {name: [0, 0] for name in ("impressions", "clicks", "spend_micros")}
    with pytest.raises(BadReport, match="for a date"):
        facts(Grain.ACCOUNT, {"object_id": ["1", "1"], "date": ["2027-03-01", day], "currency": ["EUR", "EUR"], **columns})


def test_a_row_without_a_currency_is_refused() -> None:
    nothing = Block(of_rows([fact(subject(day=FIRST))]).frame.clear(1))
    with pytest.raises(BadReport):
        check_block(nothing, currency="EUR", first_day=FIRST, last_day=LAST)
