"""Changes of what is live: shown, applied by their hash, sent, read back, and money that follows."""

from datetime import date
from typing import Any

import pytest

from tests.zamc.deployments.changing import applied, budgets_of, carry, id_of, live, planned, specs
from tests.zamc.deployments.conftest import EUR, Stage
from zamc.errors import Conflict, InvalidInput, NotFound, SpendRefused

__all__ = ["live"]


def test_a_plan_shows_the_difference_and_sends_and_reserves_nothing(live: Stage) -> None:
    held = live.reserved()
    live.google.calls.clear()
    shown = planned(live, daily_budget_micros=70 * EUR)
    [difference] = shown.differences
    assert (difference.kind, difference.field, difference.seen, difference.recorded, difference.wanted) == (
        "budget", "amount_micros", 60 * EUR, 60 * EUR, 70 * EUR,
    )  # fmt: skip
    assert (shown.held_before["day"], shown.held_after["day"], shown.refusal) == (120 * EUR, 140 * EUR, "")
    assert live.reserved() == held
    assert [method for method, _ in live.google.calls] == ["values"]
    assert live.deployment("google_ads").generation == shown.generation


def test_a_raise_is_reserved_before_it_is_sent_and_done_when_it_is_read_back(live: Stage) -> None:
    before = live.deployment("google_ads")
    held: list[int] = []
    live.google.during["update"] = lambda: held.append(live.reserved()["day"])
    applied(live, planned(live, daily_budget_micros=70 * EUR))
    assert live.reserved()["day"] == 210 * EUR
    live.service().carry_changes()
    assert held == [210 * EUR]
    assert budgets_of(live) == [70 * EUR]
    row = live.deployment("google_ads")
    assert (row.daily_budget_micros, row.status, row.generation) == (70 * EUR, "live", before.generation + 1)
    assert row.plan_hash == row.approved_hash != before.plan_hash
    assert [operation.state for operation in live.operations(verb="update")] == ["done"]
    assert live.events()[-2:] == ["zamc.deployment.changed", "zamc.budget.changed"]
    assert live.service().watch().counts["drifted"] == 0


def test_a_decrease_reserves_nothing_and_gives_back_only_after_the_read_back(live: Stage) -> None:
    month = f"{live.clock.business:%Y-%m}"
    held = live.reserved()
    live.google.fail("update", "after_commit")
    applied(live, planned(live, daily_budget_micros=30 * EUR))
    live.service().carry_changes()
    assert live.reserved() == held
    carry(live)
    assert budgets_of(live) == [30 * EUR]
    assert live.reserved()[month] < held[month]
    assert live.reserved()["total"] < held["total"]
    assert live.deployment("google_ads").daily_budget_micros == 30 * EUR


def test_meta_gets_its_budgets_one_call_at_a_time_and_they_sum_to_what_was_asked(live: Stage) -> None:
    applied(live, planned(live, "meta_ads", daily_budget_micros=45 * EUR))
    live.service().carry_changes()
    assert sum(budgets_of(live, "meta_ads")) == 45 * EUR
    assert live.deployment("meta_ads").daily_budget_micros == 45 * EUR
    assert {operation.state for operation in live.operations(verb="update")} == {"done"}


@pytest.mark.parametrize("platform", ["google_ads", "meta_ads"])
def test_an_end_moves_in_and_out(live: Stage, platform: str) -> None:
    held = live.reserved()["total"]
    applied(live, planned(live, platform, ends_on=date(2026, 12, 5)))
    live.service().carry_changes()
    assert set(specs(live, platform, "ends_on")) == {"2026-12-05"}
    assert live.deployment(platform).ends_on == date(2026, 12, 5)
    assert live.reserved()["total"] < held
    applied(live, planned(live, platform, ends_on=date(2026, 12, 20)))
    assert live.reserved()["total"] == held
    live.service().carry_changes()
    assert live.deployment(platform).ends_on == date(2026, 12, 20)


def test_applying_twice_is_applying_once(live: Stage) -> None:
    shown = planned(live, daily_budget_micros=70 * EUR)
    first = applied(live, shown)
    assert applied(live, shown).id == first.id
    live.service().carry_changes()
    assert applied(live, shown).state == "done"
    assert [method for method, _ in live.google.calls].count("update") == 1


def test_a_plan_of_version_1_is_not_applied_to_version_2(live: Stage) -> None:
    first, second = planned(live, daily_budget_micros=70 * EUR), planned(live, daily_budget_micros=65 * EUR)
    applied(live, second)
    live.service().carry_changes()
    with pytest.raises(Conflict):
        applied(live, first)
    assert budgets_of(live) == [65 * EUR]
    with pytest.raises(NotFound):
        live.service().apply_change(id_of(live), "0" * 64, by="anna")


