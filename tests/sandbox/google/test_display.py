"""Responsive display ads: texts, pictures, colours, and where they may stand."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.google.campaigns import Media, media, whole_campaign, whole_display
from tests.sandbox.google.changes import refusal
from tests.sandbox.google.world import World

Spoil = Callable[[Media, Any], None]


def test_a_whole_campaign_is_made_and_read_back(world: World) -> None:
    campaign, _, ad = whole_display(world)
    [row] = world.search(
        "SELECT campaign.advertising_channel_type, ad_group.type, ad_group_ad.ad.type, ad_group_ad.ad.responsive_display_ad.business_name,"
        " ad_group_ad.ad.responsive_display_ad.marketing_images, ad_group_ad.policy_summary.approval_status,"
        " ad_group_ad.primary_status, campaign.network_settings.target_content_network FROM ad_group_ad"
    )
    enums = world.client().enums
    assert (row.campaign.resource_name, row.ad_group_ad.resource_name) == (campaign, ad)
    assert row.ad_group.type_ == enums.AdGroupTypeEnum.DISPLAY_STANDARD
    assert row.ad_group_ad.ad.type_ == enums.AdTypeEnum.RESPONSIVE_DISPLAY_AD
    assert row.ad_group_ad.ad.responsive_display_ad.business_name == "Blender"
    assert row.ad_group_ad.ad.responsive_display_ad.marketing_images[0].asset.startswith("customers/1234567890/assets/1")
    assert row.ad_group_ad.policy_summary.approval_status == enums.PolicyApprovalStatusEnum.APPROVED
    assert row.ad_group_ad.primary_status == enums.AdGroupAdPrimaryStatusEnum.ELIGIBLE
    assert row.campaign.network_settings.target_content_network


def _put(name: str, value: Any) -> Spoil:
    return lambda _, ad: setattr(ad.ad.responsive_display_ad, name, value)


def _clear(name: str) -> Spoil:
    return lambda _, ad: ad.ad.responsive_display_ad.ClearField(name)


def _more(name: str, number: int, text: str = "Text") -> Spoil:
    def spoil(_: Media, ad: Any) -> None:
        for n in range(number):
            getattr(ad.ad.responsive_display_ad, name).add(text=f"{text} {n}")

    return spoil


def _first(name: str, text: str) -> Spoil:
    return lambda _, ad: setattr(getattr(ad.ad.responsive_display_ad, name)[0], "text", text)


def _picture(name: str, width: int, height: int) -> Spoil:
    def spoil(wanted: Media, ad: Any) -> None:
        # What an ad names must be made before it.
        last = wanted.operations.pop()
        asset = wanted.image("Other", width, height)
        wanted.operations.append(last)
        getattr(last.ad_group_ad_operation.create.ad.responsive_display_ad, name).add(asset=asset)

    return spoil


ADS = [
    (_clear("headlines"), "collection_size_error.TOO_FEW", "headlines"),
    (_more("headlines", 5), "collection_size_error.TOO_MANY", "headlines"),
    (_more("descriptions", 5), "collection_size_error.TOO_MANY", "descriptions"),
    (_first("headlines", "x" * 31), "string_length_error.TOO_LONG", "headlines[0].text"),
    (_first("descriptions", "漢" * 46), "string_length_error.TOO_LONG", "descriptions[0].text"),
    (_first("headlines", " "), "string_length_error.EMPTY", "headlines[0].text"),
    (_first("headlines", "Wow!!"), "policy_finding_error.POLICY_FINDING", "headlines[0].text"),
    (_clear("long_headline"), "field_error.REQUIRED", "long_headline"),
    (_clear("business_name"), "field_error.REQUIRED", "business_name"),
    (_put("business_name", "x" * 26), "string_length_error.TOO_LONG", "business_name"),
    (_put("call_to_action_text", "x" * 31), "string_length_error.TOO_LONG", "call_to_action_text"),
    (_put("main_color", "#ffffff"), "field_error.REQUIRED", "accent_color"),
    (_put("allow_flexible_color", False), "ad_error.CANNOT_SET_ALLOW_FLEXIBLE_COLOR_FALSE", "allow_flexible_color"),
    (_clear("marketing_images"), "collection_size_error.TOO_FEW", "marketing_images"),
    (_clear("square_marketing_images"), "collection_size_error.TOO_FEW", "square_marketing_images"),
    (_picture("marketing_images", 600, 400), "image_error.ASPECT_RATIO_NOT_ALLOWED", "marketing_images[1].asset"),
    (
        _picture("square_marketing_images", 299, 299),
        "asset_link_error.IMAGE_NOT_WITHIN_SPECIFIED_DIMENSION_RANGE",
        "square_marketing_images[1].asset",
    ),
    (_picture("logo_images", 300, 300), "image_error.ASPECT_RATIO_NOT_ALLOWED", "logo_images[0].asset"),
]


@pytest.mark.parametrize(("spoil", "code", "path"), ADS)
def test_an_ad_is_checked(world: World, spoil: Spoil, code: str, path: str) -> None:
    wanted = media(world)
    campaign = wanted.display(wanted.budget().resource_name).resource_name
    ad = wanted.display_ad(wanted.ad_group(campaign).resource_name)
    spoil(wanted, ad)
    assert refusal(wanted) == (code, f"ad.responsive_display_ad.{path}")


def test_each_format_stands_in_its_own_channel(world: World) -> None:
    search_group, display_group = whole_campaign(world).ad_group, whole_display(world)[1]
    wanted = media(world)
    wanted.display_ad(search_group)
    assert refusal(wanted) == ("context_error.OPERATION_NOT_PERMITTED_FOR_CONTEXT", "ad.responsive_display_ad")
    other = media(world)
    other.ad(display_group)
    assert refusal(other) == ("context_error.OPERATION_NOT_PERMITTED_FOR_CONTEXT", "ad.responsive_search_ad")


def test_a_display_campaign_does_not_target_search(world: World) -> None:
    wanted = media(world)
    made = wanted.display(wanted.budget().resource_name)
    made.network_settings.target_google_search = True
    assert refusal(wanted) == ("campaign_error.CANNOT_TARGET_SEARCH_NETWORK", "network_settings")
