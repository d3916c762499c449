"""Targeting, bids, landing pages and texts over the wire: what was ordered is what is shown; outside edits are found and put back."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.zamc.deployments.test_sandbox import Wired
from tests.zamc.deployments.test_sandbox_kinds import _plan, every_kind, wired
from zamc.deployments.tables import PlatformObject
from zamc.deployments.watch_tables import Drift

__all__ = ["every_kind", "wired"]


@pytest.fixture
def live(every_kind: Wired) -> Wired:
    every_kind.stage.begin(_plan())
    every_kind.launch()
    every_kind.service.watch()
    return every_kind


def _mutate(wired: Wired, *operations: Any) -> None:
    wired.google.client().get_service("GoogleAdsService").mutate(customer_id=wired.google.customer, mutate_operations=list(operations))


def _operation(wired: Wired) -> Any:
    return wired.google.client().get_type("MutateOperation")


def _campaign(wired: Wired, channel: str) -> str:
    query = f"SELECT campaign.resource_name FROM campaign WHERE campaign.advertising_channel_type = '{channel}'"  # noqa: S608 - GAQL
    name: str = wired.google.search(query)[0].campaign.resource_name
    return name


def _drifts(wired: Wired) -> dict[str, tuple[str, Any, Any]]:
    with wired.stage.database.transaction() as session:
        rows = session.scalars(select(Drift).order_by(Drift.id))
        return {row.field: (row.state, row.wanted["value"], row.seen["value"]) for row in rows}


def _revert_all(wired: Wired) -> None:
    with wired.stage.database.transaction() as session:
        keys = list(session.scalars(select(Drift.id).where(Drift.state == "open").order_by(Drift.id)))
    for key in keys:
        with wired.stage.database.transaction() as session:
            wired.service.revert_drift(session, key, by="anna")
        wired.service.carry_changes()


def _look_again(wired: Wired) -> None:
    """A quarter of an hour later."""
    wired.stage.clock.advance(minutes=15)
    assert wired.service.watch().counts["silent"] == 0


def test_what_was_launched_of_every_kind_is_shown_as_it_was_ordered(live: Wired) -> None:
    outcome = live.service.reconcile()
    assert (outcome.counts["drifted"], outcome.counts["silent"], _drifts(live)) == (0, 0, {})
    with live.stage.database.transaction() as session:
        compared = session.scalars(select(PlatformObject.kind).where(PlatformObject.compared_at.is_not(None))).all()
    assert set(compared) == {"campaign", "ad_group", "ad", "asset_group", "ad_set"}


def test_googles_places_languages_schedules_and_suffix_are_found_and_put_back(live: Wired) -> None:
    search, [place, tongue, hours, own] = _campaign(live, "SEARCH"), [_operation(live) for _ in range(4)]
    place.campaign_criterion_operation.create.campaign = search
    place.campaign_criterion_operation.create.location.geo_target_constant = "geoTargetConstants/2840"
    tongue.campaign_criterion_operation.create.campaign = search
    tongue.campaign_criterion_operation.create.language.language_constant = "languageConstants/1002"
    enums = live.google.client().enums
    made = hours.campaign_criterion_operation.create
    made.campaign = search
    made.ad_schedule.day_of_week = enums.DayOfWeekEnum.MONDAY
    made.ad_schedule.start_hour, made.ad_schedule.end_hour = 8, 18
    made.ad_schedule.start_minute = made.ad_schedule.end_minute = enums.MinuteOfHourEnum.ZERO
    own.campaign_operation.update.resource_name = search
    own.campaign_operation.update.final_url_suffix = "utm_source=elsewhere"
    own.campaign_operation.update.maximize_conversions.target_cpa_micros = 5_000_000
    own.campaign_operation.update_mask.paths.extend(["final_url_suffix", "maximize_conversions.target_cpa_micros"])
    _mutate(live, place, tongue, hours, own)
    _look_again(live)
    found = _drifts(live)
    assert {name: seen for name, (_, _, seen) in found.items()} == {
        "locations": ["DE", "NL", "US"], "languages": ["de", "en", "fr"], "schedule": ["MONDAY 08:00-18:00"],
        "url_suffix": "utm_source=elsewhere", "bidding": "conversions cpa 5e+06",
    }  # fmt: skip
    assert {state for state, _, _ in found.values()} == {"open"}
    _revert_all(live)
    _look_again(live)
    assert {state for state, _, _ in _drifts(live).values()} == {"reverted"}
    kept = f"campaign.resource_name = '{search}' AND campaign_criterion.type = 'LOCATION' AND campaign_criterion.status != 'REMOVED'"
    rows = live.google.search(f"SELECT campaign_criterion.location.geo_target_constant FROM campaign_criterion WHERE {kept}")  # noqa: S608
    assert {row.campaign_criterion.location.geo_target_constant for row in rows} == {"geoTargetConstants/2276", "geoTargetConstants/2528"}


def test_an_ads_landing_page_and_texts_are_found_and_put_back(live: Wired) -> None:
    [row, *_] = live.google.search(
        "SELECT ad_group_ad.ad.id, ad_group_ad.ad.final_urls FROM ad_group_ad WHERE ad_group_ad.ad.type = 'RESPONSIVE_SEARCH_AD'"
    )
    ad, operation = row.ad_group_ad.ad, _operation(live)
    operation.ad_operation.update.resource_name = f"customers/{live.google.customer}/ads/{ad.id}"
    operation.ad_operation.update.final_urls.append("https://elsewhere.example/")
    for text in ("Other bread", "Bread of others", "Cheap bread"):
        operation.ad_operation.update.responsive_search_ad.headlines.add(text=text)
    operation.ad_operation.update_mask.paths.extend(["final_urls", "responsive_search_ad.headlines"])
    _mutate(live, operation)
    _look_again(live)
    found = _drifts(live)
    assert found["final_url"][1:] == ("https://example.org/", "https://elsewhere.example/")
    assert found["texts"][2]["headlines"] == ["Other bread", "Bread of others", "Cheap bread"]
    _revert_all(live)
    _look_again(live)
    assert {state for state, _, _ in _drifts(live).values()} == {"reverted"}


def test_signals_of_an_asset_group_are_found_at_night_and_put_back(live: Wired) -> None:
    signals = live.google.search("SELECT asset_group.id, asset_group_signal.resource_name FROM asset_group_signal")
    assert signals
    operation = _operation(live)
    operation.asset_group_signal_operation.remove = signals[0].asset_group_signal.resource_name
    _mutate(live, operation)
    _look_again(live)
    assert _drifts(live) == {}
    live.service.reconcile()
    assert list(_drifts(live)) == ["signals"]
    _revert_all(live)
    live.service.reconcile()
    assert [state for state, _, _ in _drifts(live).values()] == ["reverted"]
    assert len(live.google.search("SELECT asset_group.id, asset_group_signal.resource_name FROM asset_group_signal")) == len(signals)


def test_metas_targeting_and_creative_are_found_with_who_changed_them_and_put_back(live: Wired) -> None:
    api = live.meta.api()
    [adset, *_] = api.call("GET", (live.account, "adsets"), params={"fields": "id,targeting"}).json()["data"]
    aim = {**adset["targeting"], "age_min": 30, "geo_locations": {"countries": ["US"]}, "locales": [6]}
    api.call("POST", (adset["id"],), params={"targeting": aim})
    ads = api.call("GET", (live.account, "ads"), params={"fields": "id,creative"}).json()["data"]
    api.call("POST", (ads[0]["id"],), params={"creative": {"creative_id": ads[-1]["creative"]["id"]}})
    _look_again(live)
    found = _drifts(live)
    assert set(found) == {"locations", "languages", "audience", "creative"}
    assert found["locations"][1:] == ({"geo_locations": {"countries": ["DE", "NL"]}}, {"geo_locations": {"countries": ["US"]}})
    assert (found["audience"][1]["age_min"], found["audience"][2]["age_min"]) == (18, 30)
    with live.stage.database.transaction() as session:
        assert set(session.scalars(select(Drift.who))) == {"Sandbox system user"}
    _revert_all(live)
    _look_again(live)
    assert {state for state, _, _ in _drifts(live).values()} == {"reverted"}
    after = api.call("GET", (adset["id"],), params={"fields": "targeting"}).json()["targeting"]
    assert (after["age_min"], after["geo_locations"], after["locales"]) == (
        18,
        adset["targeting"]["geo_locations"],
        adset["targeting"]["locales"],
    )
