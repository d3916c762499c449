"""What a marketer's screens ask for, one after the other, from a brief to two live deployments: every answer is looked at."""

import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import yaml
from fastapi.testclient import TestClient

from tests.conftest import ManualClock
from tests.zamc.deployments.conftest import Stage
from tests.zamc.deployments.fake import FakePlatform
from tests.zamc.strategies.briefs import data
from zamc.bootstrap import Services
from zamc.clock import SystemClock
from zamc.database.engine import Database

Key = Callable[[str, dict[UUID, str]], str]
REFUSED = " fragment refused on Failure { code message }"


class Marketer:
    """Somebody with a key. ask: the one field of an answer, which must have no errors."""

    def __init__(self, client: TestClient, key: str, project: UUID) -> None:
        self.client, self.key, self.project = client, key, str(project)

    def ask(self, document: str, **variables: Any) -> Any:
        if "$p:" in document:
            variables["p"] = self.project
        if "...refused" in document:
            document += REFUSED
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.client.post("/graphql", json={"query": document, "variables": variables}, headers=headers).json()
        assert "errors" not in answer, answer
        (found,) = answer["data"].values()
        return found

    def waiting(self) -> dict[str, list[str]]:
        """What waits for somebody's yes or no: marks by what they are of."""
        found: dict[str, list[str]] = {}
        for each in self.ask("query ($p: UUID!) { approvals(projectId: $p) { what mark } }"):
            found.setdefault(each["what"], []).append(each["mark"])
        return found

    def nodes(self, document: str, **variables: Any) -> list[Any]:
        return [edge["node"] for edge in self.ask(document, **variables)["edges"]]


@pytest.fixture
def stage(wired: Services, owner_database: Database) -> Stage:
    """The whole installation with two platforms of a test's own."""
    clock = ManualClock(SystemClock().now())
    vars(wired)["clock"] = clock
    with wired.database.transaction() as session:
        project = wired.projects.create_project(session, "Bluebird", by="test").id
        for platform, external_id in (("google_ads", "1234567890"), ("meta_ads", "act_42")):
            wired.projects.add_account(
                session, project, platform=platform, external_id=external_id, currency="EUR", time_zone="Europe/Berlin", by="test",
                page_id="77", pixel_id="88", conversion_action="99",
            )  # fmt: skip
    made = Stage(wired.database, owner_database, clock, FakePlatform(atomic=True), FakePlatform(atomic=False), project, [], {})
    made.allow()
    vars(wired)["deployments"] = made.service()
    return made


@pytest.fixture
def ana(client: TestClient, stage: Stage, key: Key) -> Marketer:
    return Marketer(client, key("ana@example.org", {stage.project_id: "owner"}), stage.project_id)


def requested(ana: Marketer, **changes: Any) -> str:
    document = """mutation ($p: UUID!, $b: String!) { requestStrategy(projectId: $p, briefYaml: $b) {
        ... on StrategyRequested { strategy { id status } } ...refused } }"""
    brief = yaml.safe_dump(data(regions=["DE"], **changes))
    made = ana.ask(document, b=brief)["strategy"]
    assert made["status"] == "requested"
    return str(made["id"])


PLAN = "query ($s: UUID!) { planVersion(strategyId: $s) { about { version planHash status inForce author } plan words } }"
APPROVE = "mutation ($s: UUID!, $h: String!) { approveStrategy(strategyId: $s, planHash: $h) { ... on StrategyApproved { strategy { status approvedBy } } ...refused } }"  # noqa: E501 - a document
EDIT = """mutation ($s: UUID!, $w: String!, $h: String!) { editStrategy(strategyId: $s, words: $w, seenHash: $h, note: "warmer") {
    ... on StrategyEdited { version planHash changes { path kind before after } } ...refused } }"""


def planned(ana: Marketer, wired: Services, **changes: Any) -> str:
    strategy = requested(ana, **changes)
    assert wired.strategies.draft([UUID(strategy)]).done == 1  # the pipelines' work
    return strategy


