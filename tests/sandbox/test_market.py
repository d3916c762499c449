"""The market's promises: whole numbers that add up, bounded spend, the same answer every time, and a past that stays."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import market
from sandbox.clock import Clock
from sandbox.delivery import MOST_CLICKS, deliver, share_out
from sandbox.economy import CLICK_PRICE, MICROS, Campaign, Cell, Facts, Pool, State, minor_unit_micros, total
from sandbox.store import Store

BEGIN = datetime(2027, 2, 1, tzinfo=UTC)
FOREVER = datetime(2030, 1, 1, tzinfo=UTC)
LATER = datetime(2029, 1, 1, tzinfo=UTC)
DAY = date(2027, 3, 3)

currencies = st.sampled_from(["EUR", "USD", "JPY", "JOD"])
zones = st.sampled_from(["Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles", "UTC"])


def cells(ads: int, words: int) -> tuple[Cell, ...]:
    keys: list[str | None] = [f"w{n}" for n in range(words)] or [None]
    return tuple(Cell(f"g{n % 2}", f"a{n}", word) for n in range(ads) for word in keys)


def campaign(
    platform: str = "meta",
    *,
    currency: str = "EUR",
    zone: str = "Europe/Berlin",
    daily: int = 20 * MICROS,
    live: Sequence[Cell] | None = None,
    key: str = "1",
) -> Campaign:
    state = State(BEGIN, FOREVER, daily, tuple(cells(3, 2) if live is None else live))
    return Campaign(platform, "acc", key, currency, zone, (Pool(key, (state,)),), conversion_value_micros=17 * MICROS)


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    currency = draw(currencies)
    low = CLICK_PRICE[currency][0]
    return campaign(
        draw(st.sampled_from(["google", "meta"])),
        currency=currency,
        zone=draw(zones),
        daily=round(low * draw(st.floats(2, 2000)) * MICROS),
        live=cells(draw(st.integers(1, 5)), draw(st.integers(0, 4))),
        key=str(draw(st.integers(1, 10**6))),
    )


@given(campaigns(), st.integers(0, 5), st.integers(-30, 60))
@settings(max_examples=80, deadline=None)
def test_every_grain_adds_up_and_nothing_is_more_than_it_can_be(given_one: Campaign, seed: int, offset: int) -> None:
    day = deliver(given_one, DAY + timedelta(days=offset), LATER, seed=seed)
    by_ad, by_group = total(list(day.ads.values())), total(list(day.groups.values()))
    assert by_ad == by_group
    if day.keywords:
        assert total(list(day.keywords.values())) == by_group
    assert by_group.cost_micros <= day.campaign.cost_micros
    for facts in (day.campaign, *day.ads.values(), *day.keywords.values()):
        assert facts.conversions <= facts.clicks <= facts.impressions
        assert facts.cost_micros % minor_unit_micros(given_one.currency) == 0
        assert sum(b.conversions for b in facts.conversions_by_lag) == facts.conversions


@given(campaigns(), st.integers(0, 5))
@settings(max_examples=12, deadline=None)
def test_a_day_and_the_platform_s_period_stay_inside_what_it_may_bill(given_one: Campaign, seed: int) -> None:
    daily = given_one.pools[0].states[0].daily_micros
    first, days, most, over = (date(2027, 3, 1), 31, 30.4, 2.0) if given_one.platform == "google" else (date(2027, 2, 28), 7, 7.0, 1.75)
    spent = [deliver(given_one, first + timedelta(days=n), LATER, seed=seed).campaign.cost_micros for n in range(days)]
    assert max(spent) <= over * daily
    assert sum(spent) <= most * daily
    assert sum(spent) >= 0.75 * most * daily


@given(campaigns(), st.lists(st.integers(0, 30 * 3600), min_size=2, max_size=6))
@settings(max_examples=50, deadline=None)
def test_figures_never_fall_while_the_clock_goes_on(given_one: Campaign, seconds: list[int]) -> None:
    moments = [datetime(2027, 3, 2, 20, tzinfo=UTC) + timedelta(seconds=s) for s in sorted(seconds)]
    seen = [deliver(given_one, DAY, now, seed=1) for now in [*moments, LATER]]
    for before, after in pairwise(seen):
        pairs = [(before.campaign, after.campaign), *((facts, after.ads[ad]) for ad, facts in before.ads.items())]
        for old, new in pairs:
            for name in ("impressions", "clicks", "other_clicks", "cost_micros", "conversions", "conversion_value_micros"):
                assert getattr(old, name) <= getattr(new, name)


@given(campaigns(), st.integers(0, 23), st.sampled_from([0, 17]))
@settings(max_examples=40, deadline=None)
def test_what_happens_later_does_not_change_what_was_earned(given_one: Campaign, hour: int, minutes: int) -> None:
    change = datetime(2027, 3, 2, 23, tzinfo=UTC) + timedelta(hours=hour, minutes=minutes)
    (state,) = given_one.pools[0].states
    before = State(BEGIN, change, state.daily_micros, state.cells)
    raised = State(change, FOREVER, state.daily_micros * 3, state.cells[:1])
    edited = replace(given_one, pools=(Pool(given_one.id, (before, raised)),))
    plain, changed = (deliver(one, DAY, change, seed=3) for one in (given_one, edited))
    assert plain.campaign == changed.campaign
    # Inside an hour the lower grains lag behind; they are made up for when it ends, by an edit too.
    assert plain.ads == changed.ads or minutes
    assert all(changed.ads[ad].clicks >= facts.clicks for ad, facts in plain.ads.items())


def test_the_same_question_has_the_same_answer_and_another_seed_another() -> None:
    first, again = deliver(campaign(), DAY, LATER, seed=1), deliver(campaign(), DAY, LATER, seed=1)
    assert first == again
    assert first != deliver(campaign(), DAY, LATER, seed=2)


def test_conversions_come_late_and_most_within_a_week() -> None:
    big = campaign(daily=2000 * MICROS)
    counts = [
        deliver(big, DAY, datetime(2027, 3, 4, tzinfo=UTC) + timedelta(days=n), seed=1).campaign.conversions for n in (0, 1, 3, 7, 28)
    ]
    assert counts == sorted(counts)
    assert 0.3 < counts[0] / counts[-1] < 0.75
    assert counts[-1] > counts[0]


def test_an_untracked_campaign_has_no_conversions() -> None:
    plain = campaign(daily=2000 * MICROS)
    blind = Campaign("meta", "acc", "1", "EUR", "Europe/Berlin", plain.pools, tracked=False)
    assert deliver(blind, DAY, LATER, seed=1).campaign.conversions == 0
    assert deliver(plain, DAY, LATER, seed=1).campaign.conversions > 0


@pytest.mark.parametrize("platform", ["google", "meta"])
@pytest.mark.parametrize(("currency", "low", "high"), [("EUR", 0.4, 1.2), ("USD", 0.5, 1.5), ("JPY", 60, 150)])
def test_rates_and_prices_are_plausible(platform: str, currency: str, low: float, high: float) -> None:
    for key in range(4):
        one = campaign(platform, currency=currency, daily=round(low * 500 * MICROS), key=str(key))
        facts = total([deliver(one, DAY + timedelta(days=n), LATER, seed=5).campaign for n in range(7)])
        assert 0.01 < facts.clicks / facts.impressions < 0.06
        assert low <= facts.cost_micros / MICROS / facts.clicks <= high
        assert 0.01 < facts.conversions / facts.clicks < 0.09


@pytest.mark.parametrize("platform", ["google", "meta"])
def test_four_euros_a_day_still_buy_something(platform: str) -> None:
    for key in range(10):
        small = campaign(platform, daily=4 * MICROS, key=str(key))
        day = deliver(small, DAY, LATER, seed=0)
        assert day.campaign.impressions > 50
        assert day.campaign.clicks >= 2
        assert sum(f.clicks for f in day.ads.values()) >= 1


@pytest.mark.parametrize("platform", ["google", "meta"])
@pytest.mark.parametrize("daily", [10**15, 10**36, 10**400], ids=["a thousand million", "10^30", "beyond a float"])
def test_a_budget_beyond_everybody_buys_what_there_is_and_the_day_ends(platform: str, daily: int) -> None:
    facts = deliver(campaign(platform, daily=daily), DAY, LATER, seed=1).campaign
    assert MOST_CLICKS * 0.5 < facts.clicks <= MOST_CLICKS * 2
    assert facts.cost_micros < 10**12
    assert facts == deliver(campaign(platform, daily=daily * 10), DAY, LATER, seed=1).campaign


def test_about_three_per_cent_are_credited_to_nobody() -> None:
    big = campaign(daily=500 * MICROS)
    days = [deliver(big, DAY + timedelta(days=n), LATER, seed=1) for n in range(10)]
    whole, attributed = total([d.campaign for d in days]), total([f for d in days for f in d.ads.values()])
    for name in ("impressions", "clicks", "cost_micros"):
        assert 0.025 < 1 - getattr(attributed, name) / getattr(whole, name) < 0.035


def test_a_day_of_twenty_three_hours_is_a_whole_day() -> None:
    change = date(2027, 3, 28)
    before = deliver(campaign(), change, datetime(2027, 3, 28, 21, 59, tzinfo=UTC), seed=1).campaign
    after = deliver(campaign(), change, datetime(2027, 3, 28, 22, 1, tzinfo=UTC), seed=1).campaign
    assert after.impressions >= before.impressions > 0
    assert deliver(campaign(), change, LATER, seed=1).campaign.cost_micros == after.cost_micros


@given(st.integers(0, 10**6), st.lists(st.integers(1, 1000), min_size=1, max_size=20), st.randoms())
def test_shares_are_whole_add_up_and_are_fair(amount: int, weights: list[int], random: Random) -> None:
    whole = sum(weights)
    phase = random.randrange(whole)
    shares = share_out(amount, weights, phase)
    assert sum(shares) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - amount * weight / whole) < 1


def test_facts_of_windows_split_clicks_from_views() -> None:
    bucket = market.Bucket
    facts = Facts(conversions_by_lag=(bucket(0, False, 3, 30), bucket(0, True, 1, 10), bucket(6, False, 2, 20), bucket(7, False, 5, 50)))
    assert facts.within(click_days=1) == (3, 30)
    assert facts.within(click_days=7, view_days=1) == (6, 60)
    assert facts.within(click_days=28) == (10, 100)


# --- from the store -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "x.sqlite")
    market.set_seed(made, 3)
    return made


def meta_tree(store: Store, *, end_time: str | None = None) -> str:
    with store.transaction() as tx:
        tx.insert("meta", "act_1", "adaccount", {"currency": "EUR", "timezone_name": "Europe/Berlin"}, id="act_1")
        tx.insert("meta", "act_1", "pixel", {"value_micros": 17 * MICROS})
        key = tx.insert("meta", "act_1", "campaign", {}, status="ACTIVE")
        adset = tx.insert("meta", "act_1", "adset", {"daily_budget": "3000", "end_time": end_time}, parent=key, status="ACTIVE")
        tx.insert("meta", "act_1", "ad", {}, parent=adset, status="ACTIVE")
    return key


def google_tree(store: Store, *, start: str | None = None, end: str | None = None) -> str:
    with store.transaction() as tx:
        tx.insert("google", "77", "customer", {"currency_code": "EUR", "time_zone": "Europe/Berlin"}, id="77")
        budget = tx.insert("google", "77", "campaign_budget", {"amount_micros": 20 * MICROS}, status="ENABLED")
        body = {"campaign_budget": f"customers/77/campaignBudgets/{budget}", "start_date_time": start, "end_date_time": end}
        key = tx.insert("google", "77", "campaign", body, parent=budget, status="ENABLED")
        group = tx.insert("google", "77", "ad_group", {}, parent=key, status="ENABLED")
        tx.insert("google", "77", "ad_group_ad", {}, parent=group, status="ENABLED")
        for text, negative in (("bread", False), ("sourdough", False), ("cake", True)):
            tx.insert(
                "google", "77", "ad_group_criterion", {"keyword": {"text": text}, "negative": negative}, parent=group, status="ENABLED"
            )
    return key


def cost(store: Store, key: str, when: date, clock: Clock) -> int:
    with store.reading() as tx:
        obj = tx.locate("meta", key) or tx.locate("google", key)
        assert obj is not None
        return market.day(tx, obj.platform, obj.account, key, when, clock.now()).campaign.cost_micros


def test_a_flight_bounds_what_is_earned(store: Store) -> None:
    clock = Clock(store, datetime(2027, 3, 1, tzinfo=UTC))
    key = meta_tree(store, end_time="2027-03-03T00:00:00+0100")
    other = google_tree(store, start="2027-03-02 00:00:00", end="2027-03-02 23:59:59")
    clock.advance(10 * 86_400)
    days = [date(2027, 3, n) for n in range(1, 6)]
    assert [cost(store, key, d, clock) > 0 for d in days] == [True, True, False, False, False]
    assert [cost(store, other, d, clock) > 0 for d in days] == [False, True, False, False, False]


def test_an_edit_changes_the_future_and_never_the_past(store: Store) -> None:
    clock = Clock(store, datetime(2027, 3, 1, tzinfo=UTC))
    key = meta_tree(store)
    clock.advance(5 * 86_400)
    past = [cost(store, key, date(2027, 3, n), clock) for n in range(1, 5)]
    with store.transaction() as tx:
        (adset,) = tx.find("meta", "act_1", "adset")
        tx.update(adset, body={**adset.body, "daily_budget": "9000"})
    clock.advance(5 * 86_400)
    assert [cost(store, key, date(2027, 3, n), clock) for n in range(1, 5)] == past
    assert cost(store, key, date(2027, 3, 9), clock) > 2 * max(past)
    with store.transaction() as tx:
        (adset,) = tx.find("meta", "act_1", "adset")
        tx.update(adset, status="PAUSED")
    clock.advance(5 * 86_400)
    assert cost(store, key, date(2027, 3, 13), clock) == 0


def test_a_disabled_account_and_a_disapproved_ad_earn_nothing(store: Store) -> None:
    clock = Clock(store, datetime(2027, 3, 1, tzinfo=UTC))
    key = meta_tree(store)
    for kind, change in (("adaccount", {"account_status": 2}), ("adaccount", {"account_status": 1}), ("ad", {"review": "DISAPPROVED"})):
        clock.advance(2 * 86_400)
        with store.transaction() as tx:
            (obj,) = tx.find("meta", "act_1", kind)
            tx.update(obj, body={**obj.body, **change})
    clock.advance(2 * 86_400)
    assert [cost(store, key, date(2027, 3, n), clock) > 0 for n in (2, 4, 6, 8)] == [True, False, True, False]


def test_google_needs_a_keyword_and_leaves_negative_ones_out(store: Store) -> None:
    clock = Clock(store, datetime(2027, 3, 1, tzinfo=UTC))
    key = google_tree(store)
    clock.advance(3 * 86_400)
    with store.reading() as tx:
        day = market.day(tx, "google", "77", key, date(2027, 3, 2), clock.now())
        assert len(day.keywords) == 2
    with store.transaction() as tx:
        for word in tx.find("google", "77", "ad_group_criterion"):
            tx.update(word, status="PAUSED")
    clock.advance(3 * 86_400)
    assert cost(store, key, date(2027, 3, 5), clock) == 0


def test_a_campaign_that_nobody_knows_earned_nothing(store: Store) -> None:
    with store.reading() as tx:
        assert market.day(tx, "meta", "act_1", "9", DAY, LATER) == market.CampaignDay()


def test_a_store_keeps_its_first_seed(store: Store) -> None:
    assert market.set_seed(store, 99) == 3
    assert market.set_seed(store, None) == 3
