"""What the platform refuses, kind by kind, with its documented error and the place in the request."""

import pytest

from tests.sandbox.google.campaigns import names_of, request, whole_campaign
from tests.sandbox.google.changes import Change, clear, put, refusal
from tests.sandbox.google.pictures import picture
from tests.sandbox.google.world import World, codes

BUDGETS = [
    (put("name", ""), "field_error.REQUIRED", "name"),
    (put("name", "x" * 256), "string_length_error.TOO_LONG", "name"),
    (clear("amount_micros"), "field_error.REQUIRED", "amount_micros"),
    (put("amount_micros", -10_000), "campaign_budget_error.NEGATIVE_MONEY_AMOUNT", "amount_micros"),
    (put("amount_micros", 20_000_001), "campaign_budget_error.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT", "amount_micros"),
    (put("amount_micros", 10_000), "campaign_budget_error.BUDGET_BELOW_PER_DAY_MINIMUM", "amount_micros"),
    (put("amount_micros", 2 * 10**15), "campaign_budget_error.MONEY_AMOUNT_TOO_LARGE", "amount_micros"),
    (
        put("total_amount_micros", 1_000_000),
        "campaign_budget_error.TOTAL_BUDGET_AMOUNT_MUST_BE_UNSET_FOR_BUDGET_PERIOD_DAILY",
        "total_amount_micros",
    ),
]


@pytest.mark.parametrize(("change", "code", "path"), BUDGETS)
def test_a_budget_is_checked(world: World, change: Change, code: str, path: str) -> None:
    wanted = request(world)
    change(wanted.budget(shared=True))
    assert refusal(wanted) == (code, path)


def test_a_budget_below_the_minimum_says_what_the_minimum_is(world: World) -> None:
    from google.ads.googleads.errors import GoogleAdsException

    wanted = request(world)
    wanted.budget(micros=10_000)
    with pytest.raises(GoogleAdsException) as caught:
        wanted.send()
    details = caught.value.failure.errors[0].details.budget_per_day_minimum_error_details
    assert (details.currency_code, details.failed_budget_amount_micros) == ("EUR", 10_000)
    assert details.minimum_budget_amount_micros == 100_000


def test_yen_have_no_fraction(world: World) -> None:
    customer = world.add_customer("2222222222", currency="JPY", time_zone="Asia/Tokyo")
    wanted = request(world, customer)
    wanted.budget(micros=1_000_500_000)
    assert refusal(wanted)[0] == "campaign_budget_error.NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"
    wanted.operations[0].campaign_budget_operation.create.amount_micros = 1_000_000_000
    assert names_of(wanted.send())[0]


def test_shared_budgets_have_different_names(world: World) -> None:
    wanted = request(world)
    wanted.budget("Same", shared=True)
    wanted.budget("Same", shared=True)
    assert refusal(wanted) == ("campaign_budget_error.DUPLICATE_NAME", "name")


def test_a_budget_in_use_cannot_be_removed(world: World) -> None:
    names = whole_campaign(world)
    operation = world.client().get_type("CampaignBudgetOperation")
    operation.remove = names.budget
    service = world.client().get_service("CampaignBudgetService")
    call = lambda: service.mutate_campaign_budgets(customer_id=world.customer, operations=[operation])  # noqa: E731
    assert codes(call) == ["campaign_budget_error.CAMPAIGN_BUDGET_IN_USE"]