def test_a_plan_is_read_edited_compared_and_approved_as_it_was_seen(ana: Marketer, wired: Services) -> None:
    strategy = planned(ana, wired)
    whole = ana.ask(
        "query ($s: UUID!) { strategy(id: $s) { status version planHash brief plan writing { provider cost { amount currency } } } }",
        s=strategy,
    )
    assert (whole["status"], whole["version"], whole["brief"]["product"]) == ("drafted", 1, "Bluebird coffee")
    assert whole["writing"] == {"provider": "offline", "cost": {"amount": "0.00", "currency": "USD"}}
    assert {channel["platform"] for channel in whole["plan"]["channels"]} == {"google_ads", "meta_ads"}
    first = ana.ask(PLAN, s=strategy)
    assert (first["about"]["version"], first["about"]["planHash"], first["about"]["status"]) == (1, whole["planHash"], "waiting")
    assert ana.waiting() == {"PLAN": ["1"]}

    claimed = {**first["words"], "positioning": "The best coffee, half the price, roasted this week"}
    refused = ana.ask(EDIT, s=strategy, w=json.dumps(claimed), h=whole["planHash"])
    assert refused["code"] == "INVALID_INPUT", "the brief claims nothing like it"
    words = {**first["words"], "creative_direction": "Hands and beans"}
    edited = ana.ask(EDIT, s=strategy, w=json.dumps(words), h=whole["planHash"])
    assert (edited["version"], [change["path"] for change in edited["changes"]]) == (2, ["pitch.creative_direction"])
    assert edited["changes"][0]["after"] == words["creative_direction"]
    differences = ana.ask("query ($s: UUID!) { planDiff(strategyId: $s, before: 1, after: 2) { path kind before after } }", s=strategy)
    assert differences == edited["changes"]
    stale = ana.ask(EDIT, s=strategy, w=json.dumps(words), h=whole["planHash"])
    assert stale["code"] == "CONFLICT"
    versions = ana.ask("query ($s: UUID!) { planVersions(strategyId: $s) { version origin author note } }", s=strategy)
    assert [(each["version"], each["author"], each["note"]) for each in versions] == [
        (2, "ana@example.org", "warmer"),
        (1, first["about"]["author"], ""),
    ]

    assert ana.ask(APPROVE, s=strategy, h=whole["planHash"])["code"] == "CONFLICT", "the plan that was seen is not the newest"
    approved = ana.ask(APPROVE, s=strategy, h=edited["planHash"])
    assert approved == {"strategy": {"status": "approved", "approvedBy": "ana@example.org"}}
    assert ana.ask(PLAN, s=strategy)["about"]["inForce"] is True
    assert "PLAN" not in ana.waiting()


def test_a_plan_is_turned_down_and_says_why(ana: Marketer, wired: Services) -> None:
    strategy = planned(ana, wired)
    document = """mutation ($s: UUID!) { rejectStrategy(strategyId: $s, reason: "Too dear") {
        ... on StrategyRejected { strategy { status } } ...refused } }"""
    assert ana.ask(document, s=strategy) == {"strategy": {"status": "rejected"}}
    assert ana.ask(document, s=strategy) == {"strategy": {"status": "rejected"}}, "said twice, it is done once"
    again = ana.ask("mutation ($s: UUID!) { retryStrategy(strategyId: $s) { __typename ...refused } }", s=strategy)
    assert again["code"] == "CONFLICT", "it did not fail, it was turned down"
    (entry,) = ana.nodes(
        'query ($p: UUID!) { audit(projectId: $p, action: "strategy.rejected") { edges { node { actor subjectId details } } } }'
    )
    assert (entry["actor"], entry["subjectId"], "Too dear" in json.dumps(entry["details"])) == ("ana@example.org", strategy, True)
    rejected = ana.nodes("query ($p: UUID!) { strategies(projectId: $p, status: [REJECTED]) { edges { node { id } } } }")
    assert [each["id"] for each in rejected] == [strategy]
    assert ana.nodes("query ($p: UUID!) { strategies(projectId: $p, status: [DRAFTED]) { edges { node { id } } } }") == []


SETS = """query ($p: UUID!) { creativeSets(projectId: $p, first: 1) { edges { node { id strategyId status setHash counts { status count }
    creatives { ref kind status size checks texts { field text source } file { sha256 mediaType url } } } } } }"""


def approved_plan(ana: Marketer, wired: Services, **changes: Any) -> str:
    strategy = planned(ana, wired, **changes)
    plan_hash = ana.ask(PLAN, s=strategy)["about"]["planHash"]
    assert "strategy" in ana.ask(APPROVE, s=strategy, h=plan_hash)
    return strategy


