"""Performance Max: what a campaign, its brand, its asset groups and their signals must have, and how they are read."""

# ruff: noqa: S608 -- the platform's own query language, not SQL

from collections.abc import Callable

import pytest

from tests.sandbox.google.campaigns import DESCRIPTIONS, LONG_HEADLINE, SIZES, Media, media, names_of, whole_performance_max
from tests.sandbox.google.changes import Change, clear, put, refusal
from tests.sandbox.google.pictures import animation, picture
from tests.sandbox.google.world import World, codes, errors


def _ready(world: World, *, brand: bool = True) -> tuple[Media, str]:
    """A request with a conversion action, a budget, a campaign and (where it belongs there) its brand."""
    wanted = media(world)
    wanted.conversion_action()
    campaign = wanted.performance_max(wanted.budget().resource_name, brand=brand).resource_name
    if brand:
        wanted.brand(campaign)
    return wanted, campaign


def test_a_whole_campaign_is_made_in_one_request_and_read_back(world: World) -> None:
    campaign, group = whole_performance_max(world)
    [row] = world.search(
        "SELECT campaign.name, campaign.advertising_channel_type, campaign.bidding_strategy_type, campaign.primary_status,"
        " campaign.brand_guidelines_enabled, asset_group.name, asset_group.final_urls, asset_group.status,"
        " asset_group.primary_status, asset_group.ad_strength FROM asset_group"
    )
    enums = world.client().enums
    assert row.asset_group.resource_name == group
    assert row.campaign.resource_name == campaign
    assert row.campaign.advertising_channel_type == enums.AdvertisingChannelTypeEnum.PERFORMANCE_MAX
    assert row.campaign.bidding_strategy_type == enums.BiddingStrategyTypeEnum.MAXIMIZE_CONVERSIONS
    assert row.campaign.brand_guidelines_enabled
    assert row.campaign.primary_status == enums.CampaignPrimaryStatusEnum.ELIGIBLE
    assert row.asset_group.primary_status == enums.AssetGroupPrimaryStatusEnum.ELIGIBLE
    linked = world.search("SELECT asset_group_asset.field_type, asset.text_asset.text FROM asset_group_asset")
    assert len(linked) == 3 + 2 + 1 + 2
    assert LONG_HEADLINE in {row.asset.text_asset.text for row in linked}
    brand = world.search(
        f"SELECT campaign_asset.field_type, campaign_asset.status FROM campaign_asset WHERE campaign.resource_name = '{campaign}'"
    )
    assert {row.campaign_asset.field_type for row in brand} == {enums.AssetFieldTypeEnum.BUSINESS_NAME, enums.AssetFieldTypeEnum.LOGO}
    [signal] = world.search("SELECT asset_group_signal.search_theme.text FROM asset_group_signal")
    assert signal.asset_group_signal.search_theme.text == "3d software"


def test_without_brand_guidelines_the_brand_stands_in_the_asset_group(world: World) -> None:
    _, group = whole_performance_max(world, brand=False)
    rows = world.search(f"SELECT asset_group_asset.field_type FROM asset_group_asset WHERE asset_group.resource_name = '{group}'")
    assert len(rows) == 10


@pytest.mark.parametrize(
    ("without", "code"),
    [
        ("HEADLINE", "NOT_ENOUGH_HEADLINE_ASSET"),
        ("LONG_HEADLINE", "NOT_ENOUGH_LONG_HEADLINE_ASSET"),
        ("DESCRIPTION", "NOT_ENOUGH_DESCRIPTION_ASSET"),
        ("MARKETING_IMAGE", "NOT_ENOUGH_MARKETING_IMAGE_ASSET"),
        ("SQUARE_MARKETING_IMAGE", "NOT_ENOUGH_SQUARE_MARKETING_IMAGE_ASSET"),
    ],
)
def test_an_asset_group_that_lacks_something_takes_the_whole_request_with_it(world: World, without: str, code: str) -> None:
    wanted, campaign = _ready(world)
    position = len(wanted.operations)
    wanted.fill(wanted.asset_group(campaign).resource_name, without=[without])
    [(name, _, path)] = errors(wanted.send)
    assert (name, path) == (f"asset_group_error.{code}", f"mutate_operations[{position}].asset_group_operation.create")
    assert world.search("SELECT campaign.id FROM campaign") == []


