"""Conversion goals of customers and campaigns, and HTML5 bundles: what can be read, changed, and what is refused."""

from typing import Any

import pytest

from tests.sandbox.google.campaigns import request, whole_campaign, whole_display
from tests.sandbox.google.sample_images import bundle
from tests.sandbox.google.world import World, codes


def _goals(world: World, resource: str) -> dict[tuple[str, str], bool]:
    fields = ", ".join(f"{resource}.{name}" for name in ("category", "origin", "biddable"))
    rows = [getattr(row, resource) for row in world.search(f"SELECT {fields} FROM {resource}")]  # noqa: S608 - GAQL
    enums = world.client().enums
    categories, origins = enums.ConversionActionCategoryEnum.ConversionActionCategory, enums.ConversionOriginEnum.ConversionOrigin
    return {(categories.Name(row.category), origins.Name(row.origin)): row.biddable for row in rows}


def _change(world: World, name: str, *, biddable: bool) -> Any:
    asked = request(world)
    operation = asked._operation().campaign_conversion_goal_operation
    operation.update.resource_name, operation.update.biddable = name, biddable
    operation.update_mask.paths.append("biddable")
    return asked.send()


def test_a_campaign_has_every_goal_of_its_customer_and_says_for_which_it_bids(world: World) -> None:
    campaign = whole_campaign(world).campaign.rsplit("/", 1)[-1]
    asked = request(world)
    asked.conversion_action()
    asked.conversion_action("Call").type_ = world.client().enums.ConversionActionTypeEnum.AD_CALL
    asked.send()
    everything = {("PURCHASE", "WEBSITE"): True, ("PURCHASE", "CALL_FROM_ADS"): True}
    assert _goals(world, "customer_conversion_goal") == everything
    assert _goals(world, "campaign_conversion_goal") == everything
    name = f"customers/{world.customer}/campaignConversionGoals/{campaign}~PURCHASE~CALL_FROM_ADS"
    for _ in range(2):
        answer = _change(world, name, biddable=False)
        assert answer.mutate_operation_responses[0].campaign_conversion_goal_result.resource_name == name
    assert _goals(world, "campaign_conversion_goal") == {**everything, ("PURCHASE", "CALL_FROM_ADS"): False}
    assert _goals(world, "customer_conversion_goal") == everything


@pytest.mark.parametrize("goal", ["{campaign}~DOWNLOAD~WEBSITE", "999~PURCHASE~WEBSITE"])
def test_a_goal_that_nobody_has_is_not_found(world: World, goal: str) -> None:
    campaign = whole_campaign(world).campaign.rsplit("/", 1)[-1]
    asked = request(world)
    asked.conversion_action()
    asked.send()
    name = f"customers/{world.customer}/campaignConversionGoals/{goal.format(campaign=campaign)}"
    assert codes(lambda: _change(world, name, biddable=False)) == ["mutate_error.RESOURCE_NOT_FOUND"]


def _upload(world: World, data: bytes, name: str = "Advert") -> str:
    asked = request(world)
    made = asked._operation().asset_operation.create
    made.name, made.media_bundle_asset.data = name, data
    answer = asked.send()
    return str(answer.mutate_operation_responses[0].asset_result.resource_name)


@pytest.fixture
def listed(world: World) -> World:
    """Its account may upload HTML5."""
    with world.store.transaction() as tx:
        found = tx.get("google", world.customer, "customer", world.customer)
        assert found is not None
        tx.update(found, body={**found.body, "html5_ads": True})
    return world


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "media_bundle_error.INVALID_MEDIA_BUNDLE"),
        (b"<html></html>", "media_bundle_error.INVALID_MEDIA_BUNDLE"),
        (bundle("readme.txt"), "media_bundle_error.MISSING_PRIMARY_MEDIA_BUNDLE_ENTRY"),
        (b"x" * 700_000, "media_bundle_error.FILE_TOO_LARGE"),
    ],
)
def test_what_is_no_bundle_is_refused(listed: World, data: bytes, code: str) -> None:
    assert codes(lambda: _upload(listed, data)) == [code]


def test_a_bundle_is_kept_once_and_shown_without_its_bytes(listed: World) -> None:
    assert _upload(listed, bundle()) == _upload(listed, bundle(), "Again")
    [row] = listed.search("SELECT asset.name, asset.type FROM asset WHERE asset.type = 'MEDIA_BUNDLE'")
    assert row.asset.name == "Advert"


def test_an_uploaded_ad_needs_a_bundle_a_product_and_a_landing_page(listed: World) -> None:
    group = whole_display(listed)[1]
    text = request(listed)
    text._operation().asset_operation.create.text_asset.text = "no bundle"
    named = text.send().mutate_operation_responses[0].asset_result.resource_name
    asked = request(listed)
    made = asked._operation().ad_group_ad_operation.create
    made.ad_group, made.ad.display_upload_ad.media_bundle.asset = group, named
    assert codes(asked.send) == ["field_error.REQUIRED", "ad_error.INVALID_INPUT", "ad_error.INVALID_INPUT"]
