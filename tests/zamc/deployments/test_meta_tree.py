"""A Meta campaign from a plan: three formats where there is material for them, one budget, in the units that Meta counts in."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.deployments.conftest import EUR, plan_of
from zamc.deployments import meta_money
from zamc.deployments.meta_tree import build_meta
from zamc.deployments.tree import Account, Card, Copy, Picture, Source, Wanted
from zamc.errors import InvalidInput
from zamc.money import Money
from zamc.strategies.budget_rules import minimum_daily

LANGUAGES = ("de", "en")


def copy(language: str, *, cards: int = 3) -> Copy:
    images = [Card(f"Card {n}", "Fresh", f"image/meta_ads/meta_card_{n}/{language}") for n in range(1, cards + 1)]
    return Copy(language, ("One", "Two", "Three"), ("First", "Second"), ("Text",), cards=tuple(images))


def pictures(language: str, *, cards: int = 3, video: bool = True) -> list[Picture]:
    def one(name: str, number: int, *, ratio: float = 1.0, media_type: str = "image/png") -> Picture:
        ref = f"{'video' if media_type == 'video/mp4' else 'image'}/meta_ads/{name}/{language}"
        return Picture(ref, f"{language}{number:02}" * 16, media_type, language, ratio, name)

    found = [one("meta_square", 1), one("meta_story", 2, ratio=0.5625)]
    found += [one(f"meta_card_{number}", 10 + number) for number in range(1, cards + 1)]
    if video:
        found += [one("meta_video_vertical", 20, ratio=0.5625, media_type="video/mp4")]
        found += [one("meta_video_square", 21, media_type="video/mp4")]
    return found


def source(*, level: str = "ad_set", objective: str = "leads", daily: int = 40 * EUR, **changes: Any) -> Source:
    account = changes.pop("account", {})
    copies = changes.pop("copies", tuple(copy(language) for language in LANGUAGES))
    files = changes.pop("pictures", tuple(each for language in LANGUAGES for each in pictures(language)))
    plan = plan_of(**changes)
    channel = next(each for each in plan.channels if each.platform == "meta_ads")
    channel = channel.model_copy(update={"budget_level": level, "objective": objective, "daily_budget_micros": daily})
    return Source(
        project_id=UUID(int=1),
        deployment_id=UUID(int=2),
        strategy_name="Spring",
        plan=plan,
        channel=channel,
        account=Account(UUID(int=3), "meta_ads", "act_1", **{"currency": "EUR", "page_id": "7", "pixel_id": "8", **account}),
        copies=copies,
        pictures=files,
    )


def names(objects: list[Wanted], kind: str) -> list[str]:
    return [each.local_ref for each in objects if each.kind == kind]


def budgets(objects: list[Wanted]) -> list[int | None]:
    return [each.spec["daily_budget"] for each in objects if each.kind == "ad_set"]


def test_each_language_gets_an_ad_per_format_and_what_shows_a_video_comes_last() -> None:
    objects = build_meta(source())
    assert names(objects, "ad_set") == ["de", "en"]
    everything = ["de/image", "en/image", "de/carousel", "en/carousel", "de/video", "en/video"]
    assert names(objects, "creative") == names(objects, "ad") == everything
    assert [each.kind for each in objects[:3]] == ["campaign", "video", "video"]
    assert [each.call for each in objects] == list(range(len(objects)))
    for position, each in enumerate(objects):
        assert set(each.refs.values()) <= {before.obj_key for before in objects[:position]}
    by_ref = {(each.kind, each.local_ref): each for each in objects}
    video = by_ref["creative", "de/video"]
    assert video.refs["video"] == by_ref["video", "video/meta_ads/meta_video_square/de"].obj_key
    assert video.refs["image"] == by_ref["image", "image/meta_ads/meta_square/de"].obj_key
    carousel = by_ref["creative", "en/carousel"]
    assert [card["headline"] for card in carousel.spec["cards"]] == ["Card 1", "Card 2", "Card 3"]
    assert carousel.refs["card_2"] == by_ref["image", "image/meta_ads/meta_card_2/en"].obj_key
    assert objects[0].spec["notes"] == []


def test_a_format_without_material_is_left_out_with_a_note() -> None:
    copies = (copy("de", cards=1), copy("en"))
    objects = build_meta(source(copies=copies, pictures=(*pictures("de", video=False), *pictures("en", cards=1))))
    assert names(objects, "ad") == ["de/image", "en/image", "en/video"]
    assert objects[0].spec["notes"] == [
        "no carousel ad in 'de': 1 of the 2 cards that a carousel needs",
        "no carousel ad in 'en': 1 of the 2 cards that a carousel needs",
        "no video ad in 'de': no approved video",
    ]


def test_a_video_alone_will_do_and_then_the_platform_picks_its_cover() -> None:
    video = Picture("video/meta_ads/meta_video_square/de", "ab" * 32, "video/mp4", "de", 1.0, "meta_video_square")
    objects = build_meta(source(pictures=(video,), languages=["de"]))
    assert [each.kind for each in objects] == ["campaign", "video", "ad_set", "creative", "ad"]
    assert set(objects[3].refs) == {"video"}


def test_a_language_with_nothing_to_show_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'en'"):
        build_meta(source(pictures=tuple(pictures("de"))))


def test_an_old_set_with_one_picture_for_all_languages_shares_it() -> None:
    only = Picture("image/meta_square", "ab" * 32, "image/png", None)
    objects = build_meta(source(copies=(Copy("de", ("H",), (), ("T",)), Copy("en", ("H",), (), ("T",))), pictures=(only,)))
    assert names(objects, "image") == ["image/meta_square"]
    assert names(objects, "ad") == ["de/image", "en/image"]


@pytest.mark.parametrize(
    ("level", "daily", "whole", "parts"),
    [
        ("ad_set", 40 * EUR, None, [2_000, 2_000]),
        ("ad_set", 4_001 * EUR // 100, None, [2_001, 2_000]),
        ("campaign", 40 * EUR, 4_000, [None, None]),
        ("ad_set", 15 * EUR // 10, 150, [None, None]),
    ],
)
def test_one_budget_stands_where_the_channel_says(level: str, daily: int, whole: int | None, parts: list[int | None]) -> None:
    objects = build_meta(source(level=level, daily=daily))
    assert objects[0].spec["daily_budget"] == whole
    assert budgets(objects) == parts
    small = level == "ad_set" and whole is not None
    assert any("below the platform's minimum" in note for note in objects[0].spec["notes"]) is small


@given(st.integers(1, 10**9), st.integers(1, 10), st.sampled_from(["EUR", "JPY", "JOD", "USD", "HUF", "TWD"]))
def test_parts_sum_exactly_to_the_whole_and_the_whole_is_never_above_the_budget(micros: int, parts: int, currency: str) -> None:
    daily = Money(micros * 1_000, currency)
    whole = meta_money.units(daily)
    split = meta_money.split(whole, parts)
    assert sum(split) == whole
    assert max(split) - min(split) <= 1
    assert 0 <= daily.micros - whole * meta_money.unit_micros(currency) < meta_money.unit_micros(currency)
    least = minimum_daily("meta_ads", currency)
    assert meta_money.least_units(least) * meta_money.unit_micros(currency) >= least.micros


@pytest.mark.parametrize(
    ("currency", "amount", "units"),
    [
        ("EUR", "40.00", 4_000),
        ("JPY", "5000", 5_000),
        # ISO 4217 gives these two decimals; Meta counts them whole.
        ("HUF", "5000.00", 5_000),
        ("TWD", "400.00", 400),
        # ISO 4217 gives these three; Meta counts hundredths.
        ("JOD", "7.500", 750),
        ("BHD", "7.509", 750),
    ],
)
def test_budgets_are_counted_as_meta_counts_them(currency: str, amount: str, units: int) -> None:
    money = Money.parse(amount, currency)
    assert meta_money.units(money) == units
    objects = build_meta(source(level="campaign", daily=money.micros, currency=currency, account={"currency": currency}))
    assert objects[0].spec["daily_budget"] == units


def test_a_currency_whose_unit_meta_does_not_document_is_refused() -> None:
    with pytest.raises(InvalidInput, match="KWD"):
        build_meta(source(currency="KWD", account={"currency": "KWD"}))


@pytest.mark.parametrize(
    ("objective", "meta", "goal", "promoted"),
    [
        ("awareness", "OUTCOME_AWARENESS", "REACH", ("7", None, None)),
        ("traffic", "OUTCOME_TRAFFIC", "LINK_CLICKS", (None, None, None)),
        ("leads", "OUTCOME_LEADS", "OFFSITE_CONVERSIONS", (None, "8", "LEAD")),
        ("sales", "OUTCOME_SALES", "OFFSITE_CONVERSIONS", (None, "8", "PURCHASE")),
    ],
)
def test_each_objective_optimises_for_what_it_is_about(
    objective: str, meta: str, goal: str, promoted: tuple[str | None, str | None, str | None]
) -> None:
    objects = build_meta(source(objective=objective))
    ad_set = next(each.spec for each in objects if each.kind == "ad_set")
    assert objects[0].spec["objective"] == meta
    assert (ad_set["optimization_goal"], ad_set["page_id"], ad_set["pixel_id"], ad_set["custom_event_type"]) == (goal, *promoted)


def test_a_special_category_is_declared_and_never_narrowed_to_a_neighbourhood() -> None:
    near: dict[str, Any] = {"geo_targets": [{"name": "Lisbon", "radius_km": 3}], "regions": ["PT"], "languages": ["en"]}
    plain = build_meta(source(**near))
    housing = build_meta(source(**near, special_category="housing"))
    assert plain[0].spec["special_ad_categories"] == []
    assert housing[0].spec["special_ad_categories"] == ["HOUSING"]
    assert housing[0].spec["special_ad_category_country"] == ["PT"]
    radius = [next(each for each in tree if each.kind == "ad_set").spec["places"][0]["radius_km"] for tree in (plain, housing)]
    assert radius == [3, 25]


def test_ads_in_the_european_union_name_who_pays_and_links_carry_ids() -> None:
    inside, outside = build_meta(source(regions=["DE", "US"])), build_meta(source(regions=["US"]))
    assert {each.spec["dsa_name"] for each in inside if each.kind == "ad_set"} == {"Padaria"}
    assert {each.spec["dsa_name"] for each in outside if each.kind == "ad_set"} == {None}
    for each in inside:
        if each.kind == "creative":
            assert "{{campaign.id}}" in each.spec["url_tags"]
            assert ".name}}" not in each.spec["url_tags"]


def test_names_say_brand_strategy_language_and_format_and_leave_room_for_a_marker() -> None:
    objects = build_meta(replace(source(), strategy_name="Spring\n" * 100))
    for each in objects:
        name = each.spec["name"]
        assert len(name) + 33 <= (100 if each.kind == "creative" else 255)
        assert "\n" not in name
    assert next(each.spec["name"] for each in build_meta(source()) if each.kind == "ad") == "Padaria | Spring | de | image"