CAMPAIGNS = [
    (put("name", ""), "field_error.REQUIRED", "name"),
    (put("name", "a\nb"), "campaign_error.INVALID_CAMPAIGN_NAME", "name"),
    (clear("advertising_channel_type"), "field_error.REQUIRED", "advertising_channel_type"),
    (clear("campaign_budget"), "field_error.REQUIRED", "campaign_budget"),
    (clear("target_spend"), "field_error.REQUIRED", "campaign_bidding_strategy"),
    (clear("contains_eu_political_advertising"), "field_error.REQUIRED", "contains_eu_political_advertising"),
    (put("maximize_conversions.target_cpa_micros", 0), "campaign_error.CONVERSION_TRACKING_NOT_ENABLED", "maximize_conversions"),
    (put("status", 4), "operation_access_denied_error.CREATE_AS_REMOVED_NOT_PERMITTED", "status"),
    (put("start_date_time", "soon"), "date_error.INVALID_STRING_DATE_TIME_SECONDS", "start_date_time"),
    (put("start_date_time", "2027-02-30 00:00:00"), "date_error.INVALID_STRING_DATE_TIME_SECONDS", "start_date_time"),
    (put("start_date_time", "2027-02-28 00:00:00"), "campaign_error.CANNOT_SET_DATE_TO_PAST", "start_date_time"),
    (
        put("start_date_time", "2027-03-05 12:00:00"),
        "date_error.DATE_RANGE_ERROR_START_TIME_MUST_BE_THE_START_OF_A_DAY",
        "start_date_time",
    ),
    (
        put("end_date_time", "2027-03-05 00:00:00"),
        "date_error.DATE_RANGE_ERROR_END_TIME_MUST_BE_THE_END_OF_A_DAY",
        "end_date_time",
    ),
    (
        put("network_settings.target_search_network", True),
        "campaign_error.CANNOT_TARGET_SEARCH_NETWORK_WITHOUT_GOOGLE_SEARCH",
        "network_settings.target_search_network",
    ),
    (
        put("network_settings.target_google_search", False),
        "campaign_error.CAMPAIGN_MUST_TARGET_AT_LEAST_ONE_NETWORK",
        "network_settings",
    ),
]


@pytest.mark.parametrize(("change", "code", "path"), CAMPAIGNS)
def test_a_campaign_is_checked(world: World, change: Change, code: str, path: str) -> None:
    wanted = request(world)
    change(wanted.campaign(wanted.budget().resource_name))
    assert refusal(wanted) == (code, path)


def test_a_campaign_that_ends_before_it_starts_is_refused(world: World) -> None:
    wanted = request(world)
    campaign = wanted.campaign(wanted.budget().resource_name)
    campaign.start_date_time, campaign.end_date_time = "2027-03-09 00:00:00", "2027-03-08 23:59:59"
    assert refusal(wanted) == ("date_range_error.START_DATE_AFTER_END_DATE", "end_date_time")


def test_both_documented_forms_of_a_date_are_read_and_one_is_shown(world: World) -> None:
    wanted = request(world)
    campaign = wanted.campaign(wanted.budget().resource_name)
    campaign.start_date_time, campaign.end_date_time = "20270305 00:00:00", "2027-03-31 23:59:59"
    wanted.send()
    row = world.search("SELECT campaign.start_date_time, campaign.end_date_time FROM campaign")[0]
    assert (row.campaign.start_date_time, row.campaign.end_date_time) == ("2027-03-05 00:00:00", "2027-03-31 23:59:59")


def test_today_is_the_customers_own_day(world: World) -> None:
    """At 08:00 UTC on 1 March it is still 28 February in Honolulu."""
    customer = world.add_customer("3333333333", currency="USD", time_zone="Pacific/Honolulu")
    wanted = request(world, customer)
    wanted.campaign(wanted.budget().resource_name).start_date_time = "2027-02-28 00:00:00"
    assert names_of(wanted.send())[1]


def test_a_campaign_is_enabled_unless_it_says_otherwise(world: World) -> None:
    wanted = request(world)
    wanted.campaign(wanted.budget().resource_name).ClearField("status")
    wanted.send()
    row = world.search("SELECT campaign.status FROM campaign")[0]
    assert row.campaign.status == world.client().enums.CampaignStatusEnum.ENABLED


@pytest.mark.parametrize("status", ["ENABLED", "PAUSED"])
def test_active_and_paused_campaigns_have_different_names(world: World, status: str) -> None:
    wanted = request(world)
    wanted.campaign(wanted.budget("One").resource_name, "Same", status=status)
    wanted.campaign(wanted.budget("Two").resource_name, "Same")
    assert refusal(wanted) == ("campaign_error.DUPLICATE_CAMPAIGN_NAME", "name")


