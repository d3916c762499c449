"""What a screen does to what is live (change, pause, resume, retry, end, drift), and what the platform holds in the end."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from tests.api.test_from_brief_to_ads import Marketer
from tests.zamc.deployments.conftest import EUR, LIMITS, Stage, stage
from tests.zamc.deployments.watching import thing_of
from zamc.bootstrap import Services

__all__ = ["stage"]

Key = Callable[[str, dict[UUID, str]], str]
ONE = """query ($d: UUID!) { deployment(id: $d) { status desiredStatus failure dailyBudget { amount } endsOn
    verdicts { aspect verdict } changes { state changeHash appliedBy } } }"""
PLAN = """mutation ($d: UUID!, $w: ChangeInput!) { planChange(deploymentId: $d, wanted: $w) { ... on PlannedChange {
    changeHash refusal dailyBudgetBefore { amount } dailyBudgetAfter { amount } endsAfter worstBefore worstAfter
    differences { objectKind field seen recorded wanted } } ...refused } }"""  # fmt: skip
APPLY = """mutation ($d: UUID!, $h: String!) { applyChange(deploymentId: $d, changeHash: $h) {
    ... on ChangeApplied { change { state appliedBy } } ...refused } }"""  # fmt: skip


@pytest.fixture
def live(wired: Services, stage: Stage) -> Stage:
    stage.allow(daily=300, monthly=8_000, total=9_000)
    vars(wired)["clock"] = stage.clock
    vars(wired)["deployments"] = stage.service()
    stage.begin()
    stage.launch()
    stage.both_live_once()
    return stage


@pytest.fixture
def ana(live: Stage, client: TestClient, key: Key) -> Marketer:
    return Marketer(client, key("ana@example.org", {live.project_id: "owner"}), live.project_id)


def google(stage: Stage) -> str:
    return str(stage.deployment("google_ads").id)


def carry(stage: Stage) -> None:
    """What the watch does every quarter of an hour."""
    for _ in range(3):
        stage.service().carry_changes()
        stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)


def test_a_budget_is_changed_as_it_was_shown(live: Stage, ana: Marketer) -> None:
    wanted = {"dailyBudget": {"amount": "70.00", "currency": "EUR"}}
    shown = ana.ask(PLAN, d=google(live), w=wanted)
    assert (shown["dailyBudgetBefore"]["amount"], shown["dailyBudgetAfter"]["amount"], shown["refusal"]) == ("60.00", "70.00", None)
    assert [(each["objectKind"], each["seen"], each["wanted"]) for each in shown["differences"]] == [("budget", 60 * EUR, 70 * EUR)]
    assert shown["worstBefore"] != shown["worstAfter"]
    assert ana.ask(APPLY, d=google(live), h="0" * 64)["code"] in {"CONFLICT", "NOT_FOUND"}
    applied = ana.ask(APPLY, d=google(live), h=shown["changeHash"])
    assert applied["change"]["appliedBy"] == "ana@example.org"
    carry(live)
    assert 70 * EUR in [thing.budget_micros for thing in live.google.alive()]
    found = ana.ask(ONE, d=google(live))
    assert (found["dailyBudget"]["amount"], [each["state"] for each in found["changes"]]) == ("70.00", ["done"])


def test_what_moved_on_the_platform_since_is_a_conflict(live: Stage, ana: Marketer) -> None:
    shown = ana.ask(PLAN, d=google(live), w={"dailyBudget": {"amount": "70.00", "currency": "EUR"}})
    budget = next(thing for thing in live.google.alive() if thing.budget_micros is not None)
    budget.budget_micros = 65 * EUR
    assert ana.ask(APPLY, d=google(live), h=shown["changeHash"])["code"] == "CONFLICT"
    assert budget.budget_micros == 65 * EUR


def test_a_change_that_the_policy_does_not_allow_says_so_and_is_not_applied(live: Stage, ana: Marketer) -> None:
    shown = ana.ask(PLAN, d=google(live), w={"dailyBudget": {"amount": "900.00", "currency": "EUR"}})
    assert shown["refusal"]
    assert ana.ask(APPLY, d=google(live), h=shown["changeHash"])["code"] == "SPEND_REFUSED"
    assert 900 * EUR not in [thing.budget_micros for thing in live.google.alive()]


def test_one_is_paused_resumed_and_ended_for_good(live: Stage, ana: Marketer) -> None:
    pause = "mutation ($d: UUID!) { pauseDeployment(deploymentId: $d) { ... on DeploymentPaused { confirmed } ...refused } }"
    resume = """mutation ($d: UUID!) { resumeDeployment(deploymentId: $d) {
        ... on DeploymentResumed { deployment { desiredStatus } } ...refused } }"""
    end = (
        "mutation ($d: UUID!) { endDeployment(deploymentId: $d) { ... on DeploymentEnded { confirmed deployment { status } } ...refused } }"
    )
    assert ana.ask(pause, d=google(live)) == {"confirmed": True}
    assert live.google.campaigns("enabled") == []
    assert ana.ask(resume, d=google(live)) == {"deployment": {"desiredStatus": "enabled"}}
    live.recover()
    assert (ana.ask(ONE, d=google(live))["status"], len(live.google.campaigns("enabled"))) == ("live", 1)
    assert ana.ask(end, d=google(live)) == {"confirmed": True, "deployment": {"status": "ended"}}
    assert live.google.campaigns("enabled") == []
    assert ana.ask(resume, d=google(live))["code"] == "CONFLICT"
    assert len(live.meta.campaigns("enabled")) == 1, "its sibling goes on"


def test_what_failed_is_tried_again(live: Stage, ana: Marketer) -> None:
    retry = "mutation ($d: UUID!) { retryDeployment(deploymentId: $d) { ... on DeploymentRetried { deployment { status } } ...refused } }"
    assert ana.ask(retry, d=google(live))["code"] == "CONFLICT", "it runs"
    live.allow(daily=600, monthly=20_000, total=30_000)
    live.google.fail("create", "refuse")
    live.begin(name="Summer")
    live.launch()
    failed = ana.nodes("query ($p: UUID!) { deployments(projectId: $p, status: [FAILED]) { edges { node { id platform failure } } } }")
    broken = next(each for each in failed if each["platform"] == "google_ads")
    assert broken["failure"]
    assert "deployment" in ana.ask(retry, d=broken["id"])
    live.recover()
    assert ana.ask(ONE, d=broken["id"])["status"] == "live"


DRIFTS = """query ($p: UUID!, $all: Boolean!) { drifts(projectId: $p, everything: $all) { edges { node {
    id field wanted seen state decidedBy platform } } } }"""  # fmt: skip


def drifted(live: Stage, ana: Marketer) -> Any:
    """Somebody has raised the budget in the platform's own pages."""
    live.service().watch()
    budget = next(thing for thing in live.google.alive() if thing.budget_micros is not None)
    budget.budget_micros = 61 * EUR
    budget.spec["amount_micros"] = 61 * EUR
    live.clock.advance(minutes=20)
    live.service().reconcile()
    (found,) = ana.nodes(DRIFTS, all=False)
    assert (found["state"], found["platform"]) == ("open", "google_ads")
    return found


