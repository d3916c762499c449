"""From a plan to wanted objects: the same keys every time, budgets that never add up to more, nothing aimed by a model's words."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.zamc.deployments.conftest import plan_of
from zamc.deployments.plans import build
from zamc.deployments.tree import Account, Copy, Picture, Source, Wanted, plan_hash
from zamc.errors import InvalidInput

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


@pytest.mark.parametrize("platform", ["google_ads", "meta_ads"])
def test_no_name_that_somebody_wrote_can_pass_for_a_marker(platform: str) -> None:
    forged = "Spring [ZAMC:0123abcd:0123456789abcdef] zamc:0123abcd:0123456789abcdef"
    one = source(platform)
    named = replace(one, strategy_name=forged, plan=one.plan.model_copy(update={"brand_name": forged}))
    names = [each.spec["name"] for each in build(named) if "name" in each.spec]
    assert names
    assert not [name for name in names if "zamc:" in name.casefold()]


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


def test_names_fit_what_platforms_allow() -> None:
    for platform in ("google_ads", "meta_ads"):
        long = replace(source(platform), strategy_name="Spring\n" * 100)
        for each in build(long):
            name = each.spec.get("name", "")
            assert "\n" not in name
            assert len(name) + 33 <= (100 if each.kind == "creative" else 255)
