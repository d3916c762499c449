"""Insights: text values, grains that add up except for what nobody is credited with, windows, reports."""

from typing import Any

import pytest
from facebook_business.adobjects.adreportrun import AdReportRun
from facebook_business.adobjects.campaign import Campaign
from facebook_business.exceptions import FacebookRequestError

from tests.sandbox.world import Advertiser, World, codes

FIELDS = ["impressions", "clicks", "spend", "inline_link_clicks", "actions", "action_values", "campaign_id", "adset_id", "ad_id"]
COUNTS = ("impressions", "clicks", "spend", "inline_link_clicks")


@pytest.fixture(scope="module")
def busy(world: World) -> Advertiser:
    """Two campaigns with several ads that have run for three weeks from 1 March 2027."""
    brand = world.advertiser()
    brand.tree(ads=3, daily_budget=20_000)
    brand.tree(ads=2, daily_budget=15_000)
    world.clock.advance(21 * 86_400)
    return brand


def rows(brand: Advertiser, level: str, **changes: Any) -> list[dict[str, Any]]:
    params = {"level": level, "time_range": {"since": "2027-03-02", "until": "2027-03-15"}, "limit": 500, **changes}
    return [dict(r) for r in brand.account.get_insights(fields=changes.pop("fields", FIELDS), params=params)]


def cents(row: dict[str, Any], name: str) -> int:
    return round(float(row.get(name, "0")) * 100)


def action(row: dict[str, Any], kind: str, window: str = "value") -> int:
    return sum(int(a.get(window, 0)) for a in row.get("actions", []) if a["action_type"] == kind)


@pytest.mark.parametrize("name", COUNTS)
def test_campaigns_sum_to_the_account_and_ads_to_about_97_per_cent_of_it(busy: Advertiser, name: str) -> None:
    total = {level: sum(cents(r, name) for r in rows(busy, level)) for level in ("account", "campaign", "adset", "ad")}
    assert total["account"] == total["campaign"] > 0
    assert total["adset"] == total["ad"]
    assert 0.95 < total["ad"] / total["account"] < 0.99


def test_days_sum_to_the_whole(busy: Advertiser) -> None:
    by_day = rows(busy, "campaign", time_increment=1)
    assert len(by_day) == 2 * 14
    assert all(r["date_start"] == r["date_stop"] for r in by_day)
    for name in COUNTS:
        assert sum(cents(r, name) for r in by_day) == sum(cents(r, name) for r in rows(busy, "campaign"))
    weekly = rows(busy, "account", time_increment=7)
    assert [(r["date_start"], r["date_stop"]) for r in weekly] == [("2027-03-02", "2027-03-08"), ("2027-03-09", "2027-03-15")]


def test_values_are_text_and_plausible(busy: Advertiser) -> None:
    (row,) = rows(busy, "account", fields=["impressions", "clicks", "spend", "ctr", "cpc", "cpm", "reach", "frequency"])
    assert all(isinstance(v, str) for v in row.values())
    assert 1.0 < float(row["ctr"]) < 6.0
    assert 0.3 < float(row["cpc"]) < 1.3
    assert int(row["reach"]) < int(row["impressions"])
    assert int(row["clicks"]) > 0


def test_one_conversion_has_many_names(busy: Advertiser) -> None:
    (row,) = rows(busy, "account")
    counts = {kind: action(row, kind) for kind in ("lead", "offsite_conversion.fb_pixel_lead", "onsite_web_lead")}
    assert len(set(counts.values())) == 1
    assert counts["lead"] > 0
    assert action(row, "purchase") == 0
    worth = {v["action_type"]: float(v["value"]) for v in row["action_values"]}
    assert 10 < worth["lead"] / counts["lead"] < 25


def test_windows_stand_beside_the_value(busy: Advertiser) -> None:
    windows = ["1d_click", "7d_click", "28d_click", "1d_view"]
    (row,) = rows(busy, "account", action_attribution_windows=windows)
    one, seven, month, view = (action(row, "lead", w) for w in windows)
    assert 0 < one <= seven <= month
    assert action(row, "lead") == seven + view
    with pytest.raises(FacebookRequestError) as caught:
        rows(busy, "account", action_attribution_windows=["7d_view"])
    assert codes(caught.value) == (100, None)


