"""Performance Max and Display as wanted objects: what they need, what they share with Search, whom they must not aim at."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.deployments.conftest import EUR, plan_of
from zamc.deployments.google_common import ages
from zamc.deployments.plans import build
from zamc.deployments.tree import Account, Copy, Picture, Source, Wanted
from zamc.errors import InvalidInput
from zamc.strategies.kind_rules import NAMES
from zamc.strategies.schema import Audience, CampaignKind, Channel

HEADLINES = ("Slow bread", "Baked by hand", "Open from six", "Come in", "Five kinds of rye", "Fresh every hour")
DESCRIPTIONS = ("Bread that takes its time", "Rye, wheat and spelt from the mill next door", "Come in before nine")
LONG = ("Bread that takes its time, every day", "Second")
COPIES = tuple(
    Copy(
        language,
        HEADLINES,
        DESCRIPTIONS,
        paths=("bread",),
        long_headlines=("Bread that takes its time, every day", "Second"),
        business_name="Padaria",
    )
    for language in ("de", "en")
)
FLIGHT = ("special_category", "languages", "geo_targets", "landing_page", "starts_on", "ends_on")
GOOGLE: tuple[CampaignKind, ...] = ("search", "performance_max", "display")


def pictures(*, logos: bool = True) -> tuple[Picture, ...]:
    sizes = {"google_landscape": 1200 / 628, "google_square": 1.0, "google_portrait": 0.8}
    made = [
        Picture(f"image/google_ads/{name}/{language}", f"{number}{language}".ljust(64, "0"), "image/png", language, ratio, name)
        for number, (name, ratio) in enumerate(sizes.items())
        for language in ("de", "en")
    ]
    if logos:
        made += [
            Picture(f"image/google_ads/{name}", name.ljust(64, "0"), "image/png", None, ratio, name)
            for name, ratio in (("google_logo", 1.0), ("google_logo_wide", 4.0))
        ]
    return tuple(made)


def channel(kind: CampaignKind, *, daily: int = 20 * EUR, goal: str = "leads") -> Channel:
    forecast = {name: {"low": "1", "mid": "2", "high": "3"} for name in ("impressions", "clicks", "conversions")}
    platform = "meta_ads" if kind == "meta" else "google_ads"
    fields = {"platform": platform, "kind": kind, "share": "0.25", "daily_budget_micros": daily, "objective": goal, "forecast": forecast}
    return Channel.model_validate(fields)


def source(kind: CampaignKind, **changes: Any) -> Source:
    flight = {key: value for key, value in changes.items() if key in FLIGHT}
    own = {key: value for key, value in changes.items() if key in ("copies", "pictures", "strategy_name")}
    plan = plan_of(channels=[channel(kind, goal=changes.get("goal", "leads"))], **flight)
    if audiences := changes.get("audiences"):
        plan = plan.model_copy(update={"pitch": plan.pitch.model_copy(update={"audiences": audiences})})
    account = Account(UUID(int=3), "google_ads", "1234567890", "EUR", conversion_action=changes.get("conversion_action", "99"))
    fields = {"strategy_name": "Spring", "copies": COPIES, "pictures": pictures(), **own}
    return Source(project_id=UUID(int=1), deployment_id=UUID(int=2), plan=plan, channel=plan.channels[0], account=account, **fields)


def people(low: int, high: int) -> list[Audience]:
    return [Audience(name="Some", description="People", age_min=low, age_max=high)]


def of_kind(objects: list[Wanted], kind: str) -> list[dict[str, Any]]:
    return [dict(each.spec) for each in objects if each.kind == kind]


@pytest.mark.parametrize("kind", GOOGLE)
def test_every_kind_is_one_call_with_its_name_its_aim_and_ids_to_track_by(kind: CampaignKind) -> None:
    objects = build(source(kind))
    assert {each.call for each in objects} == {0}
    [campaign] = of_kind(objects, "campaign")
    assert campaign["name"] == f"Padaria | Spring | {NAMES[kind]}"
    assert campaign["channel_type"] == kind.upper()
    assert campaign["countries"] == ["DE", "NL"]
    assert campaign["languages"] == ["de", "en"]
    assert campaign["contains_eu_political_advertising"] is False
    assert "utm_campaign={campaignid}" in campaign["url_suffix"]
    assert "name" not in campaign["url_suffix"]
    [budget] = of_kind(objects, "budget")
    assert budget["amount_micros"] == 20 * EUR
    before: set[UUID] = set()
    for each in objects:
        assert set(each.refs.values()) <= before
        before.add(each.obj_key)


def test_a_performance_max_campaign_has_an_asset_group_per_language_and_the_brand_on_the_campaign() -> None:
    objects = build(source("performance_max", goal="sales"))
    assert [f"{each.kind}:{each.local_ref}" for each in objects] == [
        "budget:budget", "campaign:campaign", "asset_group:de", "asset_group:en"
    ]  # fmt: skip
    [campaign] = of_kind(objects, "campaign")
    assert campaign["bidding"] == "conversion_value"
    assert campaign["brand"]["business_name"] == "Padaria"
    assert {field: len(found) for field, found in campaign["brand"]["logos"].items()} == {"LOGO": 1, "LANDSCAPE_LOGO": 1}
    german = of_kind(objects, "asset_group")[0]
    assert {field: len(texts) for field, texts in german["texts"].items()} == {"HEADLINE": 6, "LONG_HEADLINE": 2, "DESCRIPTION": 3}
    assert {field: len(found) for field, found in german["images"].items()} == {
        "MARKETING_IMAGE": 1, "SQUARE_MARKETING_IMAGE": 1, "PORTRAIT_MARKETING_IMAGE": 1
    }  # fmt: skip
    assert german["search_themes"] == ["bread de"]
    assert "{adgroupid}" not in german["url_suffix"]


def test_a_display_campaign_has_one_responsive_ad_per_language() -> None:
    objects = build(source("display"))
    assert [each.kind for each in objects] == ["budget", "campaign", "ad_group", "ad", "ad_group", "ad"]
    first = of_kind(objects, "ad")[0]
    assert first["headlines"] == list(HEADLINES[:5])
    assert first["long_headline"] == "Bread that takes its time, every day"
    assert {field: len(found) for field, found in first["images"].items()} == {
        "marketing_images": 1, "square_marketing_images": 1, "square_logo_images": 1, "logo_images": 1
    }  # fmt: skip
    assert of_kind(objects, "ad_group")[0]["keywords"] == [{"text": "bread de", "match_type": "BROAD"}]


def test_a_display_ad_without_a_logo_goes_without_and_performance_max_cannot() -> None:
    ad = of_kind(build(source("display", pictures=pictures(logos=False))), "ad")[0]
    assert (ad["images"]["square_logo_images"], ad["images"]["logo_images"]) == ([], [])
    with pytest.raises(InvalidInput, match="google_logo"):
        build(source("performance_max", pictures=pictures(logos=False)))


def test_sets_of_the_time_before_long_headlines_and_placements_still_work() -> None:
    old = tuple(replace(copy, long_headlines=(), business_name="") for copy in COPIES)
    unnamed = tuple(replace(each, placement="") for each in pictures(logos=False))
    ad = of_kind(build(source("display", copies=old, pictures=unnamed)), "ad")[0]
    assert (ad["long_headline"], ad["business_name"]) == (DESCRIPTIONS[0], "Padaria")
    assert len(ad["images"]["marketing_images"]) == 1


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("performance_max", {"conversion_action": None}, "ad_account.conversion_action"),
        ("performance_max", {"copies": (replace(COPIES[0], headlines=HEADLINES[:2]), COPIES[1])}, "creatives"),
        ("performance_max", {"copies": (replace(COPIES[0], descriptions=DESCRIPTIONS[:1]), COPIES[1])}, "creatives"),
        ("performance_max", {"pictures": tuple(each for each in pictures() if each.placement != "google_square")}, "creatives"),
        ("display", {"pictures": tuple(each for each in pictures() if each.language != "en")}, "creatives"),
        ("display", {"copies": COPIES[:1]}, "creatives"),
        ("search", {"languages": ["de", "fr"], "copies": (*COPIES, replace(COPIES[0], language="fr"))}, "plan.pitch.keywords"),
    ],
)
def test_what_a_kind_cannot_exist_without_is_named(kind: CampaignKind, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        build(source(kind, **changes))
    assert refused.value.field == field


@given(st.integers(18, 65), st.integers(18, 65))
def test_an_age_range_is_in_when_an_audience_touches_it(one: int, other: int) -> None:
    low, high = min(one, other), max(one, other)
    chosen = ages(source("display", audiences=people(low, high)))
    everybody: list[list[int | None]] = [[18, 24], [25, 34], [35, 44], [45, 54], [55, 64], [65, None]]
    touched = [each for each in everybody if any((each[0] or 0) <= age <= (each[1] or 99) for age in range(low, high + 1))]
    assert chosen == ([] if touched == everybody else touched)


@pytest.mark.parametrize("category", ["housing", "employment", "credit", "financial"])
@pytest.mark.parametrize("kind", ["performance_max", "display"])
def test_special_categories_are_not_aimed_by_age(kind: CampaignKind, category: str) -> None:
    group = "asset_group" if kind == "performance_max" else "ad_group"
    assert of_kind(build(source(kind, audiences=people(25, 34))), group)[0]["ages"] == [[25, 34]]
    aimed = build(source(kind, audiences=people(25, 34), special_category=category))
    assert all(each["ages"] == [] for each in of_kind(aimed, group))


def test_without_conversions_display_buys_clicks() -> None:
    assert of_kind(build(source("display", conversion_action=None)), "campaign")[0]["bidding"] == "clicks"
    assert of_kind(build(source("display", goal="awareness")), "campaign")[0]["bidding"] == "clicks"
    assert of_kind(build(source("display")), "campaign")[0]["bidding"] == "conversions"


@pytest.mark.parametrize("kind", GOOGLE)
def test_names_leave_room_for_the_marker(kind: CampaignKind) -> None:
    for each in build(source(kind, strategy_name="Spring\n" * 100)):
        name = each.spec.get("name", "")
        assert "\n" not in name
        assert len(name) + 33 <= (128 if each.kind == "asset_group" else 255)


def test_shares_are_decimals_of_the_whole() -> None:
    assert channel("display").share == Decimal("0.25")
