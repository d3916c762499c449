"""Faults are told apart: by name, on their object, after enough data, and not from what happens to everybody."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from zamc.analytics.verdict_kinds_rules import Found, Kind, Measures
from zamc.analytics.verdict_rules import judge
from zamc.analytics.verdict_series_rules import Early, weather, weekday_factors
from zamc.analytics.verdict_words_rules import told

DAYS, CAMPAIGNS, ADS = 60, 5, 10
owner_of = np.repeat(np.arange(CAMPAIGNS), ADS // CAMPAIGNS)
WEEK = np.array([1.1, 1.0, 1.0, 1.0, 1.1, 0.7, 0.6])
SHARE_ONE, SHARE_TWO = 0.5, 0.7


def account(seed: int = 1, *, days: int = DAYS, **factors: Any) -> Measures:
    """Five campaigns of two ads with weekdays and noise. factors: by name, an array[object, day] or anything that broadcasts to it."""
    rng = np.random.default_rng(seed)
    weekdays = np.arange(days) % 7

    def noise(rows: int, size: float) -> Any:
        return np.exp(rng.normal(0, size, (rows, days)))

    volume = 5000 * WEEK[weekdays] * noise(CAMPAIGNS, 0.08) * factors.get("volume", 1.0)
    ad_impressions = rng.poisson(volume[owner_of] * 4).astype(float)
    ad_clicks = rng.poisson(ad_impressions * 0.02 * noise(ADS, 0.04) * factors.get("ctr", 1.0)).astype(float)
    clicks = np.stack([ad_clicks[owner_of == c].sum(axis=0) for c in range(CAMPAIGNS)])
    impressions = np.stack([ad_impressions[owner_of == c].sum(axis=0) for c in range(CAMPAIGNS)])
    final = rng.poisson(clicks * 0.06 * noise(CAMPAIGNS, 0.08) * factors.get("rate", 1.0))
    one = rng.binomial(final, SHARE_ONE)
    two = one + rng.binomial(final - one, (SHARE_TWO - SHARE_ONE) / (1 - SHARE_ONE))
    completeness = np.ones(days)
    completeness[-1], completeness[-2] = SHARE_ONE, SHARE_TWO
    conversions = final.astype(float)
    conversions[:, -1], conversions[:, -2] = one[:, -1], two[:, -2]
    early = Early(one.astype(float), two.astype(float), np.full(days, SHARE_ONE), np.full(days, SHARE_TWO))
    early.two[:, -1] = np.nan
    spend = clicks * 0.8e6 * noise(CAMPAIGNS, 0.05) * factors.get("price", 1.0)
    return Measures(weekdays, impressions, clicks, spend, conversions, completeness, early, ad_impressions, ad_clicks, owner_of)


def lately(rows: int, row: int | None, factor: float, *, days: int = 2) -> Any:
    """1 everywhere, and the factor on the last days of one row (or all)."""
    out = np.ones((rows, DAYS))
    out[slice(None) if row is None else row, -days:] = factor
    return out


def kinds(found: list[Found]) -> set[tuple[Kind, int | None, int | None]]:
    return {(each.kind, each.campaign, each.ad) for each in found}


@pytest.mark.parametrize("seed", range(6))
def test_weekdays_and_noise_are_nobodys_fault(seed: int) -> None:
    assert judge(account(seed))[0] == []


def test_tracking_that_stopped_everywhere_is_told_once_for_the_account() -> None:
    found, _ = judge(account(rate=lately(CAMPAIGNS, None, 0.0)))
    assert kinds(found) == {(Kind.TRACKING_STOPPED, None, None)}


def test_tracking_of_one_campaign_is_told_for_it_and_not_as_its_cost() -> None:
    found, _ = judge(account(rate=lately(CAMPAIGNS, 2, 0.0)))
    assert kinds(found) == {(Kind.TRACKING_STOPPED, 2, None)}


def test_a_pause_is_no_tracking_break() -> None:
    found, _ = judge(account(volume=lately(CAMPAIGNS, 2, 0.02)))
    assert Kind.TRACKING_STOPPED not in {each.kind for each in found}


def test_fewer_conversions_per_click_are_a_cost() -> None:
    found, _ = judge(account(rate=lately(CAMPAIGNS, 1, 0.2)))
    assert kinds(found) == {(Kind.CPA_UP, 1, None)}
    assert found[0].ratio > 2


def test_clicks_that_cost_more_are_a_cost_too() -> None:
    found, _ = judge(account(price=lately(CAMPAIGNS, 1, 4.0)))
    assert (Kind.CPA_UP, 1, None) in kinds(found)


def test_an_ad_that_falls_at_once_is_not_worn_out() -> None:
    found, _ = judge(account(ctr=lately(ADS, 4, 0.45)))
    assert kinds(found) == {(Kind.CTR_DOWN, 2, 4)}


def test_an_ad_that_falls_slowly_is() -> None:
    ctr = np.ones((ADS, DAYS))
    ctr[4] = np.interp(np.arange(DAYS), [0, DAYS - 14, DAYS - 1], [1, 1, 0.5])
    found, _ = judge(account(ctr=ctr))
    assert kinds(found) == {(Kind.FATIGUE, 2, 4)}


@pytest.mark.parametrize(("factor", "kind"), [(3.0, Kind.SPEND_UP), (0.1, Kind.SPEND_DOWN)])
def test_spend_of_one_campaign_is_told_for_it(factor: float, kind: Kind) -> None:
    found, _ = judge(account(volume=lately(CAMPAIGNS, 3, factor)))
    assert kinds(found) == {(kind, 3, None)}


def test_a_day_alone_is_not_told() -> None:
    assert judge(account(volume=lately(CAMPAIGNS, 3, 12.0, days=1)))[0] == []


def test_a_budget_that_we_changed_is_not_told() -> None:
    measures = account(volume=lately(CAMPAIGNS, 3, 3.0))
    assert judge(replace(measures, changed={3: [DAYS - 2]}))[0] == []


def test_what_happens_to_all_campaigns_alike_is_a_season_and_nobodys_fault() -> None:
    found, _ = judge(account(volume=lately(CAMPAIGNS, None, 2.2)))
    assert kinds(found) == {(Kind.SEASON, None, None)}


def test_click_through_that_falls_everywhere_is_no_ads_fault() -> None:
    assert judge(account(ctr=lately(ADS, None, 0.5)))[0] == []


def test_small_objects_are_not_judged() -> None:
    found, _ = judge(account(volume=0.002, rate=lately(CAMPAIGNS, 2, 0.0)))
    assert not {each.kind for each in found} & {Kind.TRACKING_STOPPED, Kind.CPA_UP, Kind.CTR_DOWN, Kind.FATIGUE}


def test_a_short_past_is_not_enough() -> None:
    assert judge(account(days=12)) == ([], set())


def test_what_is_open_is_not_told_again_but_seen_to_last() -> None:
    measures = account(rate=lately(CAMPAIGNS, 2, 0.0, days=6))
    key = (Kind.TRACKING_STOPPED, 2, None, "")
    assert judge(measures, open_since={key: DAYS - 6}) == ([], {key})
    assert judge(account(), open_since={key: DAYS - 6}) == ([], set())


def test_the_days_of_a_fault_do_not_teach_what_is_usual() -> None:
    measures = account(volume=lately(CAMPAIGNS, 3, 3.0, days=24))
    key = (Kind.SPEND_UP, 3, None, "")
    assert judge(measures, open_since={key: DAYS - 24})[1] == {key}
    # Taken for usual days they would have hidden it.
    assert judge(measures, open_since={key: DAYS - 2})[1] == set()


def test_an_action_that_stops_alone_is_told_by_its_name() -> None:
    measures = account()
    whole = measures.conversions.sum(axis=0)
    gone = whole.copy()
    gone[-2:] = 0
    found, _ = judge(
        replace(measures, by_action={"lead": (whole / 2, measures.completeness), "purchase": (gone / 2, measures.completeness)})
    )
    assert [(each.kind, each.action) for each in found] == [(Kind.TRACKING_STOPPED, "purchase")]


def test_an_accounts_weather_is_the_median_of_the_others() -> None:
    logs = np.array([[0.0, 1.0], [0.2, 1.0], [0.4, 1.0], [9.0, np.nan]])
    assert weather(logs)[:, 0] == pytest.approx([0.4, 0.4, 0.2, 0.2])
    assert weather(logs)[3, 1] == 1.0
    assert weather(logs)[0, 1] == 1.0
    assert weather(logs[2:])[0, 0] == 0.0


def test_one_fault_is_nobodys_weather() -> None:
    assert weather(np.array([[0.1], [-2.3], [0.1]]))[:, 0] == pytest.approx([0.0, 0.1, 0.0])


def test_one_bad_day_is_not_a_weekday() -> None:
    counts = np.full((1, 56), 100.0)
    counts[0, 7] = 0
    assert weekday_factors(counts, np.ones((1, 56)), np.arange(56) % 7, np.ones((1, 56), dtype=bool)) == pytest.approx(np.ones(7), abs=0.05)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_verdict_says_its_reason_and_shows_its_numbers(kind: Kind) -> None:
    found = Found(kind, 1, None, 2, 12.0, 40.0, 0.3, 1e-7)
    said = told(found, name="campaign X", currency="EUR", clicks=900, spend_micros=5e8, completeness=0.6, inputs="0" * 64, others=True)
    assert said.title.startswith("campaign X: ")
    assert said.reason.startswith("In the last 2 days ")
    assert "{" not in said.title + said.reason
    assert {"seen", "expected", "ratio", "p", "level", "inputs"} <= said.evidence.keys()