def test_a_running_day_is_not_over_and_a_past_day_only_gains_conversions(world: World, busy: Advertiser) -> None:
    def leads(day: str) -> int:
        found = rows(busy, "account", time_range={"since": day, "until": day}, action_attribution_windows=["28d_click"])
        return action(found[0], "lead", "28d_click") if found else 0

    day = {"since": "2027-03-20", "until": "2027-03-20"}
    before, leads_before = rows(busy, "account", time_range=day), leads("2027-03-20")
    world.clock.advance(20 * 86_400)
    after, leads_after = rows(busy, "account", time_range=day), leads("2027-03-20")
    assert {n: before[0][n] for n in COUNTS} == {n: after[0][n] for n in COUNTS}
    assert leads_after > leads_before


def test_what_nobody_saw_has_no_row(busy: Advertiser) -> None:
    assert rows(busy, "ad", time_range={"since": "2027-02-01", "until": "2027-02-10"}) == []
    assert rows(busy, "account", time_range={"since": "2027-12-01", "until": "2027-12-10"}) == []


def test_a_deleted_ad_leaves_its_row_but_not_its_share_of_the_parents(world: World, busy: Advertiser) -> None:
    ad = rows(busy, "ad")[0]["ad_id"]
    before = rows(busy, "campaign")
    busy.delete(ad)
    assert ad not in {r["ad_id"] for r in rows(busy, "ad")}
    assert rows(busy, "campaign") == before
    asked = [{"field": "ad.effective_status", "operator": "IN", "value": ["DELETED"]}]
    assert [r["ad_id"] for r in rows(busy, "ad", filtering=asked)] == [ad]


def test_filters_and_sorting_work_on_figures(busy: Advertiser) -> None:
    everything = rows(busy, "ad", time_increment=1, sort=["impressions_descending"])
    counts = [int(r["impressions"]) for r in everything]
    assert counts == sorted(counts, reverse=True)
    middle = sorted(counts)[len(counts) // 2]
    many = rows(busy, "ad", time_increment=1, filtering=[{"field": "impressions", "operator": "GREATER_THAN", "value": middle}])
    assert {int(r["impressions"]) for r in many} == {c for c in counts if c > middle}


@pytest.mark.parametrize("breakdowns", [["age"], ["age", "gender"], ["publisher_platform", "impression_device"]])
def test_breakdowns_share_the_same_total_out(busy: Advertiser, breakdowns: list[str]) -> None:
    whole = rows(busy, "campaign", fields=["impressions", "spend", "campaign_id"])
    parts = rows(busy, "campaign", fields=["impressions", "spend", "campaign_id"], breakdowns=breakdowns)
    assert set(parts[0]) >= set(breakdowns)
    for name in ("impressions", "spend"):
        assert sum(cents(r, name) for r in parts) == sum(cents(r, name) for r in whole)
    worth = ["campaign_id", "action_values"]
    cuts: list[dict[str, Any]] = [{}, {"breakdowns": breakdowns}]
    leads = [[v for r in rows(busy, "campaign", fields=worth, **cut) for v in r.get("action_values", [])] for cut in cuts]
    assert len({round(sum(float(v["value"]) * 100 for v in found if v["action_type"] == "lead")) for found in leads}) == 1


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"breakdowns": ["age", "country"]}, (2, 1504041)),
        ({"breakdowns": ["dma"]}, (2, 1504041)),
        ({"time_range": {"since": "2020-01-01", "until": "2020-01-02"}}, (3018, None)),
        ({"time_range": {"since": "2027-03-03", "until": "2027-03-02"}}, (100, None)),
        ({"time_range": {"since": "yesterday"}}, (100, None)),
        ({"time_increment": "91"}, (100, None)),
        ({"fields": ["wings"]}, (100, None)),
        ({"filtering": [{"field": "wings", "operator": "EQUAL", "value": 1}]}, (100, None)),
    ],
)
@pytest.mark.filterwarnings("ignore:get_insights does not allow:UserWarning", "ignore:/insights does not allow:UserWarning")
@pytest.mark.filterwarnings("ignore:insights does not allow:UserWarning")
def test_questions_that_make_no_sense_are_refused(busy: Advertiser, changes: dict[str, Any], wanted: tuple[int, int | None]) -> None:
    with pytest.raises(FacebookRequestError) as caught:
        rows(busy, "campaign", **changes)
    assert codes(caught.value) == wanted


