"""Limits, reserves, spacing and documented quotas."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.throttling.quotas import GoogleQuotas, MetaQuotas
from zamc.throttling.rules import Kind, Limit, Usage, closed_for, gap, with_reserve


@given(st.integers(2, 200_000), st.integers(0, 500))
def test_a_reserve_always_leaves_something_to_both(amount: int, at_least: int) -> None:
    limit = with_reserve(amount, 300, at_least=at_least)
    assert limit.shared + limit.reserve == amount
    assert limit.shared > 0
    assert limit.reserve >= min(at_least, amount // 2)


@pytest.mark.parametrize(("amount", "seconds", "reserve"), [(-1, 1, 0), (1, 0, 0), (5, 1, 6), (5, 1, 5), (5, 1, -1)])
def test_a_limit_that_makes_no_sense_is_refused(amount: int, seconds: float, reserve: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit(amount, seconds, reserve)


def test_calls_are_spread_out_more_and_more_above_three_quarters() -> None:
    gaps = [gap(percent) for percent in (0, 75, 80, 90, 99, 100, 250)]
    assert gaps[:2] == [timedelta(0), timedelta(0)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == gaps[-2] == timedelta(seconds=10)


def test_a_named_time_closes_whatever_the_per_cent() -> None:
    assert closed_for(Usage("k", 40, timedelta(minutes=3))) == timedelta(minutes=3)
    assert closed_for(Usage("k", 100)) == timedelta(minutes=1)
    assert closed_for(Usage("k", 99.9, timedelta(0))) is None


def test_google_counts_operations_per_token_and_not_for_standard_access() -> None:
    basic = GoogleQuotas(developer_token="t", level="basic").charges("1", Kind.MUTATE, 7)
    assert [(charge.limit.amount, charge.cost) for charge in basic if charge.limit.amount] == [(15_000, 7)]
    assert not any(charge.limit.amount for charge in GoogleQuotas(developer_token="t", level="standard").charges("1", Kind.READ, 1))
    other = GoogleQuotas(developer_token="u", level="basic").charges("1", Kind.MUTATE, 7)
    assert {charge.key for charge in basic if ":token:" in charge.key}.isdisjoint(charge.key for charge in other)
    assert not any("secret" in charge.key for charge in GoogleQuotas(developer_token="secret", level="basic").charges("1", Kind.READ, 1))


def test_meta_counts_points_hours_and_writes_per_account() -> None:
    quotas = MetaQuotas(app="1", tier="standard")
    write = {charge.key: (charge.limit.amount, charge.limit.seconds, charge.cost) for charge in quotas.charges("act_1", Kind.MUTATE, 1)}
    assert write["meta_ads:act_1"] == (9_000, 300, 3)
    assert write["meta_ads:act_1:ads_management"] == (100_000, 3_600, 1)
    assert write["meta_ads:act_1:writes"] == (100, 1, 1)
    report = {charge.key: charge.limit.amount for charge in quotas.charges("act_1", Kind.INSIGHTS, 1)}
    assert report == {"meta_ads:app:1": 0, "meta_ads:act_1": 9_000, "meta_ads:act_1:ads_insights": 190_000}
    assert [charge.key for charge in quotas.charges("", Kind.READ, 1)] == ["meta_ads:app:1"]
    assert not any(charge.limit.amount for charge in MetaQuotas(app="1", tier="none").charges("act_1", Kind.MUTATE, 1))
