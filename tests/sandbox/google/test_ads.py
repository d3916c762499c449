"""Responsive search ads: how many texts, how wide, which URLs, how many enabled."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.google.rules.text import display_width
from tests.sandbox.google.campaigns import DESCRIPTIONS, HEADLINES, names_of, request, whole_campaign
from tests.sandbox.google.world import World, codes, errors

TEXTS = "ad.responsive_search_ad"


def _refusal(world: World, **texts: Any) -> tuple[str, str]:
    wanted = request(world)
    wanted.ad(whole_campaign(world).ad_group, **texts)
    found = errors(wanted.send)
    assert len(found) == 1, found
    return found[0][0], found[0][2].partition(".create.")[2]


@pytest.mark.parametrize(
    ("texts", "code", "path"),
    [
        ({"headlines": HEADLINES[:2]}, "collection_size_error.TOO_FEW", f"{TEXTS}.headlines"),
        ({"headlines": [f"Headline {n}" for n in range(16)]}, "collection_size_error.TOO_MANY", f"{TEXTS}.headlines"),
        ({"descriptions": DESCRIPTIONS[:1]}, "collection_size_error.TOO_FEW", f"{TEXTS}.descriptions"),
        ({"descriptions": [f"Text {n}" for n in range(5)]}, "collection_size_error.TOO_MANY", f"{TEXTS}.descriptions"),
        ({"headlines": [*HEADLINES, "x" * 31]}, "string_length_error.TOO_LONG", f"{TEXTS}.headlines[3].text"),
        ({"descriptions": [*DESCRIPTIONS, "x" * 91]}, "string_length_error.TOO_LONG", f"{TEXTS}.descriptions[2].text"),
        ({"headlines": [*HEADLINES, "あ" * 16]}, "string_length_error.TOO_LONG", f"{TEXTS}.headlines[3].text"),
        ({"headlines": [*HEADLINES, " "]}, "string_length_error.EMPTY", f"{TEXTS}.headlines[3].text"),
        ({"headlines": [*HEADLINES, HEADLINES[0]]}, "asset_error.DUPLICATE_ASSET", f"{TEXTS}.headlines[3].text"),
    ],
)
def test_the_texts_of_an_ad_are_counted_and_measured(world: World, texts: dict[str, Any], code: str, path: str) -> None:
    assert _refusal(world, **texts) == (code, path)


@pytest.mark.parametrize("text", ["x" * 30, "あ" * 15, "é" * 30, "{KeyWord:Software} for you"])
def test_thirty_columns_fit_a_headline(world: World, text: str) -> None:
    wanted = request(world)
    wanted.ad(whole_campaign(world).ad_group, headlines=[*HEADLINES, text])
    assert names_of(wanted.send())[0]


def test_wide_characters_take_two_columns_and_an_insertion_counts_as_its_default() -> None:
    assert display_width("日本語 abc") == 10
    assert display_width("ｱｲｳ") == 3
    assert display_width("e\u0301") == 1
    assert display_width("Buy {KeyWord:shoes} at {CUSTOMIZER.price:9 EUR}") == len("Buy shoes at 9 EUR")


def _with(change: Callable[[Any], None]) -> Callable[[World], list[str]]:
    def refused(world: World) -> list[str]:
        wanted = request(world)
        change(wanted.ad(whole_campaign(world).ad_group).ad)
        return codes(wanted.send)

    return refused


def _paths(ad: Any, path1: str, path2: str = "") -> None:
    ad.responsive_search_ad.path1 = path1
    if path2:
        ad.responsive_search_ad.path2 = path2


def _url(ad: Any, *urls: str) -> None:
    del ad.final_urls[:]
    ad.final_urls.extend(urls)


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (_with(lambda ad: _paths(ad, "x" * 16)), "string_length_error.TOO_LONG"),
        (_with(lambda ad: _paths(ad, "a/b")), "string_format_error.ILLEGAL_CHARS"),
        (_with(lambda ad: _paths(ad, "", "deals")), "ad_error.CANNOT_SET_PATH2_WITHOUT_PATH1"),
        (_with(_url), "field_error.REQUIRED"),
        (_with(lambda ad: _url(ad, "example.com")), "url_field_error.MISSING_PROTOCOL_IN_FINAL_URL"),
        (_with(lambda ad: _url(ad, "ftp://example.com")), "url_field_error.INVALID_PROTOCOL_IN_FINAL_URL"),
        (_with(lambda ad: _url(ad, "https:///x")), "url_field_error.MISSING_HOST_IN_FINAL_URL"),
        (_with(lambda ad: _url(ad, "https://example.com/a b")), "url_field_error.MALFORMED_FINAL_URL"),
        (_with(lambda ad: _url(ad, "https://[")), "url_field_error.MALFORMED_FINAL_URL"),
    ],
)
def test_paths_and_urls_of_an_ad_are_checked(world: World, refused: Callable[[World], list[str]], code: str) -> None:
    assert refused(world) == [code]


def test_all_that_is_wrong_with_an_ad_is_said_at_once(world: World) -> None:
    wanted = request(world)
    ad = wanted.ad(whole_campaign(world).ad_group, headlines=["x" * 31], descriptions=DESCRIPTIONS).ad
    _url(ad)
    assert codes(wanted.send) == ["field_error.REQUIRED", "collection_size_error.TOO_FEW", "string_length_error.TOO_LONG"]


def test_an_ad_group_has_at_most_three_enabled_ads(world: World) -> None:
    group = whole_campaign(world).ad_group
    wanted = request(world)
    for number in range(3):
        wanted.ad(group, headlines=[*HEADLINES, f"Number {number}"])
    assert codes(wanted.send) == ["resource_count_limit_exceeded_error.ADGROUP_LIMIT"]
    paused = wanted.operations[2].ad_group_ad_operation.create
    paused.status = world.client().enums.AdGroupAdStatusEnum.PAUSED
    made = names_of(wanted.send())
    operation = world.client().get_type("AdGroupAdOperation")
    operation.update.resource_name = made[2]
    operation.update.status = world.client().enums.AdGroupAdStatusEnum.ENABLED
    operation.update_mask.paths.append("status")
    service = world.client().get_service("AdGroupAdService")
    call = lambda: service.mutate_ad_group_ads(customer_id=world.customer, operations=[operation])  # noqa: E731
    assert codes(call) == ["resource_count_limit_exceeded_error.ADGROUP_LIMIT"]


def test_repeated_punctuation_is_a_policy_finding_that_can_be_exempted(world: World) -> None:
    from google.ads.googleads.errors import GoogleAdsException

    group = whole_campaign(world).ad_group
    wanted = request(world)
    wanted.ad(group, descriptions=[*DESCRIPTIONS, "Get it now!!"])
    with pytest.raises(GoogleAdsException) as caught:
        wanted.send()
    error = caught.value.failure.errors[0]
    topics = [entry.topic for entry in error.details.policy_finding_details.policy_topic_entries]
    assert error.error_code.policy_finding_error == 2
    operation = wanted.operations[0].ad_group_ad_operation
    operation.policy_validation_parameter.ignorable_policy_topics.extend(topics)
    assert names_of(wanted.send())[0]


def test_equal_texts_of_two_ads_are_one_asset(world: World) -> None:
    group = whole_campaign(world).ad_group
    wanted = request(world)
    wanted.ad(group, headlines=[*HEADLINES, "Only here"])
    wanted.send()
    texts = [row.asset.text_asset.text for row in world.search("SELECT asset.text_asset.text FROM asset")]
    assert sorted(texts) == sorted([*HEADLINES, *DESCRIPTIONS, "Only here"])