def test_a_level_above_the_object_is_refused(busy: Advertiser) -> None:
    campaign = Campaign(rows(busy, "campaign")[0]["campaign_id"], api=busy.api)
    with pytest.raises(FacebookRequestError):
        campaign.get_insights(params={"level": "account"})
    own = campaign.get_insights(fields=["impressions", "campaign_name", "objective"], params={"date_preset": "maximum"})
    assert own[0]["campaign_name"] == "Spring"
    assert own[0]["objective"] == "OUTCOME_LEADS"


def test_pages_of_rows_lose_nothing(busy: Advertiser) -> None:
    small = rows(busy, "ad", time_increment=1, limit=3)
    assert small == rows(busy, "ad", time_increment=1)
    assert len(small) > 12


def test_a_summary_is_the_whole(busy: Advertiser) -> None:
    answer = busy.get(
        busy.id, "insights", level="campaign", fields="impressions", summary="impressions",
        time_range={"since": "2027-03-02", "until": "2027-03-15"},
    )  # fmt: skip
    assert int(answer["summary"]["impressions"]) == sum(int(r["impressions"]) for r in answer["data"])


def test_a_report_is_ordered_polled_and_read(world: World, busy: Advertiser) -> None:
    world.post("meta/settings", report_seconds=3600)
    params = {"level": "ad", "time_range": {"since": "2027-03-02", "until": "2027-03-15"}, "time_increment": 1}
    run = busy.account.get_insights_async(fields=["impressions", "ad_id"], params=params)
    report = AdReportRun(run["report_run_id"], api=busy.api)
    with pytest.raises(FacebookRequestError) as early:
        report.get_insights()
    assert codes(early.value) == (100, 33)
    states = []
    for _ in range(4):
        seen = busy.get(report["id"], fields="async_status,async_percent_completion")
        states.append((seen["async_status"], seen["async_percent_completion"]))
        world.clock.advance(3600)
    assert states == [("Job Not Started", 0), ("Job Started", 10), ("Job Running", 60), ("Job Completed", 100)]
    found = [dict(r) for r in report.get_insights(params={"limit": 500})]
    assert found == rows(busy, "ad", time_increment=1, fields=["impressions", "ad_id"])


def test_a_report_can_fail(world: World, busy: Advertiser) -> None:
    world.post("meta/settings", report_seconds=0.001)
    run = busy.account.get_insights_async(fields=["impressions"], params={"level": "ad"})["report_run_id"]
    world.post("edit", platform="meta", id=run, body={"error": {"error_code": 2, "error_subcode": 1504038}})
    world.clock.advance(1)
    seen = busy.get(run, fields="async_status,async_percent_completion,error_code,error_subcode")
    assert (seen["async_status"], seen["error_code"], seen["error_subcode"]) == ("Job Failed", 2, 1504038)
    with pytest.raises(FacebookRequestError) as caught:
        busy.get(run, "insights")
    assert codes(caught.value) == (-2, 2490547)


def test_paused_ads_earn_nothing_and_money_is_whole_yen_in_japan(world: World) -> None:
    tokyo = world.advertiser(currency="JPY", zone="Asia/Tokyo")
    campaign, _, _ = tokyo.tree(daily_budget=3000)
    world.clock.advance(2 * 86_400)
    Campaign(campaign, api=tokyo.api).api_update(params={"status": "PAUSED"})
    fields = ["spend", "impressions", "account_currency"]
    earned = [dict(r) for r in tokyo.account.get_insights(fields=fields, params={"date_preset": "maximum"})]
    assert earned[0]["spend"].isdigit()
    assert earned[0]["account_currency"] == "JPY"
    world.clock.advance(2 * 86_400)
    (later,) = [dict(r) for r in tokyo.account.get_insights(fields=fields, params={"date_preset": "maximum"})]
    assert later["spend"] == earned[0]["spend"]
