"""Writing through the real SDK: atomic requests, temporary ids, validate_only, partial failure, updates, removals."""

import threading
from pathlib import Path
from typing import Any

import pytest
from google.ads.googleads.errors import GoogleAdsException
from google.api_core import protobuf_helpers

from tests.sandbox.google.campaigns import names_of, request, whole_campaign
from tests.sandbox.google.world import World, codes, errors, read_error, running

CAMPAIGNS = "SELECT campaign.id, campaign.name, campaign.status FROM campaign"


def test_one_request_creates_a_whole_campaign_by_temporary_ids(world: World) -> None:
    names = whole_campaign(world)
    row = world.search(
        "SELECT campaign.resource_name, campaign.campaign_budget, campaign.bidding_strategy_type, ad_group.campaign,"
        " ad_group_ad.resource_name, ad_group_ad.ad.final_urls FROM ad_group_ad"
    )[0]
    assert (row.campaign.resource_name, row.campaign.campaign_budget) == (names.campaign, names.budget)
    assert (row.ad_group.campaign, row.ad_group_ad.resource_name) == (names.campaign, names.ad)
    assert list(row.ad_group_ad.ad.final_urls) == ["https://example.com/"]
    assert names.location.endswith("~2276")
    assert names.language.endswith("~1001")


def test_a_failing_operation_leaves_nothing_of_the_request(world: World) -> None:
    wanted = request(world)
    campaign = wanted.campaign(wanted.budget().resource_name)
    campaign.name = ""
    assert errors(wanted.send) == [
        (
            "field_error.REQUIRED",
            "The required field was not present.",
            "mutate_operations[1].campaign_operation.create.name",
        )
    ]
    assert world.search("SELECT campaign_budget.id FROM campaign_budget") == []


def test_what_hangs_on_a_failed_temporary_id_says_so(world: World) -> None:
    wanted = request(world)
    campaign = wanted.campaign(wanted.budget().resource_name)
    campaign.name = ""
    wanted.ad_group(campaign.resource_name)
    assert codes(wanted.send) == ["field_error.REQUIRED", "new_resource_creation_error.TEMP_ID_RESOURCE_HAD_ERRORS"]


def test_a_temporary_id_is_used_once_in_a_request_over_all_types(world: World) -> None:
    wanted = request(world)
    budget = wanted.budget()
    campaign = wanted.campaign(budget.resource_name)
    campaign.resource_name = f"customers/{world.customer}/campaigns/{budget.resource_name.rsplit('/', 1)[-1]}"
    assert codes(wanted.send) == ["new_resource_creation_error.DUPLICATE_TEMP_IDS"]


def test_a_temporary_id_is_forgotten_after_the_request(world: World) -> None:
    wanted = request(world)
    name = wanted.budget().resource_name
    wanted.send()
    later = request(world)
    later.campaign(name)
    assert codes(later.send) == ["mutate_error.RESOURCE_NOT_FOUND"]


def test_a_new_resource_cannot_choose_its_id(world: World) -> None:
    wanted = request(world)
    wanted.budget().resource_name = f"customers/{world.customer}/campaignBudgets/77"
    assert codes(wanted.send) == ["new_resource_creation_error.CANNOT_SET_ID_FOR_CREATE"]


def test_validate_only_answers_errors_and_keeps_nothing(world: World) -> None:
    wanted = request(world)
    wanted.campaign(wanted.budget().resource_name)
    assert len(wanted.send(validate_only=True).mutate_operation_responses) == 0
    assert world.search(CAMPAIGNS) == []
    wanted.operations[1].campaign_operation.create.name = ""
    assert codes(lambda: wanted.send(validate_only=True)) == ["field_error.REQUIRED"]


def test_partial_failure_keeps_what_is_valid_and_names_the_rest_by_index(world: World) -> None:
    wanted = request(world)
    wanted.budget("One", shared=True)
    wanted.budget("", shared=True)
    wanted.budget("Three", shared=True)
    response = wanted.send(partial_failure=True)
    assert [bool(name) for name in names_of(response)] == [True, False, True]
    assert response.partial_failure_error.code == 3
    failure = world.client().get_type("GoogleAdsFailure")
    response.partial_failure_error.details[0].Unpack(failure)
    assert [read_error(error)[::2] for error in failure.errors] == [
        ("field_error.REQUIRED", "mutate_operations[1].campaign_budget_operation.create.name")
    ]
    found = world.search("SELECT campaign_budget.name FROM campaign_budget")
    assert [row.campaign_budget.name for row in found] == ["One", "Three"]