def test_a_budget_that_is_not_shared_pays_for_one_campaign(world: World) -> None:
    wanted = request(world)
    budget = wanted.budget().resource_name
    wanted.campaign(budget, "One")
    wanted.campaign(budget, "Two")
    code = "campaign_budget_error.CANNOT_USE_IMPLICITLY_SHARED_CAMPAIGN_BUDGET_WITH_MULTIPLE_CAMPAIGNS"
    assert refusal(wanted) == (code, "campaign_budget")


def test_bidding_for_conversions_works_once_there_is_a_conversion_action(world: World) -> None:
    wanted = request(world)
    wanted.conversion_action()
    wanted.campaign(wanted.budget().resource_name).maximize_conversions.target_cpa_micros = 5_000_000
    assert all(names_of(wanted.send()))


AD_GROUPS = [
    (put("name", ""), "field_error.REQUIRED", "name"),
    (put("name", "x" * 256), "string_length_error.TOO_LONG", "name"),
    (clear("campaign"), "field_error.REQUIRED", "campaign"),
    (put("cpc_bid_micros", -10_000), "bidding_error.BID_TOO_SMALL", "cpc_bid_micros"),
    (put("cpc_bid_micros", 10_001), "bidding_error.BID_TOO_MANY_FRACTIONAL_DIGITS", "cpc_bid_micros"),
]


@pytest.mark.parametrize(("change", "code", "path"), AD_GROUPS)
def test_an_ad_group_is_checked(world: World, change: Change, code: str, path: str) -> None:
    wanted = request(world)
    change(wanted.ad_group(wanted.campaign(wanted.budget().resource_name).resource_name))
    assert refusal(wanted) == (code, path)


def test_ad_groups_of_a_campaign_have_different_names(world: World) -> None:
    wanted = request(world)
    campaign = wanted.campaign(wanted.budget().resource_name).resource_name
    wanted.ad_group(campaign, "Same")
    wanted.ad_group(campaign, "Same")
    assert refusal(wanted) == ("ad_group_error.DUPLICATE_ADGROUP_NAME", "name")


CONVERSIONS = [
    (put("name", ""), "field_error.REQUIRED"),
    (clear("type_"), "field_error.REQUIRED"),
    (put("click_through_lookback_window_days", 91), "range_error.TOO_HIGH"),
]


@pytest.mark.parametrize(("change", "code"), CONVERSIONS)
def test_a_conversion_action_is_checked(world: World, change: Change, code: str) -> None:
    wanted = request(world)
    change(wanted.conversion_action())
    assert refusal(wanted)[0] == code


def test_conversion_actions_have_different_names(world: World) -> None:
    wanted = request(world)
    wanted.conversion_action("Same")
    wanted.conversion_action("Same")
    assert refusal(wanted) == ("conversion_action_error.DUPLICATE_NAME", "name")


def test_nothing_can_be_added_below_a_removed_campaign(world: World) -> None:
    names = whole_campaign(world)
    operation = world.client().get_type("CampaignOperation")
    operation.remove = names.campaign
    service = world.client().get_service("CampaignService")
    service.mutate_campaigns(customer_id=world.customer, operations=[operation])
    wanted = request(world)
    wanted.ad_group(names.campaign, "New")
    assert refusal(wanted) == ("context_error.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE", "campaign")


def test_an_image_asset_keeps_size_and_type_and_equal_images_are_one(world: World) -> None:
    service, operations = world.client().get_service("AssetService"), []
    for _ in range(2):
        operation = world.client().get_type("AssetOperation")
        operation.create.name = "Logo"
        operation.create.image_asset.data = picture(20, 10)
        operations.append(operation)
    answered = service.mutate_assets(customer_id=world.customer, operations=operations)
    assert len({result.resource_name for result in answered.results}) == 1
    row = world.search(
        "SELECT asset.name, asset.image_asset.file_size, asset.image_asset.mime_type, asset.image_asset.full_size.width_pixels,"
        " asset.image_asset.full_size.height_pixels FROM asset"
    )[0]
    assert (row.asset.image_asset.file_size, row.asset.name) == (len(picture(20, 10)), "Logo")
    assert (row.asset.image_asset.full_size.width_pixels, row.asset.image_asset.full_size.height_pixels) == (20, 10)
    assert row.asset.image_asset.mime_type == world.client().enums.MimeTypeEnum.IMAGE_PNG
