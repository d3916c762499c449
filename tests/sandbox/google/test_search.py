"""Reading through the real SDK: joins, metrics and segments, pages, streams, summary rows."""

# ruff: noqa: S608 -- the platform's own query language, not SQL

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.google import search as search_module
from tests.sandbox.google.campaigns import HEADLINES, names_of, request, whole_campaign
from tests.sandbox.google.world import World, codes

DAY = 86_400
SUMS = "metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions, metrics.conversions_value"
WEEK = "segments.date BETWEEN '2027-03-01' AND '2027-03-07'"


@pytest.fixture
def measured(world: World) -> World:
    """Two campaigns of one account after a week, with a conversion action; the second has two ads and keywords."""
    made = request(world)
    made.conversion_action()
    made.send()
    whole_campaign(world, "One")
    names = whole_campaign(world, "Two", micros=50_000_000)
    more = request(world)
    more.ad(names.ad_group, headlines=[*HEADLINES, "Another one"])
    more.keyword(names.ad_group, "open source modelling", "EXACT")
    more.send()
    world.clock.advance(7 * DAY)
    return world


def _totals(rows: list[Any]) -> tuple[float, ...]:
    metrics = [row.metrics for row in rows]
    return tuple(
        sum(getattr(one, name) for one in metrics) for name in ("impressions", "clicks", "cost_micros", "conversions", "conversions_value")
    )


def test_days_of_a_campaign_sum_to_the_campaign_and_campaigns_to_the_customer(measured: World) -> None:
    days = measured.search(f"SELECT campaign.id, segments.date, {SUMS} FROM campaign WHERE {WEEK}")
    assert len(days) == 14
    campaigns = measured.search(f"SELECT campaign.id, {SUMS} FROM campaign WHERE {WEEK}")
    customer = measured.search(f"SELECT customer.id, {SUMS} FROM customer WHERE {WEEK}")
    assert _totals(days) == pytest.approx(_totals(campaigns), abs=1e-6)
    assert _totals(days) == pytest.approx(_totals(customer), abs=1e-6)
    assert _totals(days)[2] > 0
    assert _totals(days)[3] > 0


def test_lower_grains_leave_a_part_unattributed(measured: World) -> None:
    campaign = _totals(measured.search(f"SELECT campaign.id, {SUMS} FROM campaign WHERE {WEEK}"))
    for resource in ("ad_group", "ad_group_ad", "keyword_view"):
        lower = _totals(measured.search(f"SELECT campaign.id, {SUMS} FROM {resource} WHERE {WEEK}"))
        assert 0.90 < lower[0] / campaign[0] < 1.0, resource
    groups = _totals(measured.search(f"SELECT ad_group.id, {SUMS} FROM ad_group WHERE {WEEK}"))
    ads = _totals(measured.search(f"SELECT ad_group.id, {SUMS} FROM ad_group_ad WHERE {WEEK}"))
    assert groups == pytest.approx(ads, abs=1e-6)


@pytest.mark.parametrize("segment", ["device", "week", "month", "day_of_week", "ad_network_type"])
def test_segments_split_without_loss(measured: World, segment: str) -> None:
    whole = _totals(measured.search(f"SELECT customer.id, {SUMS} FROM customer WHERE {WEEK}"))
    parts = measured.search(f"SELECT segments.{segment}, {SUMS} FROM customer WHERE {WEEK}")
    assert _totals(parts) == pytest.approx(whole)
    assert len(parts) == {"device": 3, "week": 1, "month": 1, "day_of_week": 7, "ad_network_type": 1}[segment]


def test_conversions_are_split_by_action(measured: World) -> None:
    more = request(measured)
    more.conversion_action("Lead")
    more.send()
    query = "metrics.conversions FROM campaign WHERE segments.date DURING LAST_7_DAYS"
    whole = measured.search(f"SELECT {query}")
    parts = measured.search(f"SELECT segments.conversion_action_name, {query}")
    assert {row.segments.conversion_action_name for row in parts} == {"Purchase", "Lead"}
    assert sum(row.metrics.conversions for row in parts) == sum(row.metrics.conversions for row in whole)


def test_without_a_conversion_action_nothing_converts(world: World) -> None:
    whole_campaign(world)
    world.clock.advance(7 * DAY)
    row = world.search(f"SELECT {SUMS} FROM customer")[0]
    assert row.metrics.clicks > 0
    assert row.metrics.conversions == 0


def test_an_asset_is_shown_less_often_than_its_ad(measured: World) -> None:
    ads = measured.search("SELECT ad_group_ad.ad.id, metrics.impressions FROM ad_group_ad")
    shown = {row.ad_group_ad.ad.id: row.metrics.impressions for row in ads}
    assets = measured.search(
        "SELECT ad_group_ad.ad.id, asset.text_asset.text, ad_group_ad_asset_view.field_type, metrics.impressions"
        " FROM ad_group_ad_asset_view WHERE ad_group_ad_asset_view.field_type = HEADLINE"
    )
    assert len(assets) == 10
    four = [row for row in assets if row.asset.text_asset.text == "Another one"]
    assert 0 < four[0].metrics.impressions < shown[four[0].ad_group_ad.ad.id]
    assert all(row.metrics.impressions <= shown[row.ad_group_ad.ad.id] for row in assets)