def test_the_mutable_resource_comes_back_on_request(world: World) -> None:
    wanted = request(world)
    wanted.budget("Shared", shared=True)
    mutable = world.client().enums.ResponseContentTypeEnum.MUTABLE_RESOURCE
    answered = wanted.send(response_content_type=mutable).mutate_operation_responses[0].campaign_budget_result
    assert answered.campaign_budget.amount_micros == 20_000_000
    assert answered.campaign_budget.resource_name == answered.resource_name


def _update(world: World, service: str, operation: str, message: Any, *paths: str) -> Any:
    made = world.client().get_type(operation)
    made.update.CopyFrom(message)
    made.update_mask.paths.extend(paths)
    client = world.client().get_service(service)
    method = {"CampaignService": "mutate_campaigns", "CampaignBudgetService": "mutate_campaign_budgets"}[service]
    return getattr(client, method)(customer_id=world.customer, operations=[made])


def _campaign(world: World, resource_name: str, **fields: Any) -> Any:
    made = world.client().get_type("Campaign")
    made.resource_name = resource_name
    for key, value in fields.items():
        setattr(made, key, value)
    return made


def test_an_update_changes_what_its_mask_names_and_nothing_else(world: World) -> None:
    names = whole_campaign(world)
    paused = world.client().enums.CampaignStatusEnum.PAUSED
    _update(world, "CampaignService", "CampaignOperation", _campaign(world, names.campaign, status=paused, name="x"), "status")
    row = world.search(CAMPAIGNS)[0]
    assert (row.campaign.status, row.campaign.name) == (paused, "Campaign")


def test_a_mask_made_by_the_sdks_helper_works(world: World) -> None:
    names = whole_campaign(world)
    campaign = _campaign(world, names.campaign)
    campaign.network_settings.target_google_search = True
    mask = protobuf_helpers.field_mask(None, campaign)
    _update(world, "CampaignService", "CampaignOperation", campaign, *mask.paths)
    row = world.search("SELECT campaign.network_settings.target_google_search FROM campaign")[0]
    assert row.campaign.network_settings.target_google_search


def test_another_bidding_strategy_replaces_the_one_before(world: World) -> None:
    names = whole_campaign(world)
    campaign = _campaign(world, names.campaign)
    campaign.manual_cpc.enhanced_cpc_enabled = False
    _update(world, "CampaignService", "CampaignOperation", campaign, "manual_cpc.enhanced_cpc_enabled")
    row = world.search("SELECT campaign.bidding_strategy_type, campaign.target_spend.cpc_bid_ceiling_micros FROM campaign")[0]
    assert row.campaign.bidding_strategy_type == world.client().enums.BiddingStrategyTypeEnum.MANUAL_CPC
    assert not row.campaign.HasField("target_spend")


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ((), "field_mask_error.FIELD_MASK_MISSING"),
        (("nonsense",), "field_mask_error.FIELD_NOT_FOUND"),
        (("network_settings",), "field_mask_error.FIELD_HAS_SUBFIELDS"),
        (("advertising_channel_type",), "field_error.IMMUTABLE_FIELD"),
        (("serving_status",), "mutate_error.RESOURCE_READ_ONLY"),
    ],
)
def test_a_mask_must_name_fields_that_can_be_written(world: World, paths: tuple[str, ...], expected: str) -> None:
    names = whole_campaign(world)
    campaign = _campaign(world, names.campaign)
    assert codes(lambda: _update(world, "CampaignService", "CampaignOperation", campaign, *paths)) == [expected]


def _remove(world: World, name: str) -> Any:
    operation = world.client().get_type("CampaignOperation")
    operation.remove = name
    service = world.client().get_service("CampaignService")
    return service.mutate_campaigns(customer_id=world.customer, operations=[operation])


def test_a_removed_campaign_stays_readable_frees_its_name_and_cannot_be_changed(world: World) -> None:
    names = whole_campaign(world)
    _remove(world, names.campaign)
    enums = world.client().enums.CampaignStatusEnum
    assert [row.campaign.status for row in world.search(CAMPAIGNS)] == [enums.REMOVED]
    change = _campaign(world, names.campaign, status=enums.ENABLED)
    gone = "context_error.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
    assert codes(lambda: _update(world, "CampaignService", "CampaignOperation", change, "status")) == [gone]
    assert codes(lambda: _remove(world, names.campaign)) == [gone]
    assert whole_campaign(world).campaign != names.campaign


