"""Every kind of Google campaign through the real SDK against the sandbox: made dark, found again, switched, read back with its verdicts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.faults import Fault
from tests.conftest import ManualClock
from tests.sandbox.google import world as google_world
from tests.sandbox.google.campaigns import request
from tests.zamc.platforms.google_kinds import INSTALLATION, Pictures, bound, free, items
from zamc.deployments.ports import Item
from zamc.errors import AlreadyThere, Later, Mend
from zamc.platforms.google_ads.adapter import GoogleAdsPlatform
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.reading import LOOKS
from zamc.projects.tables import AdAccount
from zamc.strategies.schema import CampaignKind

KINDS: tuple[CampaignKind, ...] = ("search", "performance_max", "display")


@dataclass
class Wire:
    """An adapter, the sandbox behind it, and the storage before it."""

    world: google_world.World
    platform: GoogleAdsPlatform
    pictures: Pictures
    clock: ManualClock

    def make(self, wanted: list[Item]) -> list[Item]:
        return bound(wanted, dict(self.platform.create(wanted, guard=free)))

    def names(self, resource: str, *fields: str, where: str = "") -> list[Any]:
        selected = ", ".join(f"{resource}.{field}" for field in fields)
        return [getattr(row, resource) for row in self.world.search(f"SELECT {selected} FROM {resource} {where}")]  # noqa: S608 - GAQL


@contextmanager
def wire_at(home: Path) -> Iterator[Wire]:
    """A customer with a conversion action, on the first of March 2027."""
    with google_world.running(home / "google.sqlite") as world:
        world.customer = world.add_customer("1234567890")
        asked = request(world)
        asked.conversion_action()
        asked.send()
        client = GoogleClient(world.client(), version="v26", timeout_seconds=20)
        account = AdAccount(external_id=world.customer, time_zone="Europe/Berlin")
        pictures = Pictures()
        clock = ManualClock(google_world.NOW)
        yield Wire(world, GoogleAdsPlatform(client, account, clock, pictures), pictures, clock)


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with wire_at(tmp_path) as made:
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_made_dark_and_found_by_its_marker(wire: Wire, kind: CampaignKind) -> None:
    wanted = items(kind)
    made = wire.make(wanted)
    seen = wire.platform.read(made)
    assert {item.kind: seen[item.obj_key].status for item in made if item.kind != "budget"} == {
        item.kind: "paused" for item in made if item.kind != "budget"
    }
    [budget] = [seen[item.obj_key].budget_micros for item in made if item.kind == "budget"]
    assert budget == 20_000_000
    found = wire.platform.find(wanted)
    assert {item.obj_key: [hit.external_id for hit in found[item.obj_key]] for item in wanted} == {
        item.obj_key: [item.external_id] for item in made
    }
    [ours] = wire.platform.ours(f"zamc:{INSTALLATION}:")
    assert ours.name.startswith("Padaria | Spring | ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_switched_on_and_off_by_status_alone(wire: Wire, kind: CampaignKind) -> None:
    made = wire.make(items(kind))
    switched = [item for item in made if item.kind != "budget"]
    assert wire.platform.set_status(switched, "enabled", guard=free) == {}
    assert {seen.status for seen in wire.platform.read(switched).values()} == {"enabled"}
    [campaign] = [item for item in made if item.kind == "campaign"]
    assert wire.platform.set_status([campaign], "paused", guard=free) == {}
    assert wire.platform.read([campaign])[campaign.obj_key].status == "paused"
    wire.platform.remove("campaign", campaign.external_id or "", guard=free)
    assert wire.platform.read([campaign])[campaign.obj_key].status == "removed"
    assert list(wire.platform.ours(f"zamc:{INSTALLATION}:")) == []


def test_a_performance_max_campaign_is_what_was_approved_and_nothing_that_google_adds(wire: Wire) -> None:
    wire.make(items("performance_max"))
    [campaign] = wire.names(
        "campaign", "advertising_channel_type", "brand_guidelines_enabled", "final_url_suffix", "asset_automation_settings",
        "contains_eu_political_advertising", "bidding_strategy_type",
    )  # fmt: skip
    enums = wire.world.client().enums
    assert campaign.advertising_channel_type == enums.AdvertisingChannelTypeEnum.PERFORMANCE_MAX
    assert campaign.brand_guidelines_enabled
    assert campaign.bidding_strategy_type == enums.BiddingStrategyTypeEnum.MAXIMIZE_CONVERSIONS
    assert {each.asset_automation_status for each in campaign.asset_automation_settings} == {enums.AssetAutomationStatusEnum.OPTED_OUT}
    assert "{campaignid}" in campaign.final_url_suffix
    brand = {enums.AssetFieldTypeEnum.AssetFieldType.Name(each.field_type) for each in wire.names("campaign_asset", "field_type")}
    assert brand == {"BUSINESS_NAME", "LOGO", "LANDSCAPE_LOGO"}
    groups = wire.names("asset_group", "name", "final_url_suffix", "final_urls")
    assert [group.name for group in groups] == ["de | all", "en | all"]
    assert len({group.final_url_suffix for group in groups}) == 2
    linked = [enums.AssetFieldTypeEnum.AssetFieldType.Name(each.field_type) for each in wire.names("asset_group_asset", "field_type")]
    assert {name: linked.count(name) for name in set(linked)} == {
        "HEADLINE": 12, "LONG_HEADLINE": 4, "DESCRIPTION": 6,
        "MARKETING_IMAGE": 2, "SQUARE_MARKETING_IMAGE": 2, "PORTRAIT_MARKETING_IMAGE": 2,
    }  # fmt: skip
    signals = wire.names("asset_group_signal", "search_theme.text", "audience.audience")
    assert sorted(each.search_theme.text for each in signals if each.search_theme.text) == ["bread de", "bread en"]
    assert len({each.audience.audience for each in signals if each.audience.audience}) == 1


def test_a_display_campaign_shows_on_the_display_network_alone_beside_its_topics_and_to_its_ages(wire: Wire) -> None:
    wire.make(items("display"))
    [campaign] = wire.names(
        "campaign", "advertising_channel_type", "network_settings.target_content_network", "network_settings.target_google_search"
    )
    assert campaign.advertising_channel_type == wire.world.client().enums.AdvertisingChannelTypeEnum.DISPLAY
    assert (campaign.network_settings.target_content_network, campaign.network_settings.target_google_search) == (True, False)
    criteria = wire.names("ad_group_criterion", "negative", "keyword.text", "age_range.type")
    ages = wire.world.client().enums.AgeRangeTypeEnum.AgeRangeType
    assert {each.keyword.text for each in criteria if each.keyword.text} == {"bread de", "bread en"}
    left_out = {ages.Name(each.age_range.type_) for each in criteria if each.negative}
    assert left_out == {"AGE_RANGE_18_24", "AGE_RANGE_45_54", "AGE_RANGE_55_64", "AGE_RANGE_65_UP"}
    ads = wire.names("ad_group_ad", "ad.responsive_display_ad.headlines", "ad.responsive_display_ad.logo_images", "ad.final_urls")
    assert [len(each.ad.responsive_display_ad.headlines) for each in ads] == [5, 5]
    assert {len(each.ad.responsive_display_ad.logo_images) for each in ads} == {1}


def test_pictures_travel_once_however_many_campaigns_show_them(wire: Wire) -> None:
    wire.make(items("performance_max"))
    assert len(wire.pictures.asked) == len(set(wire.pictures.asked)) == 8
    wire.make(items("performance_max", 3))
    wire.make(items("display", 4))
    assert len(wire.pictures.asked) == 8
    assets = wire.names("asset", "name", "text_asset.text", "type")
    texts = [asset.text_asset.text for asset in assets if asset.text_asset.text]
    assert len(texts) == len(set(texts))


def test_many_campaigns_are_read_in_a_few_requests(wire: Wire) -> None:
    made = [item for number in range(6) for kind in KINDS for item in wire.make(items(kind, 10 + 3 * number + KINDS.index(kind)))]
    before = len(wire.world.calls())
    seen = wire.platform.read(made)
    assert len(seen) == len(made)
    assert "missing" not in {each.status for each in seen.values()}
    assert len(wire.world.calls()) - before == 6  # a request per kind of object, and one for what is not approved of assets


def test_a_time_out_while_assets_are_made_is_tried_again_and_leaves_nothing_double(wire: Wire) -> None:
    wire.world.faults.add(Fault("google", "GoogleAdsService/Mutate", "timeout_after_commit"))
    with pytest.raises(Later):
        wire.platform.create(items("performance_max"), guard=free)
    assert wire.names("campaign", "name") == []
    wire.make(items("performance_max"))
    names = [asset.name for asset in wire.names("asset", "name") if asset.name]
    assert len(names) == len(set(names)) == 8


def test_a_taken_campaign_name_leaves_the_first_one_alone(wire: Wire) -> None:
    wire.make(items("performance_max"))
    with pytest.raises(AlreadyThere):
        wire.platform.create(items("performance_max"), guard=free)
    assert len(wire.names("campaign", "name")) == 1


def test_what_google_does_not_take_is_to_be_mended_or_given_up_and_nothing_is_made(wire: Wire) -> None:
    few = [
        item if item.kind != "asset_group" else _with(item, texts={**item.spec["texts"], "HEADLINE": ["One"]})
        for item in items("performance_max")
    ]
    with pytest.raises(Mend) as refused:
        wire.platform.create(few, guard=free)
    assert refused.value.code == "asset_group_error.NOT_ENOUGH_HEADLINE_ASSET"
    unbranded = [
        item if item.kind != "campaign" else _with(item, brand={**item.spec["brand"], "logos": {}}) for item in items("performance_max")
    ]
    with pytest.raises(Mend):
        wire.platform.create(unbranded, guard=free)
    assert wire.names("campaign", "name") == []


def _with(item: Item, **spec: Any) -> Item:
    return replace(item, spec={**item.spec, **spec})


def test_what_review_finds_arrives_with_its_policy_topics_and_its_asset(wire: Wire) -> None:
    casino = [
        item if item.kind != "asset_group" else _with(item, texts={**item.spec["texts"], "LONG_HEADLINE": ["A casino for bread"]})
        for item in items("performance_max")
    ]
    made = wire.make(casino)
    display = wire.make([item if item.kind != "ad" else _with(item, long_headline="Champagne and bread") for item in items("display", 5)])
    seen = wire.platform.read([*made, *display])
    for item in made:
        if item.kind == "asset_group":
            details = seen[item.obj_key].details
            assert [each["field"] for each in details["assets"]] == ["LONG_HEADLINE"]
            assert details["topics"] == [{"topic": "GAMBLING_AND_GAMES", "type": "PROHIBITED"}]
    for item in display:
        if item.kind == "ad":
            found = seen[item.obj_key]
            assert (found.delivery, found.details["review"]) == ("APPROVED_LIMITED", "REVIEWED")
            assert found.details["topics"] == [{"topic": "ALCOHOL", "type": "LIMITED"}]


def test_a_word_that_nobody_knows_is_carried_as_its_number() -> None:
    from google.ads.googleads.v26.services.types.google_ads_service import GoogleAdsRow

    row = GoogleAdsRow.pb(GoogleAdsRow())
    row.campaign.id, row.campaign.status, row.campaign.primary_status = 7, 2, 97
    row.campaign.primary_status_reasons.append(98)
    row.campaign.bidding_strategy_system_status = 99
    key, seen = LOOKS["campaign"].observe(row)
    assert (key, seen.status, seen.delivery) == ("7", "enabled", "UNKNOWN(97)")
    assert seen.details["reasons"] == ["UNKNOWN(98)"]
    row.campaign.status = 96
    assert LOOKS["campaign"].observe(row)[1].status == "missing"