def test_rates_are_those_of_the_sums(measured: World) -> None:
    row = measured.search(
        "SELECT metrics.ctr, metrics.average_cpc, metrics.clicks, metrics.impressions, metrics.cost_micros FROM customer"
    )[0]
    assert row.metrics.ctr == pytest.approx(row.metrics.clicks / row.metrics.impressions)
    assert row.metrics.average_cpc == pytest.approx(row.metrics.cost_micros / row.metrics.clicks)


def test_a_day_without_anything_has_no_row_in_a_segmented_report(measured: World) -> None:
    range_ = "segments.date BETWEEN '2027-02-01' AND '2027-03-01'"
    rows = measured.search(f"SELECT segments.date, metrics.impressions FROM customer WHERE {range_}")
    assert [row.segments.date for row in rows] == ["2027-03-01"]


def test_an_object_without_anything_has_a_row_where_nothing_segments(measured: World) -> None:
    wanted = request(measured)
    wanted.campaign(wanted.budget("Three budget").resource_name, "Three", status="PAUSED")
    wanted.send()
    rows = measured.search("SELECT campaign.name, metrics.impressions FROM campaign ORDER BY campaign.name DESC")
    assert [(row.campaign.name, row.metrics.impressions > 0) for row in rows][:2] == [("Two", True), ("Three", False)]


def test_conversions_of_past_days_come_late(measured: World) -> None:
    query = f"SELECT {SUMS} FROM customer WHERE segments.date BETWEEN '2027-03-02' AND '2027-03-07'"
    before = _totals(measured.search(query))
    measured.clock.advance(30 * DAY)
    after = _totals(measured.search(query))
    assert after[2] - before[2] < before[2] / 10
    assert after[3] > before[3]


def test_filters_orders_and_limits_work_on_joined_fields(measured: World) -> None:
    rows = measured.search(
        "SELECT ad_group_criterion.keyword.text, campaign.name, customer.currency_code, metrics.cost_micros"
        " FROM keyword_view WHERE campaign.name LIKE 'Tw%' AND ad_group_criterion.keyword.match_type IN (EXACT, PHRASE)"
        " AND metrics.clicks > 0 ORDER BY metrics.cost_micros DESC LIMIT 1"
    )
    assert len(rows) == 1
    assert (rows[0].campaign.name, rows[0].customer.currency_code) == ("Two", "EUR")


def test_a_budget_shows_who_uses_it_and_splits_by_campaign(measured: World) -> None:
    rows = measured.search("SELECT campaign_budget.reference_count, metrics.cost_micros FROM campaign_budget")
    assert [row.campaign_budget.reference_count for row in rows] == [1, 1]
    split = measured.search("SELECT campaign_budget.name, campaign.name, metrics.cost_micros FROM campaign_budget")
    assert [(row.campaign_budget.name, row.campaign.name) for row in split] == [("One budget", "One"), ("Two budget", "Two")]


def test_only_what_is_selected_comes_back_with_resource_names(measured: World) -> None:
    row = measured.search("SELECT campaign.name, metrics.clicks FROM ad_group")[0]
    assert {field.name for field, _ in row.ListFields()} == {"campaign", "ad_group", "metrics"}
    assert {field.name for field, _ in row.ad_group.ListFields()} == {"resource_name"}
    assert {field.name for field, _ in row.metrics.ListFields()} == {"clicks"}
    bare = measured.search("SELECT campaign.name FROM ad_group PARAMETERS omit_unselected_resource_names = true")[0]
    assert not bare.HasField("ad_group")


@pytest.fixture
def three_rows_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "PAGE_ROWS", 3)


LANGUAGES = "SELECT language_constant.id FROM language_constant ORDER BY language_constant.id LIMIT 8"


@pytest.mark.usefixtures("three_rows_a_page")
def test_pages_and_stream_batches_hold_the_same_rows(world: World) -> None:
    service = world.client().get_service("GoogleAdsService")
    answered = service.search(customer_id=world.customer, query=LANGUAGES)
    pages = [[row.language_constant.id for row in page.results] for page in answered.pages]
    batches = [
        [row.language_constant.id for row in batch.results] for batch in service.search_stream(customer_id=world.customer, query=LANGUAGES)
    ]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert pages == batches


@pytest.mark.usefixtures("three_rows_a_page")
def test_a_page_token_belongs_to_its_query(world: World) -> None:
    service = world.client().get_service("GoogleAdsService")
    token = service.search(customer_id=world.customer, query=LANGUAGES).next_page_token
    assert token
    other = world.client().get_type("SearchGoogleAdsRequest")
    other.customer_id, other.query, other.page_token = world.customer, LANGUAGES + "0", token
    assert codes(lambda: service.search(request=other)) == ["request_error.INVALID_PAGE_TOKEN"]
    other.page_token = "rubbish"
    assert codes(lambda: service.search(request=other)) == ["request_error.INVALID_PAGE_TOKEN"]