def test_nothing_is_applied_when_the_platform_moved(live: Stage) -> None:
    shown = planned(live, daily_budget_micros=70 * EUR)
    next(thing for thing in live.google.things.values() if thing.kind == "budget").budget_micros = 61 * EUR
    with pytest.raises(Conflict, match="moved"):
        applied(live, shown)


def test_nothing_is_applied_when_the_policy_moved(live: Stage) -> None:
    shown = planned(live, daily_budget_micros=70 * EUR)
    live.allow(daily=205, monthly=8_000)
    with pytest.raises(Conflict, match="moved"):
        applied(live, shown)
    assert "above the cap" in planned(live, daily_budget_micros=70 * EUR).refusal


def test_what_the_policy_does_not_allow_is_shown_and_never_applied(live: Stage) -> None:
    shown = planned(live, daily_budget_micros=600 * EUR)
    assert shown.refusal
    with pytest.raises(SpendRefused):
        applied(live, shown)
    assert live.operations(verb="update") == []


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ({"daily_budget_micros": 0}, "out of range"),
        ({"daily_budget_micros": -5 * EUR}, "out of range"),
        ({"daily_budget_micros": 2**63}, "out of range"),
        ({"daily_budget_micros": 10_000}, "minimum"),
        ({"daily_budget_micros": 1_234_567}, "minor units"),
        ({"ends_on": date(2020, 1, 1)}, "has passed"),
        ({"ends_on": date(2099, 1, 1)}, "or earlier"),
        ({"daily_budget_micros": 60 * EUR}, "nothing would change"),
        ({"fields": {("ad", "de/1", "headlines"): ["New"]}}, "new set of creatives"),
        ({"fields": {("campaign", "campaign", "countries"): ["FR"]}}, "does not let it change"),
        ({"fields": {("budget", "budget", "amount_micros"): 1}}, "is money"),
        ({"fields": {("campaign", "campaign", "ends_on"): "2027-01-31"}}, "end of the whole deployment"),
        ({"fields": {("campaign", "campaign", "ends_on"): None}}, "end of the whole deployment"),
        ({"fields": {("campaign", "campaign", "name"): ""}}, "1 to 200"),
        ({"fields": {("campaign", "campaign", "name"): {"of": "it"}}}, "1 to 200"),
        ({"fields": {("campaign", "campaign", "name"): "Spring\x00"}}, "on one line"),
        ({"fields": {("campaign", "campaign", "name"): "Half a sign \ud83d"}}, "on one line"),
        ({"fields": {("campaign", "campaign", "name"): "Mine [zamc:0123abcd:0123456789abcdef]"}}, "marks what is ours"),
        ({"fields": {("campaign", "campaign", "negative_keywords"): ["free", "Free"]}}, "names 'free' twice"),
        ({"fields": {("ad_group", "de", "keywords"): "fresh bread"}}, "must be a list"),
        ({"fields": {("ad_group", "de", "keywords"): [{"text": 5, "match_type": "EXACT"}]}}, "must be a list"),
        ({"fields": {("ad_group", "de", "keywords"): [{"text": "bread", "match_type": "EXACT", "bid": 9}]}}, "must be a list"),
        ({"fields": {("ad_group", "de", "keywords"): [{"text": word, "match_type": "EXACT"} for word in ("bread", "Bread")]}}, "twice"),
        ({"fields": {("nothing", "x", "name"): "y"}}, "no object"),
    ],
)
def test_what_cannot_change_is_refused_with_its_reason(live: Stage, wanted: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        planned(live, **wanted)
    assert [method for method, _ in live.google.calls].count("update") == 0


def test_a_creative_of_meta_never_changes(live: Stage) -> None:
    creative = next(row.local_ref for row in live.objects() if row.kind == "creative")
    with pytest.raises(InvalidInput, match="never changes once it is made"):
        planned(live, "meta_ads", fields={("creative", creative, "headline"): "New"})


def test_names_and_keywords_change_in_place(live: Stage) -> None:
    words = [{"text": "fresh bread", "match_type": "EXACT"}]
    applied(live, planned(live, fields={("campaign", "campaign", "name"): "Bread", ("ad_group", "de", "keywords"): words}))
    live.service().carry_changes()
    assert live.google.campaigns()[0].name.startswith("Bread [zamc:")
    assert words in specs(live, "google_ads", "keywords")
