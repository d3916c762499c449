"""What is live on Meta, over the wire: changed in place, compared, surveyed, and what Meta thinks of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.zamc.deployments.conftest import EUR
from tests.zamc.platforms.meta_stage import INSTALLATION, Stage, free, running
from zamc.deployments.ports import Item
from zamc.deployments.rules import installation_prefix
from zamc.deployments.tree import Wanted

PREFIX = installation_prefix(INSTALLATION)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with running(tmp_path) as made:
        yield made


def built(stage: Stage, **changes: Any) -> tuple[list[Wanted], dict[UUID, str]]:
    tree = [each for each in stage.tree(**changes) if each.kind in ("campaign", "ad_set")]
    return tree, stage.build(tree)


def change(item: Item, **spec: object) -> Item:
    return replace(item, spec=spec)


def test_only_the_fields_of_a_change_are_changed(stage: Stage) -> None:
    tree, bound = built(stage)
    campaign, german, english = stage.items(tree, bound)
    before = stage.platform.values([campaign, german, english])
    assert before[campaign.obj_key] == {"name": "Padaria | Spring | leads", "daily_budget": None}
    assert before[german.obj_key] == {"name": "Padaria | Spring | de", "daily_budget": 2_000, "ends_on": "2027-04-01"}
    changes = [change(campaign, name="Padaria | Summer"), change(german, daily_budget=2_500, ends_on="2027-04-15")]
    assert stage.platform.update(changes, guard=free) == {}
    after = stage.platform.values([campaign, german, english])
    assert after[campaign.obj_key] == {"name": "Padaria | Summer", "daily_budget": None}
    assert after[german.obj_key] == {"name": "Padaria | Spring | de", "daily_budget": 2_500, "ends_on": "2027-04-15"}
    assert after[english.obj_key] == before[english.obj_key]
    assert campaign.marker in stage.brand.get(str(campaign.external_id), fields="name")["name"]


def test_an_end_can_be_taken_away(stage: Stage) -> None:
    tree, bound = built(stage)
    ad_set = stage.items(tree, bound, "ad_set")[0]
    assert stage.platform.update([change(ad_set, ends_on=None)], guard=free) == {}
    assert stage.platform.values([ad_set])[ad_set.obj_key]["ends_on"] is None


def test_budgets_of_sibling_ad_sets_change_in_requests_of_their_own(stage: Stage) -> None:
    tree, bound = built(stage)
    stage.sent()
    changes = [change(item, daily_budget=2_100) for item in stage.items(tree, bound, "ad_set")]
    assert stage.platform.update(changes, guard=free) == {}
    assert [calls for _, _, calls in stage.requests] == [1, 1]


def test_what_is_gone_has_no_values(stage: Stage) -> None:
    tree, bound = built(stage)
    campaign, german, _ = stage.items(tree, bound)
    stage.platform.remove("ad_set", str(german.external_id), guard=free)
    assert set(stage.platform.values([campaign, german, replace(german, obj_key=UUID(int=7), external_id="404")])) == {campaign.obj_key}


def test_a_survey_shows_everything_of_ours_and_later_only_what_may_have_changed(stage: Stage) -> None:
    tree = stage.tree(languages=["de"])
    bound = stage.build(tree)
    stage.brand.tree()
    shown = [each for page in stage.platform.survey(PREFIX, since=None) for each in page]
    by_id = {each.external_id: each for each in shown}
    assert set(by_id) == {bound[each.obj_key] for each in tree if each.kind in ("campaign", "ad_set", "ad")}
    root = bound[tree[0].obj_key]
    assert {each.owner for each in shown} == {root}
    [ad_set] = [each for each in shown if each.kind == "ad_set"]
    assert (ad_set.budget_micros, ad_set.ends_on, ad_set.status) == (40 * EUR, "2027-04-01", "paused")
    assert (by_id[root].ends_on, by_id[root].budget_micros) == ("", None)
    stage.advance(3_600)
    since = stage.world.clock.now() - timedelta(seconds=60)
    assert [each.kind for page in stage.platform.survey(PREFIX, since=since) for each in page] == ["campaign"]
    stage.brand.post(ad_set.external_id, status="ACTIVE")
    later = [each for page in stage.platform.survey(PREFIX, since=since) for each in page]
    assert [(each.kind, each.status) for each in later] == [("campaign", "paused"), ("ad_set", "enabled")]


def test_a_review_s_verdict_is_seen_though_nobody_changed_anything(stage: Stage) -> None:
    tree = stage.tree(languages=["de"])
    bound = stage.build(tree)
    ad = stage.items(tree, bound, "ad")[0]
    stage.world.post("meta/review", id=ad.external_id, verdict="DISAPPROVED")
    stage.advance(3_600)
    since = stage.world.clock.now() - timedelta(seconds=60)
    shown = [each for page in stage.platform.survey(PREFIX, since=since) for each in page if each.kind == "ad"]
    assert [(each.external_id, each.delivery) for each in shown] == [(ad.external_id, "DISAPPROVED")]
    observed = stage.platform.read([ad])[ad.obj_key]
    assert observed.delivery == "DISAPPROVED"
    assert observed.details["reasons"] == ["Ad Disapproved"]
    assert {"topic": "Advertising Standards", "type": "global"} in observed.details["topics"]
    assert {"topic": "Advertising Standards", "type": "facebook"} in observed.details["topics"]
    ad_set = stage.items(tree, bound, "ad_set")[0]
    assert stage.platform.read([ad_set])[ad_set.obj_key].details["learning"] == "LEARNING"


def test_the_account_s_standing_is_told_beside_its_campaigns(stage: Stage) -> None:
    tree, bound = built(stage)
    root = stage.items(tree, bound, "campaign")[0]
    assert stage.platform.account().status == "active"
    assert stage.platform.read([root])[root.obj_key].details["account_status"] == "ACTIVE"
    stage.world.post("meta/status", account=stage.brand.id, account_status=2)
    assert (stage.platform.account().status, stage.platform.account().word) == ("blocked", "DISABLED")
    assert stage.platform.read([root])[root.obj_key].details["account_status"] == "DISABLED"


def test_history_tells_who_changed_what(stage: Stage) -> None:
    tree, bound = built(stage)
    start = stage.world.clock.now()
    german = stage.items(tree, bound, "ad_set")[0]
    stage.advance(60)
    stage.platform.update([change(german, daily_budget=2_500)], guard=free)
    stage.world.post("edit", platform="meta", id=german.external_id, actor="Bea", body={"daily_budget": "9900"})
    end = stage.world.clock.now() + timedelta(seconds=5)
    told = stage.platform.history(start, end)
    assert [(each.kind, each.external_id, each.fields) for each in told] == [
        ("ad_set", german.external_id, ("update_ad_set_budget",)),
        ("ad_set", german.external_id, ("update_ad_set_budget",)),
    ]
    assert (told[0].who, told[0].through) == ("Bea", "Ads Manager")
    assert told[1].who != "Bea"
    assert stage.platform.history(end + timedelta(days=1), end + timedelta(days=2)) == []