def _search_request(world: World, query: str) -> Any:
    made = world.client().get_type("SearchGoogleAdsRequest")
    made.customer_id, made.query = world.customer, query
    return made


def test_a_page_size_is_refused(world: World) -> None:
    service, wanted = world.client().get_service("GoogleAdsService"), _search_request(world, LANGUAGES)
    wanted.page_size = 100
    assert codes(lambda: service.search(request=wanted)) == ["request_error.PAGE_SIZE_NOT_SUPPORTED"]


def test_the_settings_of_a_search_add_counts_and_sums(measured: World) -> None:
    service = measured.client().get_service("GoogleAdsService")
    wanted = _search_request(measured, "SELECT campaign.id, metrics.clicks FROM campaign")
    wanted.search_settings.return_total_results_count = True
    wanted.search_settings.return_summary_row = True
    answered = service.search(request=wanted)
    assert answered.total_results_count == 2
    assert answered.summary_row.metrics.clicks == sum(row.metrics.clicks for row in answered)
    wanted.search_settings.omit_results = True
    assert list(service.search(request=wanted)) == []
    wanted.query = "SELECT campaign.id FROM campaign"
    expected = "request_error.CANNOT_RETURN_SUMMARY_ROW_FOR_REQUEST_WITHOUT_METRICS"
    assert codes(lambda: service.search(request=wanted)) == [expected]


def test_a_stream_ends_with_the_summary_row(measured: World) -> None:
    service = measured.client().get_service("GoogleAdsService")
    wanted = measured.client().get_type("SearchGoogleAdsStreamRequest")
    wanted.customer_id, wanted.query = measured.customer, "SELECT campaign.id, metrics.clicks FROM campaign"
    wanted.summary_row_setting = measured.client().enums.SummaryRowSettingEnum.SUMMARY_ROW_WITH_RESULTS
    batches = list(service.search_stream(request=wanted))
    rows = [row for batch in batches for row in batch.results]
    assert batches[-1].summary_row.metrics.clicks == sum(row.metrics.clicks for row in rows)
    assert batches[0].request_id
    assert list(batches[0].field_mask.paths) == ["campaign.id", "metrics.clicks"]


def test_an_error_of_a_stream_is_the_sdks_exception(world: World) -> None:
    service = world.client().get_service("GoogleAdsService")
    call = lambda: list(service.search_stream(customer_id=world.customer, query="SELECT x FROM campaign"))  # noqa: E731
    assert codes(call) == ["query_error.UNRECOGNIZED_FIELD"]


def test_metrics_of_a_manager_are_refused_and_its_clients_listed(world: World) -> None:
    manager = world.add_customer("5555555555", manager=True)
    clients = "SELECT customer_client.id, customer_client.level FROM customer_client"
    found = [(row.customer_client.id, row.customer_client.level) for row in world.search(clients, customer=manager)]
    assert found == [(5555555555, 0), (1234567890, 1)]
    measured = "SELECT metrics.clicks FROM customer"
    assert codes(lambda: world.search(measured, customer=manager)) == ["query_error.REQUESTED_METRICS_FOR_MANAGER"]


def test_what_stands_above_decides_whether_an_ad_may_serve(world: World) -> None:
    client = world.client()
    whole_campaign(world)
    query = "SELECT ad_group.primary_status, ad_group_ad.primary_status, ad_group_ad.primary_status_reasons FROM ad_group_ad"
    row = world.search(query)[0]
    assert row.ad_group_ad.primary_status == client.enums.AdGroupAdPrimaryStatusEnum.ELIGIBLE
    with world.store.transaction() as tx:
        tx.update(tx.find("google", world.customer, "campaign")[0], status="PAUSED")
    row = world.search(query)[0]
    assert row.ad_group.primary_status == client.enums.AdGroupPrimaryStatusEnum.NOT_ELIGIBLE
    assert row.ad_group_ad.primary_status == client.enums.AdGroupAdPrimaryStatusEnum.NOT_ELIGIBLE
    assert list(row.ad_group_ad.primary_status_reasons) == [client.enums.AdGroupAdPrimaryStatusReasonEnum.CAMPAIGN_PAUSED]


def test_a_campaigns_primary_status_follows_its_flight(world: World) -> None:
    enums = world.client().enums.CampaignPrimaryStatusEnum
    wanted = request(world)
    campaign = wanted.campaign(wanted.budget().resource_name)
    campaign.start_date_time, campaign.end_date_time = "2027-03-03 00:00:00", "2027-03-05 23:59:59"
    wanted.ad_group(campaign.resource_name)
    names_of(wanted.send())
    seen = []
    for hours in (0, 48, 72):
        moment = datetime(2027, 3, 1, 9, tzinfo=UTC) + timedelta(hours=hours)
        world.clock.set(moment)
        row = world.search("SELECT campaign.primary_status FROM campaign")[0]
        seen.append(row.campaign.primary_status)
    world.clock.set(datetime(2027, 3, 6, 9, tzinfo=UTC))
    seen.append(world.search("SELECT campaign.primary_status FROM campaign")[0].campaign.primary_status)
    assert seen == [enums.PENDING, enums.ELIGIBLE, enums.ELIGIBLE, enums.ENDED]