def test_what_was_changed_outside_is_put_back(live: Stage, ana: Marketer) -> None:
    found = drifted(live, ana)
    revert = "mutation ($d: UUID!) { revertDrift(driftId: $d) { ... on DriftReverted { drift { state decidedBy } } ...refused } }"
    said = ana.ask(revert, d=found["id"])
    assert said["drift"]["decidedBy"] == "ana@example.org"
    for _ in range(4):
        live.launch()
        carry(live)
        live.service().watch()
    assert 60 * EUR in [thing.budget_micros for thing in live.google.alive()]
    assert ana.nodes(DRIFTS, all=False) == []


def test_what_was_changed_outside_is_accepted(live: Stage, ana: Marketer) -> None:
    found = drifted(live, ana)
    accept = "mutation ($d: UUID!) { acceptDrift(driftId: $d) { ... on DriftAccepted { drift { state decidedBy } } ...refused } }"
    assert ana.ask(accept, d=found["id"]) == {"drift": {"state": "accepted", "decidedBy": "ana@example.org"}}
    assert ana.ask(accept, d=found["id"])["code"] == "CONFLICT"
    assert ana.nodes(DRIFTS, all=False) == []
    assert [each["state"] for each in ana.nodes(DRIFTS, all=True)] == ["accepted"]
    assert ana.ask(ONE, d=google(live))["dailyBudget"]["amount"] == "61.00"


def test_what_the_platform_says_stands_beside_it(live: Stage, ana: Marketer) -> None:
    for thing in live.google.alive():
        if thing.kind == "ad":
            thing.delivery, thing.details = "DISAPPROVED", {"topics": [{"topic": "DESTINATION_NOT_WORKING", "type": "PROHIBITED"}]}
    live.service().watch()
    assert {"aspect": "review", "verdict": "disapproved"} in ana.ask(ONE, d=google(live))["verdicts"]
    alerts = ana.nodes("query ($p: UUID!) { alerts(projectId: $p) { edges { node { code deploymentId clearedAt } } } }")
    assert {"code": "ads-disapproved", "deploymentId": google(live), "clearedAt": None} in alerts
    assert thing_of(live, "ad").delivery == "DISAPPROVED"


def test_accounts_are_added_listed_and_taken_away(live: Stage, ana: Marketer) -> None:
    add = """mutation ($p: UUID!, $a: AccountInput!) { addAccount(projectId: $p, account: $a) {
        ... on AccountAdded { account { id } } ...refused } }"""
    wanted = {"platform": "GOOGLE_ADS", "externalId": "5550002222", "currency": "USD", "timeZone": "America/New_York"}
    made = ana.ask(add, a=wanted)["account"]["id"]
    listed = "query ($p: UUID!, $r: Boolean!) { accounts(projectId: $p, removed: $r) { id currency timeZone removed } }"
    assert {"id": made, "currency": "USD", "timeZone": "America/New_York", "removed": False} in ana.ask(listed, r=False)
    remove = "mutation ($a: UUID!) { removeAccount(accountId: $a) { ... on AccountRemoved { account { removed } } ...refused } }"
    assert ana.ask(remove, a=made) == {"account": {"removed": True}}
    assert made not in [each["id"] for each in ana.ask(listed, r=False)]
    assert made in [each["id"] for each in ana.ask(listed, r=True)]
    used = str(live.deployment("google_ads").ad_account_id)
    assert ana.ask(remove, a=used)["code"] == "CONFLICT", "something of it is on"


def test_the_policy_shows_its_caps_and_what_is_held(live: Stage, ana: Marketer) -> None:
    (policy,) = ana.ask(
        """query ($p: UUID!) { spendPolicies(projectId: $p) {
        currency dailyCap { amount } monthlyCap { amount } totalCap { amount } reserved { period amount { amount } } } }"""
    )
    caps = [policy[name]["amount"] for name in ("dailyCap", "monthlyCap", "totalCap")]
    assert (policy["currency"], caps) == ("EUR", ["300.00", "8000.00", "9000.00"])
    held = {each["period"]: each["amount"]["amount"] for each in policy["reserved"]}
    assert held["day"] == "190.00"
    assert live.reserved()["day"] == 190 * EUR