def test_one_request_changes_a_resource_once(world: World) -> None:
    names = whole_campaign(world)
    operations = []
    for status in ("PAUSED", "ENABLED"):
        made = world.client().get_type("CampaignOperation")
        made.update.resource_name = names.campaign
        made.update.status = world.client().enums.CampaignStatusEnum.CampaignStatus.Value(status)
        made.update_mask.paths.append("status")
        operations.append(made)
    service = world.client().get_service("CampaignService")
    call = lambda: service.mutate_campaigns(customer_id=world.customer, operations=operations)  # noqa: E731
    assert codes(call) == ["mutate_error.ID_EXISTS_IN_MULTIPLE_MUTATES"]


def test_a_location_can_be_removed_and_targeted_again(world: World) -> None:
    names = whole_campaign(world)
    service = world.client().get_service("CampaignCriterionService")
    operation = world.client().get_type("CampaignCriterionOperation")
    operation.remove = names.location
    service.mutate_campaign_criteria(customer_id=world.customer, operations=[operation])
    again = request(world)
    again.location(names.campaign)
    assert names_of(again.send()) == [names.location]
    live = "SELECT campaign_criterion.criterion_id FROM campaign_criterion WHERE campaign_criterion.status = ENABLED"
    assert sorted(row.campaign_criterion.criterion_id for row in world.search(live)) == [1001, 2276]


def test_the_same_keyword_twice_is_one_keyword(world: World) -> None:
    names = whole_campaign(world)
    again = request(world)
    again.keyword(names.ad_group, "  3D   Software ")
    assert names_of(again.send()) == [names.keyword]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "request_error.RESOURCE_NAME_MISSING"),
        ("customers/1/campaigns", "request_error.RESOURCE_NAME_MALFORMED"),
        ("customers/1234567890/adGroups/5", "request_error.RESOURCE_NAME_MALFORMED"),
        ("customers/1234567890/campaigns/5", "mutate_error.RESOURCE_NOT_FOUND"),
        ("customers/1111111111/campaigns/5", "mutate_error.RESOURCE_NOT_FOUND"),
    ],
)
def test_a_resource_name_must_be_well_formed_and_known(world: World, name: str, expected: str) -> None:
    change = _campaign(world, name, status=world.client().enums.CampaignStatusEnum.PAUSED)
    assert codes(lambda: _update(world, "CampaignService", "CampaignOperation", change, "status")) == [expected]


def test_a_request_holds_no_more_than_ten_thousand_operations(world: World) -> None:
    wanted = request(world)
    wanted.budget()
    wanted.operations *= 10_001
    assert codes(wanted.send) == ["request_error.TOO_MANY_MUTATE_OPERATIONS"]


def test_a_request_without_operations_is_refused(world: World) -> None:
    assert codes(request(world).send) == ["request_error.REQUIRED_FIELD_MISSING"]


def test_an_enum_value_of_another_version_is_refused(world: World) -> None:
    wanted = request(world)
    wanted.campaign(wanted.budget().resource_name).status = 4711
    assert errors(wanted.send)[0][::2] == (
        "request_error.INVALID_ENUM_VALUE",
        "mutate_operations[1].campaign_operation.create.status",
    )


def test_of_two_requests_at_once_for_one_name_one_succeeds(world: World) -> None:
    """The store lets one writer in at a time, so the second sees the first one's name."""
    outcomes = []

    def create() -> None:
        wanted = request(world)
        wanted.campaign(wanted.budget().resource_name, "Same")
        try:
            wanted.send()
            outcomes.append("made")
        except GoogleAdsException as error:
            outcomes.append(read_error(error.failure.errors[0])[0])

    world.client().get_service("GoogleAdsService")
    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["campaign_error.DUPLICATE_CAMPAIGN_NAME"] * 3 + ["made"]
    assert len(world.search(CAMPAIGNS)) == 1


def test_a_manager_has_no_campaigns_of_its_own(world: World) -> None:
    wanted = request(world, world.add_customer("5555555555", manager=True))
    wanted.budget()
    assert codes(wanted.send) == ["request_error.CANNOT_BE_EXECUTED_BY_MANAGER_ACCOUNT"]


def test_state_survives_a_restart_of_the_server(world: World, tmp_path: Path) -> None:
    names = whole_campaign(world)
    with running(tmp_path / "sandbox.sqlite", now=None) as again:
        again.customer = world.customer
        assert [row.campaign.resource_name for row in again.search(CAMPAIGNS)] == [names.campaign]


def test_every_call_is_logged_with_its_outcome(world: World) -> None:
    whole_campaign(world)
    codes(request(world).send)
    assert [method for method, _ in world.calls()] == ["GoogleAdsService/Mutate", "GoogleAdsService/Mutate"]
    assert world.calls()[0][1] == "OK"
    assert world.calls()[1][1].startswith("request_error.REQUIRED_FIELD_MISSING")
