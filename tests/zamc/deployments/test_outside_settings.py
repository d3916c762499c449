"""What somebody changes outside where no survey looks, and what a person has accepted as off: recorded, kept, put back."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import Stage
from tests.zamc.deployments.fake import Thing
from zamc.deployments.ports import OutsideChange
from zamc.deployments.watch_tables import Drift
from zamc.errors import Conflict


@pytest.fixture
def live(stage: Stage) -> Stage:
    stage.begin()
    stage.launch()
    stage.both_live_once()
    stage.service().watch()
    return stage


def _thing(stage: Stage, kind: str) -> Thing:
    return next(thing for thing in stage.google.alive() if thing.kind == kind)


def _drifts(stage: Stage) -> list[tuple[str, str, Any, Any]]:
    with stage.database.transaction() as session:
        rows = session.scalars(select(Drift).order_by(Drift.id))
        return [(row.field, row.state, row.wanted["value"], row.seen["value"]) for row in rows]


def _decide(stage: Stage, answer: str) -> None:
    with stage.database.transaction() as session:
        found = session.scalars(select(Drift).order_by(Drift.id.desc()).limit(1)).one()
        getattr(stage.service(), f"{answer}_drift")(session, found.id, by="anna")


def _touched(stage: Stage, thing: Thing, by: str = "eve@example.org") -> None:
    stage.google.changed.append(OutsideChange(thing.kind, thing.external_id, stage.clock.now(), ["criteria"], by))


def _google(stage: Stage) -> UUID:
    return stage.deployment("google_ads").id


def _pause_and_resume(stage: Stage) -> None:
    with stage.database.transaction() as session:
        stage.service().pause(session, _google(stage), by="anna")
    assert stage.service().run_stops().counts["done"] == 1
    with stage.database.transaction() as session:
        stage.service().resume(session, _google(stage), by="anna")
    stage.launch()
    assert stage.deployment("google_ads").status == "live"


def test_another_target_is_recorded_once_with_who_chose_it(live: Stage) -> None:
    campaign = _thing(live, "campaign")
    campaign.aims["locations"] = ["DE", "NL", "US"]
    _touched(live, campaign)
    for _ in range(3):
        live.clock.advance(minutes=1)
        live.service().watch()
    assert _drifts(live) == [("locations", "open", ["DE", "NL"], ["DE", "NL", "US"])]
    with live.database.transaction() as session:
        assert session.scalars(select(Drift.who)).one() == "eve@example.org"
    assert live.events().count("zamc.deployment.drifted") == 1


def test_what_no_history_names_is_found_at_night(live: Stage) -> None:
    _thing(live, "ad").aims["final_url"] = "https://elsewhere.example/"
    live.service().watch()
    assert _drifts(live) == []
    live.service().reconcile()
    assert [(field, seen) for field, _, _, seen in _drifts(live)] == [("final_url", "https://elsewhere.example/")]


def test_a_target_that_is_put_right_again_outside_is_over(live: Stage) -> None:
    campaign = _thing(live, "campaign")
    campaign.aims["locations"] = ["US"]
    _touched(live, campaign)
    live.service().watch()
    live.clock.advance(hours=2)
    live.service().watch()
    campaign.aims["locations"] = ["NL", "DE"]
    live.service().watch()
    assert [state for _, state, _, _ in _drifts(live)] == ["gone"]


def test_a_reverted_target_goes_back_as_a_new_intention(live: Stage) -> None:
    campaign, generation = _thing(live, "campaign"), live.deployment("google_ads").generation
    campaign.aims["locations"] = ["US"]
    _touched(live, campaign)
    live.service().watch()
    _decide(live, "revert")
    live.service().carry_changes()
    assert campaign.aims["locations"] == ["DE", "NL"]
    assert live.deployment("google_ads").generation == generation + 1
    live.clock.advance(hours=1)
    live.service().reconcile()
    assert [state for _, state, _, _ in _drifts(live)] == ["reverted"]


def test_an_accepted_target_is_what_is_wanted_from_then_on(live: Stage) -> None:
    campaign = _thing(live, "campaign")
    campaign.aims["locations"] = ["US"]
    _touched(live, campaign)
    live.service().watch()
    _decide(live, "accept")
    live.service().reconcile()
    assert [state for _, state, _, _ in _drifts(live)] == ["accepted"]
    campaign.aims["locations"] = ["DE", "NL"]
    live.service().reconcile()
    assert [(state, wanted) for _, state, wanted, _ in _drifts(live)][1:] == [("open", ["US"])]


def test_a_project_reverts_targets_by_its_policy(live: Stage) -> None:
    with live.owner.transaction() as session:
        live.service().set_drift_policy(session, live.project_id, {"targeting": "revert"}, by="anna")
    campaign = _thing(live, "campaign")
    campaign.aims["locations"] = ["US"]
    _touched(live, campaign)
    live.service().watch()
    live.service().carry_changes()
    assert campaign.aims["locations"] == ["DE", "NL"]


def test_what_was_changed_by_us_since_it_was_read_is_no_drift(live: Stage) -> None:
    campaign = _thing(live, "campaign")
    campaign.aims["locations"] = ["US"]
    _touched(live, campaign)
    with live.database.transaction() as session:
        row = next(each for each in live.objects() if each.kind == "campaign" and each.platform == "google_ads")
        session.merge(row).spec_hash = "another by now"
        # The look reads this hash, and finds the old one when it decides: what it compared is stale.
    live.google.during["settings"] = lambda: _rehash(live, row.obj_key)
    live.service().watch()
    assert _drifts(live) == []


def _rehash(stage: Stage, obj_key: UUID) -> None:
    from zamc.deployments.tables import PlatformObject

    with stage.database.transaction() as session:
        session.get_one(PlatformObject, obj_key).spec_hash = "newer still"


def test_an_ad_whose_pause_was_accepted_is_not_lit_by_a_later_resume(live: Stage) -> None:
    ad = _thing(live, "ad")
    ad.status = "paused"
    live.service().watch()
    _decide(live, "accept")
    _pause_and_resume(live)
    assert ad.status == "paused"
    assert {thing.status for thing in live.google.alive() if thing.kind == "ad" and thing is not ad} == {"enabled"}
    live.service().reconcile()
    assert [state for _, state, _, _ in _drifts(live)] == ["accepted"]


def test_what_rests_and_is_lit_outside_is_told_and_may_be_put_out_again(live: Stage) -> None:
    ad = _thing(live, "ad")
    ad.status = "paused"
    live.service().watch()
    _decide(live, "accept")
    ad.status = "enabled"
    live.service().watch()
    assert [(field, state) for field, state, _, _ in _drifts(live)] == [("status", "accepted"), ("status", "open")]
    _decide(live, "revert")
    live.service().carry_changes()
    assert ad.status == "paused"
    assert live.deployment("google_ads").status == "live"
    assert _drifts(live)[-1][1] == "reverted"


def test_what_rests_and_is_lit_outside_goes_on_when_a_person_accepts_it(live: Stage) -> None:
    ad = _thing(live, "ad")
    for status in ("paused", "enabled"):
        ad.status = status
        live.service().watch()
        _decide(live, "accept")
    _pause_and_resume(live)
    assert ad.status == "enabled"
    assert not any(row.rests for row in live.objects())


def test_a_group_that_was_accepted_as_removed_does_not_fail_the_next_resume(live: Stage) -> None:
    group = _thing(live, "ad_group")
    below = [thing for thing in live.google.alive() if thing.refs.get("ad_group") == group.external_id]
    for thing in (group, *below):
        thing.status = "removed"
    live.service().watch()
    with live.database.transaction() as session:
        found = session.scalars(select(Drift).order_by(Drift.id)).all()
        assert {row.field for row in found} == {"removed"}
    with live.database.transaction() as session:
        top = next(row for row in found if _kind(live, row.obj_key) == "ad_group")
        live.service().accept_drift(session, top.id, by="anna")
    _pause_and_resume(live)
    assert {row.kind for row in live.objects() if row.desired_status == "removed"} == {"ad_group", "ad"}
    with pytest.raises(Conflict), live.database.transaction() as session:
        live.service().revert_drift(session, top.id, by="anna")


def _kind(stage: Stage, obj_key: UUID) -> str:
    return next(row.kind for row in stage.objects() if row.obj_key == obj_key)