def make(wired: Services, strategy: str) -> None:
    """The pipelines' work."""
    for step in (wired.creatives.make_copy, wired.creatives.make_images, wired.creatives.make_videos):
        outcome = step([UUID(strategy)])
        assert not outcome.errors, outcome.errors


def test_creatives_are_seen_with_their_checks_approved_and_launched(ana: Marketer, wired: Services, stage: Stage) -> None:
    strategy = approved_plan(ana, wired)
    make(wired, strategy)
    (whole,) = ana.nodes(SETS)
    assert (whole["strategyId"], whole["status"]) == (strategy, "ready")
    assert sum(each["count"] for each in whole["counts"]) == len(whole["creatives"])
    kinds = {each["kind"] for each in whole["creatives"]}
    assert {"copy", "image"} <= kinds
    for each in whole["creatives"]:
        assert each["checks"], each
        if each["kind"] == "copy":
            assert all(text["text"] and text["source"] for text in each["texts"])
            continue
        shown = ana.client.get(each["file"]["url"])  # without a key, as a browser's <img> does
        assert (shown.status_code, shown.headers["content-type"]) == (200, each["file"]["mediaType"])
        assert hashlib.sha256(shown.content).hexdigest() == each["file"]["sha256"]
    assert ana.waiting() == {"CREATIVES": [whole["setHash"]]}

    approve = "mutation ($s: UUID!, $h: String!) { approveCreatives(setId: $s, setHash: $h) { ... on CreativesApproved { creativeSet { status } } ...refused } }"  # noqa: E501 - a document
    assert ana.ask(approve, s=whole["id"], h="0" * 64)["code"] == "CONFLICT"
    assert ana.ask(approve, s=whole["id"], h=whole["setHash"]) == {"creativeSet": {"status": "approved"}}

    waiting = ana.nodes(
        """query ($p: UUID!) { deployments(projectId: $p, sort: BUDGET) { edges { node {
        id platform status planHash dailyBudget { amount currency } } } } }"""
    )
    assert {(each["platform"], each["status"]) for each in waiting} == {("google_ads", "requested"), ("meta_ads", "requested")}
    assert sorted(ana.waiting()["LAUNCH"]) == sorted(each["planHash"] for each in waiting)
    launch = """mutation ($d: UUID!, $h: String!) { approveDeployment(deploymentId: $d, planHash: $h) {
        ... on DeploymentApproved { deployment { approvedBy } people needed } ...refused } }"""
    assert ana.ask(launch, d=waiting[0]["id"], h="0" * 64)["code"] == "CONFLICT"
    for each in waiting:
        said = ana.ask(launch, d=each["id"], h=each["planHash"])
        assert (said["deployment"]["approvedBy"], said["people"], said["needed"]) == ("ana@example.org", ["ana@example.org"], 1)
    stage.launch()
    live = ana.nodes("query ($p: UUID!) { deployments(projectId: $p, status: [LIVE]) { edges { node { id externalId launchedAt } } } }")
    assert {each["id"] for each in live} == {each["id"] for each in waiting}
    assert all(each["externalId"] and each["launchedAt"] for each in live)
    assert ana.waiting() == {}
    actions = [each["action"] for each in ana.nodes("query ($p: UUID!) { audit(projectId: $p, first: 50) { edges { node { action } } } }")]
    assert {"strategy.approved", "creatives.approved", "deployment.approved"} <= set(actions)


def test_creatives_are_turned_down_and_nothing_is_launched(ana: Marketer, wired: Services, stage: Stage) -> None:
    strategy = approved_plan(ana, wired, platforms=["google_ads"])
    make(wired, strategy)
    (whole,) = ana.nodes(SETS)
    document = """mutation ($s: UUID!) { rejectCreatives(setId: $s, reason: "Not our tone") {
        ... on CreativesRejected { creativeSet { status } } ...refused } }"""
    assert ana.ask(document, s=whole["id"]) == {"creativeSet": {"status": "rejected"}}
    assert ana.ask("mutation ($s: UUID!) { retryCreatives(setId: $s) { __typename ...refused } }", s=whole["id"])["code"] == "CONFLICT"
    assert stage.statuses() == {}
    assert ana.waiting() == {}
