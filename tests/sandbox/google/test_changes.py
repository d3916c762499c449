"""change_event: what was changed, when, from what to what."""

# ruff: noqa: S608 -- the platform's own query language, not SQL

import pytest

from tests.sandbox.google.campaigns import whole_campaign
from tests.sandbox.google.world import World, codes


def test_changes_are_told_newest_first_with_old_and_new_values(world: World) -> None:
    names = whole_campaign(world)
    world.clock.advance(60)
    operation = world.client().get_type("CampaignOperation")
    operation.update.resource_name = names.campaign
    operation.update.status = world.client().enums.CampaignStatusEnum.PAUSED
    operation.update_mask.paths.append("status")
    service = world.client().get_service("CampaignService")
    service.mutate_campaigns(customer_id=world.customer, operations=[operation])
    row = world.search(
        "SELECT change_event.change_resource_name, change_event.resource_change_operation, change_event.changed_fields,"
        " change_event.old_resource, change_event.new_resource, campaign.name FROM change_event"
        " WHERE change_event.change_date_time DURING TODAY ORDER BY change_event.change_date_time DESC LIMIT 1"
    )[0]
    enums = world.client().enums
    assert row.change_event.change_resource_name == names.campaign
    assert row.change_event.resource_change_operation == enums.ResourceChangeOperationEnum.UPDATE
    assert list(row.change_event.changed_fields.paths) == ["status"]
    assert row.change_event.old_resource.campaign.status == enums.CampaignStatusEnum.ENABLED
    assert row.change_event.new_resource.campaign.status == enums.CampaignStatusEnum.PAUSED
    assert row.campaign.name == "Campaign"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "LIMIT_NOT_SPECIFIED"),
        ("LIMIT 10001", "INVALID_LIMIT_CLAUSE"),
        ("WHERE change_event.change_date_time >= '2027-02-28' LIMIT 5", "CHANGE_DATE_RANGE_INFINITE"),
        ("WHERE change_event.change_date_time BETWEEN '2026-12-01' AND '2027-03-01' LIMIT 5", "START_DATE_TOO_OLD"),
    ],
)
def test_changes_need_a_limit_and_a_recent_finite_range(world: World, query: str, expected: str) -> None:
    call = lambda: world.search(f"SELECT change_event.change_date_time FROM change_event {query}")  # noqa: E731
    assert codes(call) == [f"change_event_error.{expected}"]
