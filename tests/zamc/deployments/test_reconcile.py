"""Watching: drift is recorded once and decided by people or policy; verdicts are told when they change; strays leave a trace."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from tests.zamc.deployments.conftest import EUR, LIMITS, Stage
from tests.zamc.deployments.fake import Fault, Thing
from zamc.deployments.ports import OutsideChange
from zamc.deployments.watch_tables import Drift, Verdict
from zamc.errors import Conflict, InvalidInput, SpendRefused
from zamc.events.tables import OutboxRow
from zamc.notifications.tables import Alert
from zamc.strategies.tables import Strategy

_LATER: list[Fault] = ["later"] * 50


@pytest.fixture
def live(stage: Stage) -> Stage:
    stage.begin()
    stage.launch()
    stage.both_live_once()
    stage.service().watch()
    return stage


def _thing(stage: Stage, kind: str, platform: str = "google_ads") -> Thing:
    fake = stage.google if platform == "google_ads" else stage.meta
    return next(thing for thing in fake.alive() if thing.kind == kind and "ffffffff" not in thing.name)


def _drifts(stage: Stage) -> list[Drift]:
    with stage.database.transaction() as session:
        return list(session.scalars(select(Drift).order_by(Drift.id)))


def _alerts(stage: Stage, *, still_open: bool = True) -> list[str]:
    with stage.database.transaction() as session:
        rows = session.scalars(select(Alert).order_by(Alert.id)).all()
        return [row.code for row in rows if not still_open or row.cleared_at is None]


def _raised(stage: Stage) -> list[str]:
    with stage.database.transaction() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.subject == "zamc.alert.raised").order_by(OutboxRow.sequence))
        return [row.envelope["data"]["code"] for row in rows]


def _verdicts(stage: Stage, platform: str = "google_ads") -> dict[str, str]:
    with stage.database.transaction() as session:
        rows = session.scalars(select(Verdict).where(Verdict.deployment_id == stage.deployment(platform).id))
        return {row.aspect: row.verdict for row in rows}


def _decide(stage: Stage, answer: str, drift: Drift | None = None) -> Drift:
    found = drift or _drifts(stage)[-1]
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
    thing = _thing(live, kind)
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
    [drift] = _drifts(live)
    assert (drift.field, drift.state, drift.who, drift.through) == (field, "open", "eve@example.org", "GOOGLE_ADS_WEB_CLIENT")
    assert drift.changed_at == at
    assert live.events().count("zamc.deployment.drifted") == 1
    assert _raised(live) == ["changed-outside"]
    assert live.deployment("google_ads").status == "live"


def test_what_somebody_puts_right_again_is_over_and_may_be_told_again(live: Stage) -> None:
    thing = _thing(live, "budget")
    thing.budget_micros = 90 * EUR
    live.service().watch()
    thing.budget_micros = 60 * EUR
    live.service().watch()
    assert ([drift.state for drift in _drifts(live)], _alerts(live)) == (["gone"], [])
    thing.budget_micros = 90 * EUR
    live.service().watch()
    assert _raised(live) == ["changed-outside", "changed-outside"]


def test_a_reverted_budget_is_sent_back_as_a_new_intention(live: Stage) -> None:
    generation, held = live.deployment("google_ads").generation, live.reserved()
    _thing(live, "budget").budget_micros = 90 * EUR
    live.service().watch()
    assert _decide(live, "revert").state == "reverting"
    live.service().carry_changes()
    assert _thing(live, "budget").budget_micros == 60 * EUR
    row = live.deployment("google_ads")
    assert (row.generation, row.daily_budget_micros, row.approved_hash) == (generation + 1, 60 * EUR, row.plan_hash)
    assert [drift.state for drift in _drifts(live)] == ["reverted"]
    assert live.reserved() == held
    live.service().watch()
    assert (len(_drifts(live)), _alerts(live)) == (1, [])
    with pytest.raises(Conflict):
        _decide(live, "accept")


def test_an_accepted_cut_gives_back_what_it_cannot_spend(live: Stage) -> None:
    held = live.reserved()
    _thing(live, "budget").budget_micros = 20 * EUR
    live.service().watch()
    _decide(live, "accept")
    row = live.deployment("google_ads")
    assert (row.daily_budget_micros, row.approved_hash) == (20 * EUR, row.plan_hash)
    assert live.reserved()["total"] < held["total"]
    live.service().watch()
    assert [drift.state for drift in _drifts(live)] == ["accepted"]


def test_an_accepted_raise_passes_the_policy_and_the_ledger(live: Stage) -> None:
    _thing(live, "budget").budget_micros = 90 * EUR
    live.service().watch()
    with pytest.raises(SpendRefused, match="above the cap"):
        _decide(live, "accept")
    assert ([drift.state for drift in _drifts(live)], live.deployment("google_ads").daily_budget_micros) == (["open"], 60 * EUR)
    live.allow(daily=400, monthly=9_000, total=9_000)
    _decide(live, "accept")
    assert live.deployment("google_ads").daily_budget_micros == 90 * EUR
    assert live.reserved()["day"] == 250 * EUR


def test_an_accepted_name_is_the_name_and_one_without_our_marker_is_refused(live: Stage) -> None:
    campaign = _thing(live, "campaign")
    campaign.name = campaign.name.replace("Padaria", "Bakery")
    live.service().watch()
    _decide(live, "accept")
    live.service().watch()
    assert [drift.state for drift in _drifts(live)] == ["accepted"]


def test_what_was_paused_outside_is_accepted_as_a_pause_or_lit_again(live: Stage) -> None:
    live.google.campaigns()[0].status = "paused"
    live.service().watch()
    _decide(live, "accept")
    live.service().run_stops()
    assert live.deployment("google_ads").status == "paused"
    _thing(live, "campaign", "meta_ads").status = "paused"
    live.service().watch()
    _decide(live, "revert")
    live.recover()
    assert live.deployment("meta_ads").status == "live"
    assert len(live.meta.campaigns("enabled")) == 1
    assert {drift.state for drift in _drifts(live)} == {"accepted", "reverted"}


def test_a_campaign_that_was_deleted_outside_is_told_and_ends_when_a_person_says_so(live: Stage) -> None:
    live.google.campaigns()[0].status = "removed"
    live.service().watch()
    live.service().watch()
    [drift] = _drifts(live)
    assert (drift.field, _raised(live)) == ("removed", ["removed-outside"])
    with pytest.raises(Conflict, match="cannot be brought back"):
        _decide(live, "revert")
    _decide(live, "accept")
    live.service().run_stops()
    live.recover(2)
    assert live.deployment("google_ads").status == "ended"
    assert live.deployment("meta_ads").status == "live"


def test_a_project_answers_by_its_policy(live: Stage) -> None:
    _rules(live, budget_raise="revert", name="accept")
    campaign = _thing(live, "campaign")
    campaign.name = campaign.name.replace("Padaria", "Bakery")
    with live.database.transaction() as session:
        from zamc.projects.tables import Project

        session.get_one(Project, live.project_id).gates = {"launch": "auto", "budget": "auto"}
    live.service().watch()
    _thing(live, "budget").budget_micros = 90 * EUR
    outcome = live.service().watch()
    assert outcome.counts["reverted"] == 1
    assert _thing(live, "budget").budget_micros == 60 * EUR
    assert {drift.field: drift.state for drift in _drifts(live)} == {"name": "accepted", "budget": "reverted"}


def test_only_people_with_the_owners_rights_decide_what_a_policy_answers(live: Stage) -> None:
    from sqlalchemy.exc import ProgrammingError

    with pytest.raises(InvalidInput, match="cannot be brought back"):
        _rules(live, removed="revert")
    with pytest.raises(InvalidInput, match="is not one of"):
        _rules(live, weather="accept")
    with pytest.raises(ProgrammingError, match="permission denied"), live.database.transaction() as session:
        live.service().set_drift_policy(session, live.project_id, {"budget_raise": "accept"}, by="a model")


def test_keywords_that_somebody_changed_are_read_and_recorded(live: Stage) -> None:
    group = _thing(live, "ad_group")
    group.spec["keywords"] = [{"text": "cheap bread", "match_type": "BROAD"}]
    live.google.changed.append(OutsideChange("ad_group", group.external_id, live.clock.now(), ["keywords"], "eve@example.org"))
    live.service().watch()
    [drift] = _drifts(live)
    assert (drift.field, drift.who) == ("keywords", "eve@example.org")
    _decide(live, "revert")
    live.service().carry_changes()
    assert [keyword["text"] for keyword in group.spec["keywords"]] == ["bread de"]


def test_verdicts_are_stored_since_when_and_told_on_change_only(live: Stage) -> None:
    ad = _thing(live, "ad")
    for thing in live.google.alive():
        if thing.kind == "ad":
            thing.delivery = "APPROVED"
    live.google.campaigns()[0].delivery = "ELIGIBLE"
    live.service().watch()
    assert _verdicts(live) == {"delivery": "eligible", "review": "approved", "learning": "stable", "budget": "ok"}
    assert _raised(live) == []
    ad.delivery, ad.details = "DISAPPROVED", {"topics": [{"topic": "DESTINATION_NOT_WORKING", "type": "PROHIBITED"}]}
    live.clock.advance(minutes=15)
    since = live.clock.now()
    for _ in range(3):
        live.service().watch()
        live.clock.advance(minutes=15)
    assert (_verdicts(live)["review"], _raised(live)) == ("disapproved", ["ads-disapproved"])
    with live.database.transaction() as session:
        row = session.scalars(select(Verdict).where(Verdict.aspect == "review", Verdict.verdict == "disapproved")).one()
        assert row.since == since
        assert row.details["topics"][0]["topic"] == "DESTINATION_NOT_WORKING"
    ad.delivery, ad.details = "APPROVED", {}
    live.service().watch()
    assert (_verdicts(live)["review"], _alerts(live)) == ("approved", [])


def test_words_that_nobody_knows_are_unknown_and_change_nothing(live: Stage) -> None:
    live.google.campaigns()[0].delivery = "UNKNOWN(97)"
    for thing in live.google.alive():
        if thing.kind == "ad":
            thing.delivery, thing.status = "HOVERING", "enabled"
    live.service().watch()
    assert (_verdicts(live)["delivery"], _verdicts(live)["review"]) == ("unknown", "unknown")
    live.google.campaigns()[0].status = "missing"
    live.service().watch()
    assert (live.deployment("google_ads").status, _drifts(live)) == ("live", [])


def test_a_suspended_account_is_told_once_and_once_more_when_it_is_again(live: Stage) -> None:
    live.google.state = ("blocked", "SUSPENDED")
    for _ in range(3):
        live.service().watch()
    assert _raised(live) == ["account-suspended"]
    live.google.state = ("active", "ENABLED")
    live.service().watch()
    assert _alerts(live) == []
    live.google.state = ("blocked", "SUSPENDED")
    live.service().watch()
    assert _raised(live) == ["account-suspended", "account-suspended"]


def test_an_account_that_does_not_answer_delays_no_other_and_is_told_when_it_lasts(live: Stage) -> None:
    live.google.fail("account", *_LATER[:3])
    _thing(live, "campaign", "meta_ads").delivery = "WITH_ISSUES"
    outcome = live.service().watch()
    assert (outcome.counts["silent"], _verdicts(live, "meta_ads")["delivery"], _raised(live)) == (1, "limited", [])
    live.clock.advance(minutes=31)
    live.service().watch()
    live.service().watch()
    assert _raised(live) == ["account-silent"]
    live.service().watch()
    assert _alerts(live) == []


def test_a_stop_that_stays_unconfirmed_is_told(live: Stage) -> None:
    with live.database.transaction() as session:
        live.service().pause(session, live.deployment("google_ads").id, by="anna")
    live.google.fail("pause", *_LATER)
    # A row's own time is the database's: the worker's clock is moved there.
    live.clock.wall = datetime.now(UTC)
    live.service().watch()
    assert "stop-unconfirmed" not in _raised(live)
    for _ in range(3):
        live.clock.advance(minutes=4)
        live.service().watch()
    assert _raised(live).count("stop-unconfirmed") == 1
    live.google.faults.clear()
    live.clock.advance(minutes=4)
    live.service().run_stops()
    live.service().watch()
    assert "stop-unconfirmed" not in _alerts(live)


def test_a_deployment_that_is_stuck_is_told(stage: Stage) -> None:
    stage.begin()
    stage.google.fail("create", *_LATER)
    stage.clock.wall = datetime.now(UTC)
    stage.launch()
    stage.clock.advance(hours=2)
    stage.service().watch()
    stage.service().watch()
    # One for each of the two: a platform that waits, and its sibling.
    assert _raised(stage).count("deployment-stuck") in (1, 2)
    told = len(_raised(stage))
    stage.service().watch()
    assert len(_raised(stage)) == told


def test_a_stray_that_is_on_is_paused_with_read_backs_and_leaves_operations_and_attempts(live: Stage) -> None:
    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "enabled", 99)
    live.google.calls.clear()
    live.service().watch()
    methods = [method for method, _ in live.google.calls]
    assert methods[methods.index("pause") :][:3] == ["pause", "read", "read"]
    live.service().watch()
    assert live.google.things["stray"].status == "removed"
    swept = [(row.verb, row.state, row.generation) for row in live.operations(lane="sweep")]
    assert sorted(swept) == [("pause", "done", -1), ("remove", "done", -2)]
    assert set(_raised(live)) == {"stray-on", "late-landing"}
    assert twin.status == "enabled"


def test_a_stray_that_cannot_be_paused_is_told_and_tried_again(live: Stage) -> None:
    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "enabled", 99)
    live.google.fail("pause", "lost", "lost", "lost")
    live.service().watch()
    assert live.google.things["stray"].status == "enabled"
    assert "stray-on" in _raised(live)
    live.service().watch()
    assert live.google.things["stray"].status == "paused"


def test_a_change_of_ours_that_is_under_way_is_no_drift(live: Stage) -> None:
    from zamc.deployments.change_rules import Request

    live.allow(daily=300, monthly=9_000, total=9_000)
    live.google.fail("update", "after_commit")
    shown = live.service().plan_change(live.deployment("google_ads").id, Request(daily_budget_micros=70 * EUR), by="anna")
    live.service().apply_change(shown.deployment_id, shown.change_hash, by="anna")
    live.service().carry_changes()
    live.service().watch()
    assert _drifts(live) == []
    live.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    live.service().carry_changes()
    live.service().watch()
    assert (_drifts(live), live.deployment("google_ads").daily_budget_micros) == ([], 70 * EUR)


def test_a_worker_that_dies_while_it_sweeps_is_followed_by_one_that_does(live: Stage) -> None:
    from tests.zamc.deployments.fake import Dead

    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "enabled", 99)
    live.deaths["sweep.pause.claimed"] = 0
    with pytest.raises(Dead):
        live.service().watch()
    assert "sweep.pause.claimed" in live.reached
    live.clock.advance(seconds=LIMITS.lease + 1)
    live.service().watch()
    assert live.google.things["stray"].status == "paused"
    assert {row.state for row in live.operations(lane="sweep")} == {"superseded", "done"}


def test_a_sweep_whose_worker_died_after_it_was_carried_out_does_not_stay_under_way(live: Stage) -> None:
    """Nothing shows the stray any more, so that nobody would claim it again."""
    from tests.zamc.deployments.fake import Dead

    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "paused", 99)
    live.deaths["sweep.remove.sent"] = 0
    with pytest.raises(Dead):
        live.service().watch()
    assert live.google.things["stray"].status == "removed"
    live.service().watch()
    assert [row.state for row in live.operations(lane="sweep")] == ["sending"]
    live.clock.advance(seconds=LIMITS.lease + 1)
    live.service().watch()
    assert [row.state for row in live.operations(lane="sweep")] == ["superseded"]


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
    assert (len(stage.google.campaigns()), _drifts(stage)) == (1, [])


def test_more_accounts_than_connections_are_all_looked_at(live: Stage) -> None:
    """Comparisons keep a connection each: as many as there are accounts would empty the pool and wait for each other for ever."""
    from zamc.projects.service import ProjectService

    with live.database.transaction() as session:
        template = live.deployment("google_ads")
        for number in range(14):
            made = ProjectService(live.clock).add_account(
                session, live.project_id, platform="google_ads", external_id=f"77000000{number:02}", currency="EUR",
                time_zone="Europe/Berlin", by="anna",
            )  # fmt: skip
            session.execute(
                text(
                    "INSERT INTO deployments (id, project_id, asset_id, ad_account_id, platform, kind, name, status, desired_status,"
                    " generation, launch_mode, plan_hash, currency, daily_budget_micros, starts_on)"
                    " SELECT gen_random_uuid(), project_id, asset_id, :account, platform, kind, name, 'ended', 'ended', 1, launch_mode,"
                    " plan_hash, currency, daily_budget_micros, starts_on FROM deployments WHERE id = :template"
                ),
                {"account": made.id, "template": template.id},
            )
            session.execute(
                text(
                    "INSERT INTO platform_objects (obj_key, deployment_id, project_id, ad_account_id, platform, kind, local_ref, position,"
                    " spec, spec_hash, desired_status, generation, external_id) SELECT gen_random_uuid(), id, project_id, ad_account_id,"
                    " platform, 'campaign', 'campaign', 0, '{}', 'h', 'paused', 1, 'of ' || ad_account_id FROM deployments"
                    " WHERE ad_account_id = :account"
                ),
                {"account": made.id},
            )
    outcome = live.service(workers=4).watch()
    assert (outcome.counts["accounts"], outcome.counts["silent"]) == (16, 0)