def test_one_description_must_be_short(world: World) -> None:
    wanted, campaign = _ready(world)
    long = [f"{'Model, animate and render without any licence fee at all, for ever'} {n}" for n in range(2)]
    wanted.fill(wanted.asset_group(campaign).resource_name, descriptions=long)
    assert codes(wanted.send) == ["asset_group_error.SHORT_DESCRIPTION_REQUIRED"]


def test_a_group_of_a_campaign_without_brand_guidelines_needs_name_and_logo(world: World) -> None:
    wanted, campaign = _ready(world, brand=False)
    wanted.fill(wanted.asset_group(campaign).resource_name)
    expected = ["asset_group_error.NOT_ENOUGH_BUSINESS_NAME_ASSET", "asset_group_error.NOT_ENOUGH_LOGO_ASSET"]
    assert codes(wanted.send) == expected


def test_a_campaign_with_brand_guidelines_needs_name_and_logo(world: World) -> None:
    wanted = media(world)
    wanted.conversion_action()
    wanted.performance_max(wanted.budget().resource_name)
    expected = ["campaign_error.REQUIRED_BUSINESS_NAME_ASSET_NOT_LINKED", "campaign_error.REQUIRED_LOGO_ASSET_NOT_LINKED"]
    assert codes(wanted.send) == expected


def test_brand_guidelines_are_on_unless_declined(world: World) -> None:
    wanted = media(world)
    wanted.conversion_action()
    wanted.performance_max(wanted.budget().resource_name).ClearField("brand_guidelines_enabled")
    assert "campaign_error.REQUIRED_LOGO_ASSET_NOT_LINKED" in codes(wanted.send)


CAMPAIGNS = [
    (put("manual_cpc.enhanced_cpc_enabled", False), "bidding_error.CANNOT_CREATE_CAMPAIGN_WITH_BIDDING_STRATEGY", "manual_cpc"),
    (
        put("bidding_strategy", "customers/1234567890/biddingStrategies/1"),
        "bidding_error.CANNOT_CREATE_CAMPAIGN_WITH_BIDDING_STRATEGY",
        "bidding_strategy",
    ),
    (clear("maximize_conversions"), "field_error.REQUIRED", "campaign_bidding_strategy"),
]


@pytest.mark.parametrize(("change", "code", "path"), CAMPAIGNS)
def test_a_campaign_is_checked(world: World, change: Change, code: str, path: str) -> None:
    wanted = media(world)
    wanted.conversion_action()
    change(wanted.performance_max(wanted.budget().resource_name, brand=False))
    assert refusal(wanted) == (code, path)


def test_a_campaign_has_a_budget_of_its_own(world: World) -> None:
    wanted = media(world)
    wanted.conversion_action()
    wanted.performance_max(wanted.budget(shared=True).resource_name, brand=False)
    assert refusal(wanted) == ("campaign_error.CAMPAIGN_CANNOT_USE_SHARED_BUDGET", "campaign_budget")


def test_a_campaign_needs_a_conversion_action(world: World) -> None:
    wanted = media(world)
    wanted.performance_max(wanted.budget().resource_name, brand=False)
    assert refusal(wanted) == ("campaign_error.CONVERSION_TRACKING_NOT_ENABLED", "maximize_conversions")


def test_a_campaign_takes_no_ad_groups_and_a_search_campaign_no_asset_groups(world: World) -> None:
    wanted, campaign = _ready(world)
    wanted.ad_group(campaign)
    assert refusal(wanted) == ("ad_group_error.CANNOT_ADD_AD_GROUP_FOR_CAMPAIGN_TYPE", "campaign")
    other = media(world)
    other.asset_group(other.campaign(other.budget().resource_name).resource_name)
    assert refusal(other) == ("asset_group_error.CANNOT_ADD_ASSET_GROUP_FOR_CAMPAIGN_TYPE", "campaign")


GROUPS = [
    (put("name", ""), "field_error.REQUIRED", "name"),
    (put("name", "x" * 129), "string_length_error.TOO_LONG", "name"),
    (clear("final_urls"), "asset_group_error.FINAL_URL_REQUIRED", "final_urls"),
    (put("final_urls", ["example.com"]), "url_field_error.MISSING_PROTOCOL_IN_FINAL_URL", "final_urls[0]"),
    (put("path2", "more"), "asset_group_error.PATH1_REQUIRED_WHEN_PATH2_IS_SET", "path2"),
    (put("path1", "x" * 16), "string_length_error.TOO_LONG", "path1"),
]


