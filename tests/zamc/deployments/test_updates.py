"""Changes of what is live: shown, applied by their hash, sent, read back, and money that follows."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import EUR, LIMITS, Stage, plan_of
from zamc.deployments.change_rules import Request
from zamc.deployments.proposals import Proposal
from zamc.deployments.tables import PlatformObject
from zamc.deployments.watch_tables import DeploymentChange
from zamc.errors import Conflict, InvalidInput, NotFound, SpendRefused
from zamc.notifications.tables import Alert


@pytest.fixture
def live(stage: Stage) -> Stage:
    stage.allow(daily=300, monthly=8_000, total=9_000)
    stage.begin()
    stage.launch()
    stage.both_live_once()
    return stage


def _id(stage: Stage, platform: str = "google_ads") -> UUID:
    return stage.deployment(platform).id


def _plan(stage: Stage, platform: str = "google_ads", **wanted: Any) -> Proposal:
    return stage.service().plan_change(_id(stage, platform), Request(**wanted), by="anna")


def _apply(stage: Stage, shown: Proposal, *, by: str = "anna") -> DeploymentChange:
    return stage.service().apply_change(shown.deployment_id, shown.change_hash, by=by)


def _carry(stage: Stage, *, rounds: int = 3) -> None:
    for _ in range(rounds):
        stage.service().carry_changes()
        stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)


def _budgets(stage: Stage, platform: str = "google_ads") -> list[int]:
    fake = stage.google if platform == "google_ads" else stage.meta
    return [thing.budget_micros for thing in fake.alive() if thing.budget_micros is not None]


def _change(stage: Stage) -> DeploymentChange:
    with stage.database.transaction() as session:
        return session.scalars(select(DeploymentChange).order_by(DeploymentChange.id.desc()).limit(1)).one()


def _specs(stage: Stage, platform: str, field: str) -> list[Any]:
    with stage.database.transaction() as session:
        rows = session.scalars(select(PlatformObject).where(PlatformObject.platform == platform).order_by(PlatformObject.position))
        return [row.spec[field] for row in rows if row.spec.get(field) is not None]


def test_a_plan_shows_the_difference_and_sends_and_reserves_nothing(live: Stage) -> None:
    held = live.reserved()
    live.google.calls.clear()
    shown = _plan(live, daily_budget_micros=70 * EUR)
    [difference] = shown.differences
    assert (difference.kind, difference.field, difference.seen, difference.recorded, difference.wanted) == (
        "budget", "amount_micros", 60 * EUR, 60 * EUR, 70 * EUR,
    )  # fmt: skip
    assert (shown.held_before["day"], shown.held_after["day"], shown.refusal) == (120 * EUR, 140 * EUR, "")
    assert live.reserved() == held
    assert [method for method, _ in live.google.calls] == ["values"]
    assert live.deployment("google_ads").generation == shown.generation


def test_a_raise_is_reserved_before_it_is_sent_and_done_when_it_is_read_back(live: Stage) -> None:
    before = live.deployment("google_ads")
    held: list[int] = []
    live.google.during["update"] = lambda: held.append(live.reserved()["day"])
    _apply(live, _plan(live, daily_budget_micros=70 * EUR))
    assert live.reserved()["day"] == 210 * EUR
    live.service().carry_changes()
    assert held == [210 * EUR]
    assert _budgets(live) == [70 * EUR]
    row = live.deployment("google_ads")
    assert (row.daily_budget_micros, row.status, row.generation) == (70 * EUR, "live", before.generation + 1)
    assert row.plan_hash == row.approved_hash != before.plan_hash
    assert [operation.state for operation in live.operations(verb="update")] == ["done"]
    assert live.events()[-2:] == ["zamc.deployment.changed", "zamc.budget.changed"]
    assert live.service().watch().counts["drifted"] == 0


def test_a_decrease_reserves_nothing_and_gives_back_only_after_the_read_back(live: Stage) -> None:
    month = f"{live.clock.business:%Y-%m}"
    held = live.reserved()
    live.google.fail("update", "after_commit")
    _apply(live, _plan(live, daily_budget_micros=30 * EUR))
    live.service().carry_changes()
    assert live.reserved() == held
    _carry(live)
    assert _budgets(live) == [30 * EUR]
    assert live.reserved()[month] < held[month]
    assert live.reserved()["total"] < held["total"]
    assert live.deployment("google_ads").daily_budget_micros == 30 * EUR


def test_meta_gets_its_budgets_one_call_at_a_time_and_they_sum_to_what_was_asked(live: Stage) -> None:
    _apply(live, _plan(live, "meta_ads", daily_budget_micros=45 * EUR))
    live.service().carry_changes()
    assert sum(_budgets(live, "meta_ads")) == 45 * EUR
    assert live.deployment("meta_ads").daily_budget_micros == 45 * EUR
    assert {operation.state for operation in live.operations(verb="update")} == {"done"}


@pytest.mark.parametrize("platform", ["google_ads", "meta_ads"])
def test_an_end_moves_in_and_out(live: Stage, platform: str) -> None:
    held = live.reserved()["total"]
    _apply(live, _plan(live, platform, ends_on=date(2026, 12, 5)))
    live.service().carry_changes()
    assert set(_specs(live, platform, "ends_on")) == {"2026-12-05"}
    assert live.deployment(platform).ends_on == date(2026, 12, 5)
    assert live.reserved()["total"] < held
    _apply(live, _plan(live, platform, ends_on=date(2026, 12, 20)))
    assert live.reserved()["total"] == held
    live.service().carry_changes()
    assert live.deployment(platform).ends_on == date(2026, 12, 20)


def test_applying_twice_is_applying_once(live: Stage) -> None:
    shown = _plan(live, daily_budget_micros=70 * EUR)
    first = _apply(live, shown)
    assert _apply(live, shown).id == first.id
    live.service().carry_changes()
    assert _apply(live, shown).state == "done"
    assert [method for method, _ in live.google.calls].count("update") == 1


def test_a_plan_of_version_1_is_not_applied_to_version_2(live: Stage) -> None:
    first, second = _plan(live, daily_budget_micros=70 * EUR), _plan(live, daily_budget_micros=65 * EUR)
    _apply(live, second)
    live.service().carry_changes()
    with pytest.raises(Conflict):
        _apply(live, first)
    assert _budgets(live) == [65 * EUR]
    with pytest.raises(NotFound):
        live.service().apply_change(_id(live), "0" * 64, by="anna")


def test_nothing_is_applied_when_the_platform_moved(live: Stage) -> None:
    shown = _plan(live, daily_budget_micros=70 * EUR)
    next(thing for thing in live.google.things.values() if thing.kind == "budget").budget_micros = 61 * EUR
    with pytest.raises(Conflict, match="moved"):
        _apply(live, shown)


def test_nothing_is_applied_when_the_policy_moved(live: Stage) -> None:
    shown = _plan(live, daily_budget_micros=70 * EUR)
    live.allow(daily=205, monthly=8_000)
    with pytest.raises(Conflict, match="moved"):
        _apply(live, shown)
    assert "above the cap" in _plan(live, daily_budget_micros=70 * EUR).refusal


def test_what_the_policy_does_not_allow_is_shown_and_never_applied(live: Stage) -> None:
    shown = _plan(live, daily_budget_micros=600 * EUR)
    assert shown.refusal
    with pytest.raises(SpendRefused):
        _apply(live, shown)
    assert live.operations(verb="update") == []


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ({"daily_budget_micros": 0}, "out of range"),
        ({"daily_budget_micros": -5 * EUR}, "out of range"),
        ({"daily_budget_micros": 2**63}, "out of range"),
        ({"daily_budget_micros": 10_000}, "minimum"),
        ({"daily_budget_micros": 1_234_567}, "minor units"),
        ({"ends_on": date(2020, 1, 1)}, "has passed"),
        ({"ends_on": date(2099, 1, 1)}, "or earlier"),
        ({"daily_budget_micros": 60 * EUR}, "nothing would change"),
        ({"fields": {("ad", "de/1", "headlines"): ["New"]}}, "new set of creatives"),
        ({"fields": {("campaign", "campaign", "countries"): ["FR"]}}, "does not let it change"),
        ({"fields": {("budget", "budget", "amount_micros"): 1}}, "is money"),
        ({"fields": {("campaign", "campaign", "name"): ""}}, "1 to 200"),
        ({"fields": {("nothing", "x", "name"): "y"}}, "no object"),
    ],
)
def test_what_cannot_change_is_refused_with_its_reason(live: Stage, wanted: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        _plan(live, **wanted)
    assert [method for method, _ in live.google.calls].count("update") == 0


def test_a_creative_of_meta_never_changes(live: Stage) -> None:
    creative = next(row.local_ref for row in live.objects() if row.kind == "creative")
    with pytest.raises(InvalidInput, match="never changes once it is made"):
        _plan(live, "meta_ads", fields={("creative", creative, "headline"): "New"})


def test_names_and_keywords_change_in_place(live: Stage) -> None:
    words = [{"text": "fresh bread", "match_type": "EXACT"}]
    _apply(live, _plan(live, fields={("campaign", "campaign", "name"): "Bread", ("ad_group", "de", "keywords"): words}))
    live.service().carry_changes()
    assert live.google.campaigns()[0].name.startswith("Bread [zamc:")
    assert words in _specs(live, "google_ads", "keywords")


def test_an_update_in_doubt_is_looked_up_before_it_is_sent_again(live: Stage) -> None:
    live.google.fail("update", "lost")
    _apply(live, _plan(live, daily_budget_micros=70 * EUR))
    live.service().carry_changes()
    assert [row.state for row in live.operations(verb="update")] == ["in_doubt"]
    with pytest.raises(Conflict, match="under way"):
        _plan(live, daily_budget_micros=80 * EUR)
    _carry(live)
    methods = [method for method, _ in live.google.calls]
    assert methods.count("update") == 2
    assert methods.index("values", methods.index("update")) < len(methods) - 1 - methods[::-1].index("update")
    assert (_budgets(live), _change(live).state) == ([70 * EUR], "done")


def test_an_update_that_landed_unheard_is_not_sent_again(live: Stage) -> None:
    live.google.fail("update", "after_commit")
    _apply(live, _plan(live, daily_budget_micros=70 * EUR))
    _carry(live)
    assert [method for method, _ in live.google.calls].count("update") == 1
    assert _change(live).state == "done"


def test_a_read_that_lags_is_taken_again(live: Stage) -> None:
    _apply(live, _plan(live, daily_budget_micros=70 * EUR))
    live.google.during["update"] = lambda: live.google.stale_values.extend([{"amount_micros": 60 * EUR}] * 2)
    live.service().carry_changes()
    assert (_change(live).state, live.deployment("google_ads").daily_budget_micros) == ("applying", 60 * EUR)
    _carry(live)
    assert _change(live).state == "done"
    assert [method for method, _ in live.google.calls].count("update") == 1


def test_a_refused_change_leaves_it_live_with_what_it_had_and_gives_the_raise_back(live: Stage) -> None:
    held = live.reserved()
    live.google.fail("update", "refuse")
    _apply(live, _plan(live, daily_budget_micros=70 * EUR))
    live.service().carry_changes()
    row = live.deployment("google_ads")
    assert (row.status, row.daily_budget_micros, row.approved_hash) == ("live", 60 * EUR, row.plan_hash)
    assert (_change(live).state, _change(live).reason) == ("refused", "refused for a test")
    assert live.reserved() == held
    with live.database.transaction() as session:
        assert [alert.code for alert in session.scalars(select(Alert))] == ["change-refused"]
    # A refused change is no obstacle for what comes after.
    with live.database.transaction() as session:
        live.service().pause(session, row.id, by="anna")
    live.service().run_stops()
    with live.database.transaction() as session:
        live.service().resume(session, row.id, by="anna")
    live.recover()
    assert live.statuses() == {"google_ads": "live", "meta_ads": "live"}


def test_a_pause_withdraws_a_change_that_was_not_sent(live: Stage) -> None:
    held = live.reserved()
    _apply(live, _plan(live, daily_budget_micros=70 * EUR))
    with live.database.transaction() as session:
        live.service().pause(session, _id(live), by="anna")
    live.service().run_stops()
    live.service().carry_changes()
    assert (_change(live).state, _budgets(live)) == ("superseded", [60 * EUR])
    assert live.reserved()["total"] == held["total"]


def test_a_pause_while_a_change_is_sent_wins_and_the_record_says_what_is_there(live: Stage) -> None:
    _apply(live, _plan(live, daily_budget_micros=70 * EUR))

    def pause() -> None:
        with live.database.transaction() as session:
            live.service().pause(session, _id(live), by="anna")
        live.service().run_stops()

    live.google.during["update"] = pause
    live.service().carry_changes()
    row = live.deployment("google_ads")
    assert (row.status, row.daily_budget_micros, _budgets(live)) == ("paused", 70 * EUR, [70 * EUR])
    assert live.google.campaigns("enabled") == []


def test_what_is_paused_can_be_changed_and_goes_on_with_it(live: Stage) -> None:
    with live.database.transaction() as session:
        live.service().pause(session, _id(live), by="anna")
    live.service().run_stops()
    _apply(live, _plan(live, daily_budget_micros=50 * EUR))
    live.service().carry_changes()
    assert live.deployment("google_ads").status == "paused"
    with live.database.transaction() as session:
        live.service().resume(session, _id(live), by="anna")
    live.recover()
    assert (live.deployment("google_ads").status, _budgets(live)) == ("live", [50 * EUR])


def test_nothing_is_changed_while_the_kill_switch_is_on(live: Stage) -> None:
    _apply(live, _plan(live, daily_budget_micros=70 * EUR))
    with live.database.transaction() as session:
        live.service().set_kill_switch(session, on=True, by="anna")
    _carry(live)
    assert _budgets(live) == [60 * EUR]
    assert "update" not in [method for method, _ in live.google.calls]


def test_only_what_is_live_or_paused_can_be_changed(stage: Stage) -> None:
    stage.begin(plan_of())
    with pytest.raises(Conflict, match="only a live or a paused one"):
        _plan(stage, daily_budget_micros=70 * EUR)


@pytest.mark.parametrize("point", ["update.before_send", "update.after_send", "update.written", "update.read_back", "update.concluded"])
def test_a_worker_that_dies_while_it_changes_something_harms_nothing(live: Stage, point: str) -> None:
    from tests.zamc.deployments.fake import Dead

    _apply(live, _plan(live, daily_budget_micros=70 * EUR))
    live.deaths[point] = 0
    with pytest.raises(Dead):
        live.service().carry_changes()
    assert point in live.reached
    live.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    _carry(live)
    assert (_change(live).state, _budgets(live)) == ("done", [70 * EUR])
    assert live.deployment("google_ads").daily_budget_micros == 70 * EUR
