"""The account's log: who changed what, ours and other people's."""

import json

from facebook_business.adobjects.adset import AdSet

from tests.sandbox.world import Advertiser, World

FIELDS = ["event_type", "actor_name", "application_name", "object_id", "object_name", "object_type", "extra_data", "event_time"]


def test_the_log_tells_our_changes_from_a_person_s(world: World, brand: Advertiser) -> None:
    campaign, adset, (ad,) = brand.tree()
    AdSet(adset, api=brand.api).api_update(params={"daily_budget": 2500})
    world.post("edit", platform="meta", id=adset, body={"daily_budget": "9000"}, actor="Maria")
    world.post("edit", platform="meta", id=campaign, status="PAUSED", name="Hands off")
    shown = list(brand.account.get_activities(fields=FIELDS))
    told = [(a["event_type"], a["actor_name"], a["object_id"]) for a in shown]
    assert told[:4] == [
        ("update_campaign_run_status", "somebody@example.com", campaign),
        ("update_campaign_name", "somebody@example.com", campaign),
        ("update_ad_set_budget", "Maria", adset),
        ("update_ad_set_budget", "Sandbox system user", adset),
    ]
    assert {("create_campaign_group", campaign), ("create_ad_set", adset), ("create_ad", ad)} <= {(e, o) for e, _, o in told}
    assert json.loads(shown[2]["extra_data"]) == {"old_value": "2500", "new_value": "9000"}
    assert (shown[2]["application_name"], shown[3]["application_name"]) == ("Ads Manager", "Sandbox")
    assert (shown[0]["object_name"], shown[0]["object_type"]) == ("Hands off", "CAMPAIGN")


def test_the_log_can_be_narrowed_by_object_and_time_and_read_in_pages(world: World, brand: Advertiser) -> None:
    first, second = brand.campaign(name="A"), brand.campaign(name="B")
    world.clock.advance(8 * 86_400)
    brand.post(second, name="C", status="ACTIVE")
    assert [a["object_id"] for a in brand.account.get_activities(fields=["object_id"])] == [second, second]
    paged = brand.account.get_activities(fields=["event_type", "object_id"], params={"since": 0, "limit": 2})
    whole = brand.get(brand.id, "activities", fields="event_type,object_id", since=0, limit=100)["data"]
    assert [(a["event_type"], a["object_id"]) for a in paged] == [(a["event_type"], a["object_id"]) for a in whole]
    assert len(whole) == 4
    old = brand.account.get_activities(fields=["object_id", "event_type"], params={"since": 0, "limit": 1, "oid": second})
    assert [a["event_type"] for a in old] == ["update_campaign_run_status", "update_campaign_name", "create_campaign_group"]
    assert first in [a["object_id"] for a in brand.account.get_activities(fields=["object_id"], params={"since": 0})]