@pytest.mark.parametrize(("change", "code", "path"), GROUPS)
def test_an_asset_group_is_checked(world: World, change: Change, code: str, path: str) -> None:
    wanted, campaign = _ready(world)
    change(wanted.asset_group(campaign))
    assert refusal(wanted) == (code, path)


def test_asset_groups_of_a_campaign_have_different_names(world: World) -> None:
    campaign, _ = whole_performance_max(world)
    wanted = media(world)
    wanted.fill(wanted.asset_group(campaign).resource_name)
    assert "asset_group_error.DUPLICATE_NAME" in codes(wanted.send)


def _linked(field_type: str, asset: Callable[[Media], str]) -> Callable[[Media, str], None]:
    return lambda wanted, group: wanted.link(group, asset(wanted), field_type)


LINKS = [
    (_linked("HEADLINE", lambda w: w.text("x" * 31)), "string_length_error.TOO_LONG", "asset"),
    (_linked("HEADLINE", lambda w: w.text("漢" * 16)), "string_length_error.TOO_LONG", "asset"),
    (
        _linked("HEADLINE", lambda w: w.image("i", *SIZES["LOGO"])),
        "asset_link_error.FIELD_TYPE_INCOMPATIBLE_WITH_ASSET_TYPE",
        "asset",
    ),
    (_linked("MARKETING_IMAGE", lambda w: w.image("i", 600, 400)), "image_error.ASPECT_RATIO_NOT_ALLOWED", "asset"),
    (
        _linked("MARKETING_IMAGE", lambda w: w.image("i", 382, 200)),
        "asset_link_error.IMAGE_NOT_WITHIN_SPECIFIED_DIMENSION_RANGE",
        "asset",
    ),
    (_linked("BUSINESS_NAME", lambda w: w.text("Us")), "asset_link_error.BRAND_ASSETS_NOT_LINKED_AT_CAMPAIGN_LEVEL", "field_type"),
    (_linked("SITELINK", lambda w: w.text("Us")), "asset_link_error.UNSUPPORTED_FIELD_TYPE", "field_type"),
]


@pytest.mark.parametrize(("spoil", "code", "path"), LINKS)
def test_a_link_is_checked(world: World, spoil: Callable[[Media, str], None], code: str, path: str) -> None:
    wanted, campaign = _ready(world)
    group = wanted.asset_group(campaign).resource_name
    wanted.fill(group)
    spoil(wanted, group)
    assert refusal(wanted) == (code, path)


def test_the_same_asset_is_linked_once_under_a_field(world: World) -> None:
    wanted, campaign = _ready(world)
    group = wanted.asset_group(campaign).resource_name
    wanted.fill(group)
    wanted.link(group, wanted.text(DESCRIPTIONS[0]), "DESCRIPTION")
    assert refusal(wanted) == ("asset_group_asset_error.DUPLICATE_RESOURCE", "asset")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "INVALID_IMAGE"),
        (picture(300, 300)[:-30], "INVALID_IMAGE"),
        (b"<svg/>", "INVALID_IMAGE"),
        (picture(300, 300, kind="BMP"), "FORMAT_NOT_ALLOWED"),
        (picture(300, 300, kind="JPEG", mode="CMYK"), "CMYK_JPEG_NOT_ALLOWED"),
        (b"\x89PNG" + b"x" * 5120 * 1024, "FILE_TOO_LARGE"),
    ],
    ids=["rubbish", "cut off", "svg", "bmp", "cmyk", "too large"],
)
def test_what_is_no_picture_is_refused(world: World, data: bytes, code: str) -> None:
    wanted = media(world)
    made = wanted._operation().asset_operation.create
    made.name, made.image_asset.data = "Picture", data
    assert refusal(wanted) == (f"image_error.{code}", "image_asset.data")


