"""Watching: what platforms think of ours, accounts that do not answer, and what does not move is told once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import select, text

from tests.zamc.deployments.conftest import Stage
from tests.zamc.deployments.fake import Fault
from tests.zamc.deployments.watching import drifts, live, open_alerts, raised, thing_of
from zamc.deployments import judging, repository
from zamc.deployments.ports import AccountState
from zamc.deployments.watch_tables import Verdict

__all__ = ["live"]

_LATER: list[Fault] = ["later"] * 50


def _verdicts(stage: Stage, platform: str = "google_ads") -> dict[str, str]:
    with stage.database.transaction() as session:
        rows = session.scalars(select(Verdict).where(Verdict.deployment_id == stage.deployment(platform).id))
        return {row.aspect: row.verdict for row in rows}


def test_verdicts_are_stored_since_when_and_told_on_change_only(live: Stage) -> None:
    ad = thing_of(live, "ad")
    for thing in live.google.alive():
        if thing.kind == "ad":
            thing.delivery = "APPROVED"
    live.google.campaigns()[0].delivery = "ELIGIBLE"
    live.service().watch()
    assert _verdicts(live) == {"delivery": "eligible", "review": "approved", "learning": "stable", "budget": "ok"}
    assert raised(live) == []
    ad.delivery, ad.details = "DISAPPROVED", {"topics": [{"topic": "DESTINATION_NOT_WORKING", "type": "PROHIBITED"}]}
    live.clock.advance(minutes=15)
    since = live.clock.now()
    for _ in range(3):
        live.service().watch()
        live.clock.advance(minutes=15)
    assert (_verdicts(live)["review"], raised(live)) == ("disapproved", ["ads-disapproved"])
    with live.database.transaction() as session:
        row = session.scalars(select(Verdict).where(Verdict.aspect == "review", Verdict.verdict == "disapproved")).one()
        assert row.since == since
        assert row.details["topics"][0]["topic"] == "DESTINATION_NOT_WORKING"
    ad.delivery, ad.details = "APPROVED", {}
    live.service().watch()
    assert (_verdicts(live)["review"], open_alerts(live)) == ("approved", [])


def test_words_that_nobody_knows_are_unknown_and_change_nothing(live: Stage) -> None:
    live.google.campaigns()[0].delivery = "UNKNOWN(97)"
    for thing in live.google.alive():
        if thing.kind == "ad":
            thing.delivery, thing.status = "HOVERING", "enabled"
    live.service().watch()
    assert (_verdicts(live)["delivery"], _verdicts(live)["review"]) == ("unknown", "unknown")
    live.google.campaigns()[0].status = "missing"
    live.service().watch()
    assert (live.deployment("google_ads").status, drifts(live)) == ("live", [])


def test_a_suspended_account_is_told_once_and_once_more_when_it_is_again(live: Stage) -> None:
    live.google.state = ("blocked", "SUSPENDED")
    for _ in range(3):
        live.service().watch()
    assert raised(live) == ["account-suspended"]
    live.google.state = ("active", "ENABLED")
    live.service().watch()
    assert open_alerts(live) == []
    live.google.state = ("blocked", "SUSPENDED")
    live.service().watch()
    assert raised(live) == ["account-suspended", "account-suspended"]


def test_two_that_judge_an_account_first_at_once_write_one_verdict_and_the_later_word_stands(stage: Stage) -> None:
    """The second comes while the first has not committed: it waits, finds the row, and says what it saw."""
    stage.begin()
    account_id = stage.deployment("google_ads").ad_account_id

    def judge(status: str, word: str) -> None:
        with stage.database.transaction() as session:
            owner = repository.accounts(session, [account_id])[account_id]
            judging.account(session, stage.clock, owner, AccountState(status, word))

    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with ThreadPoolExecutor(1) as pool:
        with stage.database.transaction() as session:
            owner = repository.accounts(session, [account_id])[account_id]
            judging.account(session, stage.clock, owner, AccountState("active", "ENABLED"))
            second = pool.submit(judge, "blocked", "SUSPENDED")
            while not second.done() and not session.scalar(waiting):
                pass
            assert not second.done()
        second.result()
    with stage.database.transaction() as session:
        rows = session.scalars(select(Verdict).where(Verdict.ad_account_id == account_id, Verdict.deployment_id.is_(None))).all()
        assert [(row.aspect, row.verdict, row.details) for row in rows] == [("account", "blocked", {"word": "SUSPENDED"})]
    assert raised(stage) == ["account-suspended"]


def test_an_account_that_does_not_answer_delays_no_other_and_is_told_when_it_lasts(live: Stage) -> None:
    live.google.fail("account", *_LATER[:3])
    thing_of(live, "campaign", "meta_ads").delivery = "WITH_ISSUES"
    outcome = live.service().watch()
    assert (outcome.counts["silent"], _verdicts(live, "meta_ads")["delivery"], raised(live)) == (1, "limited", [])
    live.clock.advance(minutes=31)
    live.service().watch()
    live.service().watch()
    assert raised(live) == ["account-silent"]
    live.service().watch()
    assert open_alerts(live) == []


def test_a_stop_that_stays_unconfirmed_is_told(live: Stage) -> None:
    with live.database.transaction() as session:
        live.service().pause(session, live.deployment("google_ads").id, by="anna")
    live.google.fail("pause", *_LATER)
    # A row's own time is the database's: the worker's clock is moved there.
    live.clock.wall = datetime.now(UTC)
    live.service().watch()
    assert "stop-unconfirmed" not in raised(live)
    for _ in range(3):
        live.clock.advance(minutes=4)
        live.service().watch()
    assert raised(live).count("stop-unconfirmed") == 1
    live.google.faults.clear()
    live.clock.advance(minutes=4)
    live.service().run_stops()
    live.service().watch()
    assert "stop-unconfirmed" not in open_alerts(live)


def test_a_deployment_that_is_stuck_is_told(stage: Stage) -> None:
    stage.begin()
    stage.google.fail("create", *_LATER)
    stage.clock.wall = datetime.now(UTC)
    stage.launch()
    stage.clock.advance(hours=2)
    stage.service().watch()
    stage.service().watch()
    # One for each of the two: a platform that waits, and its sibling.
    assert raised(stage).count("deployment-stuck") in (1, 2)
    told = len(raised(stage))
    stage.service().watch()
    assert len(raised(stage)) == told


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
