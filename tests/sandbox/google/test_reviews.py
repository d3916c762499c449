"""Review that takes its time, verdicts with topics, learning, budgets that are too small, and what all this earns."""

# ruff: noqa: S608 -- the platform's own query language, not SQL

from typing import Any

import pytest

from sandbox.google.statuses import LEARNING_SETTING
from sandbox.store import Transaction
from tests.sandbox.google.campaigns import media, request, whole_campaign, whole_display, whole_performance_max
from tests.sandbox.google.world import World

AD = (
    "SELECT ad_group_ad.primary_status, ad_group_ad.primary_status_reasons, ad_group_ad.policy_summary.approval_status,"
    " ad_group_ad.policy_summary.review_status, ad_group_ad.policy_summary.policy_topic_entries, campaign.primary_status,"
    " campaign.primary_status_reasons FROM ad_group_ad"
)


def _set(world: World, **settings: float) -> None:
    with world.store.transaction() as tx:
        for name, value in settings.items():
            tx.set_setting(name, str(value))


def _names(world: World, enum: str, values: Any) -> list[str]:
    kind = getattr(getattr(world.client().enums, f"{enum}Enum"), enum)
    return [kind.Name(value) for value in (values if not isinstance(values, int) else [values])]


def _status(world: World) -> tuple[list[str], list[str], list[str]]:
    """Primary status of the ad, of the campaign, and the campaign's reasons."""
    [row] = world.search(AD)
    return (
        _names(world, "AdGroupAdPrimaryStatus", row.ad_group_ad.primary_status),
        _names(world, "CampaignPrimaryStatus", row.campaign.primary_status),
        _names(world, "CampaignPrimaryStatusReason", row.campaign.primary_status_reasons),
    )


def test_an_ad_waits_for_review_and_serves_after_it(world: World) -> None:
    _set(world, google_review_seconds=86_400.0)
    whole_campaign(world)
    assert _status(world) == (["PENDING"], ["PENDING"], ["MOST_ADS_UNDER_REVIEW"])
    world.clock.advance(86_400)
    assert _status(world) == (["ELIGIBLE"], ["ELIGIBLE"], [])
    world.clock.advance(3 * 86_400)
    rows = world.search("SELECT segments.date, metrics.impressions FROM campaign WHERE segments.date DURING LAST_7_DAYS")
    assert min(row.segments.date for row in rows) >= "2027-03-02"


@pytest.mark.parametrize(
    ("text", "ad", "reason", "topic"),
    [
        ("Best casino in town", "NOT_ELIGIBLE", "HAS_ADS_DISAPPROVED", "GAMBLING_AND_GAMES"),
        ("Fine whisky to your door", "LIMITED", "HAS_ADS_LIMITED_BY_POLICY", "ALCOHOL"),
    ],
)
def test_review_finds_what_the_api_let_pass(world: World, text: str, ad: str, reason: str, topic: str) -> None:
    wanted = request(world)
    group = wanted.ad_group(wanted.campaign(wanted.budget().resource_name).resource_name).resource_name
    wanted.ad(group, headlines=(text, "Two", "Three"))
    wanted.send()
    assert _status(world) == ([ad], ["LIMITED"], [reason])
    [row] = world.search(AD)
    assert [entry.topic for entry in row.ad_group_ad.policy_summary.policy_topic_entries] == [topic]


def test_an_asset_group_is_reviewed_link_by_link(world: World) -> None:
    _set(world, google_review_seconds=3600.0)
    whole_performance_max(world)
    query = "SELECT asset_group.primary_status, asset_group.primary_status_reasons FROM asset_group"
    [row] = world.search(query)
    assert _names(world, "AssetGroupPrimaryStatus", row.asset_group.primary_status) == ["PENDING"]
    world.clock.advance(3600)
    [row] = world.search(query)
    assert _names(world, "AssetGroupPrimaryStatus", row.asset_group.primary_status) == ["ELIGIBLE"]


def _update(world: World, kind: str, name: str, field: str, value: Any) -> None:
    wanted = media(world)
    operation = getattr(wanted._operation(), f"{kind}_operation")
    operation.update.resource_name = name
    setattr(operation.update, field, value)
    operation.update_mask.paths.append(field)
    wanted.send()


def test_a_strategy_learns_after_the_start_and_after_a_new_budget(world: World) -> None:
    _set(world, **{LEARNING_SETTING: 7 * 86_400.0})
    campaign, _ = whole_performance_max(world)
    paused, enabled = (getattr(world.client().enums.CampaignStatusEnum, name) for name in ("PAUSED", "ENABLED"))
    _update(world, "campaign", campaign, "status", paused)
    _update(world, "campaign", campaign, "status", enabled)

    def system() -> list[str]:
        [row] = world.search("SELECT campaign.bidding_strategy_system_status, campaign.campaign_budget FROM campaign")
        return _names(world, "BiddingStrategySystemStatus", row.campaign.bidding_strategy_system_status)

    assert system() == ["LEARNING_NEW"]
    world.clock.advance(8 * 86_400)
    assert system() == ["ENABLED"]
    [row] = world.search("SELECT campaign.campaign_budget FROM campaign")
    _update(world, "campaign_budget", row.campaign.campaign_budget, "amount_micros", 50_000_000)
    assert system() == ["LEARNING_BUDGET_CHANGE"]


def _constrain(tx: Transaction, key: str) -> None:
    obj = tx.locate("google", key)
    assert obj is not None
    tx.update(obj, body={**obj.body, "budget_constrained": True})


def test_a_campaign_is_limited_by_its_budget(world: World) -> None:
    names = whole_campaign(world)
    with world.store.transaction() as tx:
        _constrain(tx, names.campaign.rsplit("/", 1)[-1])
    assert _status(world)[1:] == (["LIMITED"], ["BUDGET_CONSTRAINED"])


def _sum(world: World, resource: str, *, campaign: str = "") -> tuple[int, int, float]:
    where = f" AND campaign.resource_name = '{campaign}'" if campaign else ""
    rows = world.search(
        f"SELECT metrics.cost_micros, metrics.clicks, metrics.conversions FROM {resource} WHERE segments.date DURING LAST_7_DAYS{where}"
    )
    metrics = [row.metrics for row in rows]
    return sum(m.cost_micros for m in metrics), sum(m.clicks for m in metrics), sum(m.conversions for m in metrics)


def test_every_channel_adds_up_to_the_account(world: World) -> None:
    campaigns = [whole_performance_max(world)[0], whole_display(world)[0], whole_campaign(world, "Search").campaign]
    world.clock.advance(9 * 86_400)
    parts = [_sum(world, "campaign", campaign=name) for name in campaigns]
    assert all(cost > 0 for cost, _, _ in parts)
    assert tuple(map(sum, zip(*parts, strict=True))) == pytest.approx(_sum(world, "customer"))
    grains = (("asset_group", campaigns[0]), ("ad_group_ad", campaigns[1]), ("ad_group_ad", campaigns[2]))
    for (resource, name), whole in zip(grains, parts, strict=True):
        cost = _sum(world, resource, campaign=name)[0]
        # What nobody is credited with is small, and never negative.
        assert 0.9 * whole[0] < cost <= whole[0]
    assert _sum(world, "ad_group_ad", campaign=campaigns[0]) == (0, 0, 0)