def test_an_animation_is_an_asset_but_no_marketing_image(world: World) -> None:
    wanted, campaign = _ready(world)
    group = wanted.asset_group(campaign).resource_name
    wanted.fill(group)
    moving = wanted.image("moving", 300, 300)
    wanted.operations[-1].asset_operation.create.image_asset.data = animation(300, 300)
    wanted.link(group, moving, "SQUARE_MARKETING_IMAGE")
    assert refusal(wanted) == ("image_error.ANIMATED_NOT_ALLOWED", "asset")


def _remove(world: World, kind: str, name: str) -> None:
    wanted = media(world)
    getattr(wanted._operation(), f"{kind}_operation").remove = name
    wanted.send()


def test_the_last_asset_that_a_group_needs_stays_until_another_takes_its_place(world: World) -> None:
    _, group = whole_performance_max(world)
    field = "asset_group_asset.field_type = 'LONG_HEADLINE'"
    [row] = world.search(f"SELECT asset_group_asset.resource_name FROM asset_group_asset WHERE {field}")
    old = row.asset_group_asset.resource_name
    assert codes(lambda: _remove(world, "asset_group_asset", old)) == ["asset_group_error.NOT_ENOUGH_LONG_HEADLINE_ASSET"]
    wanted = media(world)
    wanted.link(group, wanted.text("Another long headline"), "LONG_HEADLINE")
    wanted._operation().asset_group_asset_operation.remove = old
    wanted.send()
    rows = world.search(f"SELECT asset.text_asset.text, asset_group_asset.status FROM asset_group_asset WHERE {field}")
    enums = world.client().enums.AssetLinkStatusEnum
    assert {(row.asset.text_asset.text, row.asset_group_asset.status) for row in rows} == {
        (LONG_HEADLINE, enums.REMOVED), ("Another long headline", enums.ENABLED),
    }  # fmt: skip
    again = media(world)
    again.link(group, again.text(LONG_HEADLINE), "LONG_HEADLINE")
    assert names_of(again.send())[-1] == old


def test_signals_are_checked_and_equal_ones_are_one(world: World) -> None:
    _, group = whole_performance_max(world)
    wanted = media(world)
    wanted.theme(group, "one two three four five six seven eight nine ten eleven")
    assert refusal(wanted) == ("asset_group_signal_error.TOO_MANY_WORDS", "search_theme.text")
    again = media(world)
    again.theme(group, " 3D  Software ")
    again.send()
    assert len(world.search("SELECT asset_group_signal.resource_name FROM asset_group_signal")) == 1


def test_an_audience_can_be_a_signal(world: World) -> None:
    _, group = whole_performance_max(world)
    wanted = media(world)
    audience = wanted._operation().audience_operation.create
    audience.resource_name, audience.name = wanted._name("audiences"), "Artists"
    audience.dimensions.add().age.include_undetermined = True
    signal = wanted._operation().asset_group_signal_operation.create
    signal.asset_group, signal.audience.audience = group, audience.resource_name
    made = names_of(wanted.send())
    condition = "asset_group_signal.audience.audience IS NOT NULL"
    [row] = world.search(f"SELECT asset_group_signal.audience.audience FROM asset_group_signal WHERE {condition}")
    assert row.asset_group_signal.audience.audience == made[0]


def test_an_enabled_campaign_keeps_one_asset_group(world: World) -> None:
    _, group = whole_performance_max(world)
    assert codes(lambda: _remove(world, "asset_group", group)) == ["asset_group_error.CANNOT_REMOVE_ALL_ASSET_GROUPS_FROM_CAMPAIGN"]


def test_an_asset_group_is_paused_and_renamed(world: World) -> None:
    _, group = whole_performance_max(world)
    wanted = media(world)
    operation = wanted._operation().asset_group_operation
    operation.update.resource_name, operation.update.name = group, "Renamed"
    operation.update.status = world.client().enums.AssetGroupStatusEnum.PAUSED
    operation.update_mask.paths.extend(["name", "status"])
    wanted.send()
    [row] = world.search("SELECT asset_group.name, asset_group.primary_status, campaign.primary_status_reasons FROM asset_group")
    enums = world.client().enums
    assert row.asset_group.name == "Renamed"
    assert row.asset_group.primary_status == enums.AssetGroupPrimaryStatusEnum.PAUSED
    assert list(row.campaign.primary_status_reasons) == [enums.CampaignPrimaryStatusReasonEnum.NO_ASSET_GROUPS]
