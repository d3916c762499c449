"""Watching: drift is recorded once and decided by people or policy."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import EUR, LIMITS, Stage
from tests.zamc.deployments.watching import drifts, live, open_alerts, raised, thing_of
from zamc.deployments.ports import OutsideChange
from zamc.deployments.watch_tables import Drift
from zamc.errors import Conflict, InvalidInput, SpendRefused
from zamc.strategies.tables import Strategy

__all__ = ["live"]


def _decide(stage: Stage, answer: str, drift: Drift | None = None) -> Drift:
    found = drift or drifts(stage)[-1]
    with stage.database.transaction() as session:
        decide = getattr(stage.service(), f"{answer}_drift")
        decided: Drift = decide(session, found.id, by="anna")
        return decided


def _rules(stage: Stage, **rules: str) -> None:
    with stage.owner.transaction() as session:
        stage.service().set_drift_policy(session, stage.project_id, rules, by="anna")


def test_a_look_at_what_is_as_it_was_writes_nothing(live: Stage) -> None:
    before = [row.observed_at for row in live.objects()]
    live.clock.advance(minutes=15)
    outcome = live.service().watch()
    assert (outcome.counts["read"], outcome.counts["new"], outcome.counts["drifted"]) == (2, 0, 0)
    assert [row.observed_at for row in live.objects()] == before


def test_few_requests_tell_everything_of_an_account(live: Stage) -> None:
    live.google.calls.clear()
    live.service().watch()
    assert [method for method, _ in live.google.calls if method not in ("account", "survey")] in ([], ["read"])
    assert ("survey", ("changed",)) in live.google.calls
    live.google.calls.clear()
    live.service().reconcile()
    assert ("survey", ("all",)) in live.google.calls


@pytest.mark.parametrize(("kind", "field"), [("budget", "budget"), ("campaign", "name"), ("campaign", "ends_on"), ("ad", "status")])
def test_an_outside_change_is_recorded_once_with_who_made_it(live: Stage, kind: str, field: str) -> None:
    thing = thing_of(live, kind)
    changes: dict[str, tuple[str, Any]] = {
        "budget": ("budget_micros", 90 * EUR), "name": ("name", f"Other {thing.name[-40:]}"), "status": ("status", "paused"),
    }  # fmt: skip
    if field == "ends_on":
        thing.spec["ends_on"] = "2026-12-31"
    else:
        setattr(thing, *changes[field])
    at = live.clock.now()
    live.google.changed.append(OutsideChange(kind, thing.external_id, at, [field], "eve@example.org", "GOOGLE_ADS_WEB_CLIENT"))
    for _ in range(3):
        live.service().watch()
    [drift] = drifts(live)
    assert (drift.field, drift.state, drift.who, drift.through) == (field, "open", "eve@example.org", "GOOGLE_ADS_WEB_CLIENT")
    assert drift.changed_at == at
    assert live.events().count("zamc.deployment.drifted") == 1
    assert raised(live) == ["changed-outside"]
    assert live.deployment("google_ads").status == "live"


def test_what_somebody_puts_right_again_is_over_and_may_be_told_again(live: Stage) -> None:
    thing = thing_of(live, "budget")
    thing.budget_micros = 90 * EUR
    live.service().watch()
    thing.budget_micros = 60 * EUR
    live.service().watch()
    assert ([drift.state for drift in drifts(live)], open_alerts(live)) == (["gone"], [])
    thing.budget_micros = 90 * EUR
    live.service().watch()
    assert raised(live) == ["changed-outside", "changed-outside"]


def test_a_reverted_budget_is_sent_back_as_a_new_intention(live: Stage) -> None:
    generation, held = live.deployment("google_ads").generation, live.reserved()
    thing_of(live, "budget").budget_micros = 90 * EUR
    live.service().watch()
    assert _decide(live, "revert").state == "reverting"
    live.service().carry_changes()
    assert thing_of(live, "budget").budget_micros == 60 * EUR
    row = live.deployment("google_ads")
    assert (row.generation, row.daily_budget_micros, row.approved_hash) == (generation + 1, 60 * EUR, row.plan_hash)
    assert [drift.state for drift in drifts(live)] == ["reverted"]
    assert live.reserved() == held
    live.service().watch()
    assert (len(drifts(live)), open_alerts(live)) == (1, [])
    with pytest.raises(Conflict):
        _decide(live, "accept")


def test_an_accepted_cut_gives_back_what_it_cannot_spend(live: Stage) -> None:
    held = live.reserved()
    thing_of(live, "budget").budget_micros = 20 * EUR
    live.service().watch()
    _decide(live, "accept")
    row = live.deployment("google_ads")
    assert (row.daily_budget_micros, row.approved_hash) == (20 * EUR, row.plan_hash)
    assert live.reserved()["total"] < held["total"]
    live.service().watch()
    assert [drift.state for drift in drifts(live)] == ["accepted"]


def test_an_accepted_raise_passes_the_policy_and_the_ledger(live: Stage) -> None:
    thing_of(live, "budget").budget_micros = 90 * EUR
    live.service().watch()
    with pytest.raises(SpendRefused, match="above the cap"):
        _decide(live, "accept")
    assert ([drift.state for drift in drifts(live)], live.deployment("google_ads").daily_budget_micros) == (["open"], 60 * EUR)
    live.allow(daily=400, monthly=9_000, total=9_000)
    _decide(live, "accept")
    assert live.deployment("google_ads").daily_budget_micros == 90 * EUR
    assert live.reserved()["day"] == 250 * EUR


def test_an_accepted_name_is_the_name_and_one_without_our_marker_is_refused(live: Stage) -> None:
    campaign = thing_of(live, "campaign")
    campaign.name = campaign.name.replace("Padaria", "Bakery")
    live.service().watch()
    _decide(live, "accept")
    live.service().watch()
    assert [drift.state for drift in drifts(live)] == ["accepted"]


def test_what_was_paused_outside_is_accepted_as_a_pause_or_lit_again(live: Stage) -> None:
    live.google.campaigns()[0].status = "paused"
    live.service().watch()
    _decide(live, "accept")
    live.service().run_stops()
    assert live.deployment("google_ads").status == "paused"
    thing_of(live, "campaign", "meta_ads").status = "paused"
    live.service().watch()
    _decide(live, "revert")
    live.recover()
    assert live.deployment("meta_ads").status == "live"
    assert len(live.meta.campaigns("enabled")) == 1
    assert {drift.state for drift in drifts(live)} == {"accepted", "reverted"}


def test_a_campaign_that_was_deleted_outside_is_told_and_ends_when_a_person_says_so(live: Stage) -> None:
    live.google.campaigns()[0].status = "removed"
    live.service().watch()
    live.service().watch()
    [drift] = drifts(live)
    assert (drift.field, raised(live)) == ("removed", ["removed-outside"])
    with pytest.raises(Conflict, match="cannot be brought back"):
        _decide(live, "revert")
    _decide(live, "accept")
    live.service().run_stops()
    live.recover(2)
    assert live.deployment("google_ads").status == "ended"
    assert live.deployment("meta_ads").status == "live"


def test_a_project_answers_by_its_policy(live: Stage) -> None:
    _rules(live, budget_raise="revert", name="accept")
    campaign = thing_of(live, "campaign")
    campaign.name = campaign.name.replace("Padaria", "Bakery")
    with live.database.transaction() as session:
        from zamc.projects.tables import Project

        session.get_one(Project, live.project_id).gates = {"launch": "auto", "budget": "auto"}
    live.service().watch()
    thing_of(live, "budget").budget_micros = 90 * EUR
    outcome = live.service().watch()
    assert outcome.counts["reverted"] == 1
    assert thing_of(live, "budget").budget_micros == 60 * EUR
    assert {drift.field: drift.state for drift in drifts(live)} == {"name": "accepted", "budget": "reverted"}


def test_only_people_with_the_owners_rights_decide_what_a_policy_answers(live: Stage) -> None:
    from sqlalchemy.exc import ProgrammingError

    with pytest.raises(InvalidInput, match="cannot be brought back"):
        _rules(live, removed="revert")
    with pytest.raises(InvalidInput, match="is not one of"):
        _rules(live, weather="accept")
    with pytest.raises(ProgrammingError, match="permission denied"), live.database.transaction() as session:
        live.service().set_drift_policy(session, live.project_id, {"budget_raise": "accept"}, by="a model")


def test_keywords_that_somebody_changed_are_read_and_recorded(live: Stage) -> None:
    group = thing_of(live, "ad_group")
    group.spec["keywords"] = [{"text": "cheap bread", "match_type": "BROAD"}]
    live.google.changed.append(OutsideChange("ad_group", group.external_id, live.clock.now(), ["keywords"], "eve@example.org"))
    live.service().watch()
    [drift] = drifts(live)
    assert (drift.field, drift.who) == ("keywords", "eve@example.org")
    _decide(live, "revert")
    live.service().carry_changes()
    assert [keyword["text"] for keyword in group.spec["keywords"]] == ["bread de"]


def test_a_change_of_ours_that_is_under_way_is_no_drift(live: Stage) -> None:
    from zamc.deployments.change_rules import Request

    live.allow(daily=300, monthly=9_000, total=9_000)
    live.google.fail("update", "after_commit")
    shown = live.service().plan_change(live.deployment("google_ads").id, Request(daily_budget_micros=70 * EUR), by="anna")
    live.service().apply_change(shown.deployment_id, shown.change_hash, by="anna")
    live.service().carry_changes()
    live.service().watch()
    assert drifts(live) == []
    live.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    live.service().carry_changes()
    live.service().watch()
    assert (drifts(live), live.deployment("google_ads").daily_budget_micros) == ([], 70 * EUR)


def test_the_same_event_twice_and_out_of_order_changes_nothing(stage: Stage) -> None:
    """A run that an event asked for may come twice, or before the run that should have come first."""
    stage.begin()
    with stage.database.transaction() as session:
        ids: list[UUID] = list(session.scalars(select(Strategy.id)))
    service = stage.service()
    service.watch(ids)
    for _ in range(2):
        service.launch("meta_ads", ids)
        service.launch("google_ads", ids)
        service.watch(ids)
    stage.both_live_once()
    assert stage.events().count("zamc.deployment.launched") == 2
    assert (len(stage.google.campaigns()), drifts(stage)) == (1, [])
