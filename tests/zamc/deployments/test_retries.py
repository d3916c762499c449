"""What was refused before anything of it was planned is taken up again once the reason is gone; nobody decides anything anew."""

from uuid import UUID

import pytest
from sqlalchemy import select, text

from tests.zamc.deployments.conftest import EUR, Stage
from zamc.creatives.tables import Asset
from zamc.deployments import retries
from zamc.deployments.rules import LaunchMode
from zamc.deployments.tables import Deployment
from zamc.errors import Conflict, SpendRefused
from zamc.projects.service import ProjectService
from zamc.projects.tables import AuditEntry


def _retry(stage: Stage, platform: str = "google_ads") -> list[UUID]:
    with stage.database.transaction() as session:
        return [row.id for row in retries.retry(session, stage.clock, stage.deployment(platform).id, by="ana")]


def _again(stage: Stage) -> set[UUID]:
    """Somebody approves the creatives once more."""
    with stage.database.transaction() as session:
        whole = session.scalars(select(Asset).where(Asset.kind == "set")).one()
        return {row.id for row in stage.service().begin(session, whole)}


def _without_policy(stage: Stage) -> None:
    with stage.owner.transaction() as session:
        session.execute(text("DELETE FROM spend_policies"))


def _rows(stage: Stage) -> dict[str, Deployment]:
    with stage.database.transaction() as session:
        return {row.platform: row for row in session.scalars(select(Deployment))}


def test_once_there_is_a_policy_both_are_launched(stage: Stage) -> None:
    _without_policy(stage)
    refused = stage.begin()
    for _ in range(2):
        with pytest.raises(SpendRefused, match="no spend policy"):
            _retry(stage)
    assert (stage.statuses(), stage.reserved(), stage.objects()) == ({"google_ads": "failed", "meta_ads": "failed"}, {}, [])
    stage.allow()
    assert sorted(_retry(stage)) == sorted(refused), "the same two, and no others beside them"
    assert {row.failure for row in _rows(stage).values()} == {None}
    with pytest.raises(Conflict, match="only a failed one"):
        _retry(stage)
    stage.launch()
    stage.both_live_once()
    with stage.database.transaction() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "deployment.retry")).all()
        assert [(each.actor, "no spend policy" in each.details["after"]) for each in entries] == [("ana", True)] * 2


def test_it_waits_at_the_launch_gate_as_at_first(stage: Stage) -> None:
    with stage.database.transaction() as session:
        ProjectService(stage.clock).set_gates(session, stage.project_id, {"launch": "person"}, by="ana")
    _without_policy(stage)
    stage.begin()
    stage.allow()
    _retry(stage)
    stage.launch()
    assert set(stage.statuses().values()) == {"requested"}
    assert stage.google.calls == stage.meta.calls == []
    for row in _rows(stage).values():
        with stage.database.transaction() as session:
            stage.service().approve(session, row.id, by="ana", plan_hash=row.plan_hash)
    stage.launch()
    stage.both_live_once()


def test_what_had_no_account_is_launched_with_it(stage: Stage) -> None:
    with stage.database.transaction() as session:
        session.execute(text("UPDATE ad_accounts SET removed_at = now() WHERE platform = 'meta_ads'"))
    stage.begin()
    with pytest.raises(Conflict, match="no meta_ads account in EUR"):
        _retry(stage)
    assert stage.statuses() == {"google_ads": "failed"}
    with stage.database.transaction() as session:
        session.execute(text("UPDATE ad_accounts SET removed_at = NULL"))
    assert len(_retry(stage)) == 2
    stage.launch()
    stage.both_live_once()


def test_what_had_no_account_at_all_begins_when_it_is_asked_again(stage: Stage) -> None:
    with stage.database.transaction() as session:
        session.execute(text("UPDATE ad_accounts SET removed_at = now()"))
    assert stage.begin() == []
    with stage.database.transaction() as session:
        session.execute(text("UPDATE ad_accounts SET removed_at = NULL"))
    begun = _again(stage)
    assert len(begun) == 2
    assert _again(stage) == begun, "and once more changes nothing"
    stage.launch()
    stage.both_live_once()


def test_without_room_for_both_neither_is_reserved(stage: Stage) -> None:
    stage.allow(daily=189)
    stage.begin()
    with pytest.raises(SpendRefused):
        _retry(stage)
    assert (stage.reserved(), set(stage.statuses().values())) == ({}, {"failed"})
    stage.allow(daily=190)
    _retry(stage)
    assert stage.reserved()["day"] == 190 * EUR


def test_at_best_effort_one_is_taken_up_alone(stage: Stage) -> None:
    _without_policy(stage)
    stage.begin(mode=LaunchMode.BEST_EFFORT)
    stage.allow()
    (mine,) = _retry(stage, "meta_ads")
    assert (mine, stage.statuses()) == (stage.deployment("meta_ads").id, {"google_ads": "failed", "meta_ads": "creating"})
    stage.launch()
    assert stage.statuses() == {"google_ads": "failed", "meta_ads": "live"}


def test_an_ended_flight_is_not_taken_up(stage: Stage) -> None:
    _without_policy(stage)
    stage.begin()
    stage.allow()
    stage.clock.advance(days=60)
    with pytest.raises(SpendRefused, match="ended on"):
        _retry(stage)
    assert stage.reserved() == {}
