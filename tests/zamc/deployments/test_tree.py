"""From a plan to wanted objects: the same keys every time, budgets that never add up to more, nothing aimed by a model's words."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.deployments.conftest import EUR, plan_of
from zamc.deployments.meta_tree import split_minor_units
from zamc.deployments.plans import build
from zamc.deployments.tree import Account, Copy, Picture, Source, Wanted, plan_hash
from zamc.errors import InvalidInput
from zamc.money import Money
from zamc.strategies.budget_rules import minimum_daily

COPIES = tuple(Copy(language, ("One", "Two", "Three"), ("First", "Second"), ("Text",), ("path",)) for language in ("de", "en", "ja"))
PICTURE = Picture("image/meta_square/de", "ab" * 32, "image/png", None)


def source(platform: str, **changes: Any) -> Source:
    account = changes.pop("account", {})
    plan = plan_of(**changes)
    return Source(
        project_id=UUID(int=1),
        deployment_id=UUID(int=2),
        strategy_name="Spring",
        plan=plan,
        channel=next(channel for channel in plan.channels if channel.platform == platform),
        account=Account(UUID(int=3), platform, "act_1", **{"currency": "EUR", "page_id": "7", "pixel_id": "8", **account}),
        copies=COPIES,
        pictures=(PICTURE,),
    )


def kinds(objects: list[Wanted]) -> list[str]:
    return [f"{each.kind}:{each.local_ref}" for each in objects]


def test_a_search_campaign_is_one_call_with_an_ad_group_per_language() -> None:
    objects = build(source("google_ads"))
    assert kinds(objects) == ["budget:budget", "campaign:campaign", "ad_group:de", "ad:de/1", "ad_group:en", "ad:en/1"]
    assert {each.call for each in objects} == {0}
    campaign = objects[1]
    assert campaign.refs == {"budget": objects[0].obj_key}
    assert campaign.spec["contains_eu_political_advertising"] is False
    assert "{campaignid}" in campaign.spec["url_suffix"]
    assert objects[2].spec["keywords"] == [{"text": "bread de", "match_type": "PHRASE"}]


def test_a_meta_campaign_is_a_call_per_object_and_shares_a_picture() -> None:
    objects = build(source("meta_ads"))
    assert kinds(objects) == [
        "campaign:campaign", f"image:{PICTURE.local_ref}", "ad_set:de", "creative:de/1", "ad:de/1", "ad_set:en", "creative:en/1", "ad:en/1"
    ]  # fmt: skip
    assert [each.call for each in objects] == list(range(8))
    assert objects[0].spec["daily_budget"] is None
    assert [each.spec["daily_budget"] for each in objects if each.kind == "ad_set"] == [2_000, 2_000]
    assert {each.spec["dsa_name"] for each in objects if each.kind == "ad_set"} == {"Padaria"}
    parents = {each.obj_key for each in objects}
    for position, each in enumerate(objects):
        assert set(each.refs.values()) <= {before.obj_key for before in objects[:position]} <= parents


def test_planning_twice_is_planning_once_and_any_change_changes_the_hash() -> None:
    first, second = build(source("google_ads")), build(source("google_ads"))
    assert [each.obj_key for each in first] == [each.obj_key for each in second]
    assert plan_hash("s", first) == plan_hash("s", second)
    other = build(source("google_ads", landing_page="https://example.org/other"))
    assert [each.obj_key for each in first] == [each.obj_key for each in other]
    assert len({plan_hash("s", first), plan_hash("s", other), plan_hash("t", first)}) == 3


def test_another_deployment_has_other_keys() -> None:
    one = source("meta_ads")
    keys = {each.obj_key for each in build(one)}
    assert keys.isdisjoint(each.obj_key for each in build(replace(one, deployment_id=UUID(int=9))))


def test_places_take_the_place_of_countries() -> None:
    places = [{"name": "Lisbon", "radius_km": 3}]
    for platform, kind in (("google_ads", "campaign"), ("meta_ads", "ad_set")):
        [spec] = {
            id(each.spec): each.spec for each in build(source(platform, geo_targets=places, languages=["en"])) if each.kind == kind
        }.values()
        assert spec["countries"] == []
        assert spec["places"] == [{"name": "Lisbon", "radius_km": 3, "country": "DE"}]


@pytest.mark.parametrize(
    ("platform", "changes", "field"),
    [
        ("meta_ads", {"account": {"page_id": None}}, "ad_account.page_id"),
        ("meta_ads", {"account": {"pixel_id": None}}, "ad_account.pixel_id"),
        ("google_ads", {"account": {"currency": "USD"}}, "currency"),
        ("google_ads", {"languages": ["de", "fr"]}, "creatives"),
        ("meta_ads", {"languages": ["fr"]}, "creatives"),
    ],
)
def test_what_a_platform_needs_and_is_not_there_is_named(platform: str, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        build(source(platform, **changes))
    assert refused.value.field == field


@given(st.integers(1, 10**9), st.integers(1, 10), st.sampled_from(["EUR", "JPY", "JOD", "USD"]))
def test_a_split_budget_never_adds_up_to_more_and_no_part_is_below_the_minimum(units: int, parts: int, currency: str) -> None:
    daily = Money(units * Money(0, currency).minor_unit_micros, currency)
    split = split_minor_units(daily, parts)
    if split is None:
        assert units // parts < minimum_daily("meta_ads", currency).minor_units()
        return
    assert sum(split) == units
    assert max(split) - min(split) <= 1
    if parts > 1:
        assert min(split) >= minimum_daily("meta_ads", currency).minor_units()


def test_a_budget_too_small_to_split_stands_on_the_campaign() -> None:
    made = source("meta_ads")
    small = replace(made, channel=made.channel.model_copy(update={"daily_budget_micros": 15 * EUR // 10}))
    objects = build(small)
    assert objects[0].spec["daily_budget"] == 150
    assert {each.spec["daily_budget"] for each in objects if each.kind == "ad_set"} == {None}


def test_names_fit_what_platforms_allow() -> None:
    for platform in ("google_ads", "meta_ads"):
        long = replace(source(platform), strategy_name="Spring\n" * 100)
        for each in build(long):
            name = each.spec.get("name", "")
            assert "\n" not in name
            assert len(name) + 33 <= (100 if each.kind == "creative" else 255)
