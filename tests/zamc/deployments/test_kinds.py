"""One plan, several campaigns on one account: a deployment per kind, launched together, and nothing half when one cannot be."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from tests.zamc.deployments.test_google_trees import channel, pictures
from zamc.creatives.tables import Asset
from zamc.deployments.rules import LaunchMode
from zamc.deployments.sources import pictures_of
from zamc.deployments.tables import Deployment
from zamc.events.tables import OutboxRow
from zamc.projects.tables import AdAccount
from zamc.strategies.schema import Plan


def plan(**changes: Any) -> Plan:
    channels = [channel("search", daily=30 * EUR), channel("display", daily=10 * EUR), channel("meta", daily=40 * EUR)]
    return plan_of(channels=[*channels, *changes.pop("more", [])], **changes)


def deployments(stage: Stage) -> dict[str, Deployment]:
    with stage.database.transaction() as session:
        return {row.kind: row for row in session.scalars(select(Deployment))}


@pytest.fixture
def pictured(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Sets of this stage have the pictures that Display needs."""

    def found(rows: Any, platform: str) -> Any:
        return pictures() if platform == "google_ads" else pictures_of(rows, platform)

    monkeypatch.setattr("zamc.deployments.drafts.pictures_of", found)
    return stage


def test_a_deployment_per_kind_each_with_its_budget_and_its_campaign(pictured: Stage) -> None:
    pictured.begin(plan(more=[channel("performance_max", daily=20 * EUR)]))
    pictured.launch()
    found = deployments(pictured)
    assert {kind: row.status for kind, row in found.items()} == dict.fromkeys(("search", "performance_max", "display", "meta"), "live")
    assert {kind: row.daily_budget_micros // EUR for kind, row in found.items()} == {
        "search": 30, "performance_max": 20, "display": 10, "meta": 40
    }  # fmt: skip
    assert len({row.ad_account_id for kind, row in found.items() if kind != "meta"}) == 1
    assert len(pictured.google.campaigns("enabled")) == 3
    # Worst cases are sums: twice 60 EUR a day on Google, 1.75 times 40 EUR on Meta.
    assert pictured.reserved()["day"] == 190 * EUR
    groups = [thing for thing in pictured.google.alive() if thing.kind == "asset_group"]
    assert [thing.status for thing in groups] == ["enabled", "enabled"]


def test_beginning_twice_makes_no_second_campaign_of_a_kind(pictured: Stage) -> None:
    pictured.begin(plan())
    with pictured.database.transaction() as session:
        rows = list(session.scalars(select(Deployment)))
        whole = session.get(Asset, rows[0].asset_id)
        assert whole is not None
        assert {row.id for row in pictured.service().begin(session, whole)} == {row.id for row in rows}


def _without_conversions(stage: Stage) -> None:
    with stage.database.transaction() as session:
        for account in session.scalars(select(AdAccount)):
            account.conversion_action = None


def _alerts(stage: Stage) -> list[str]:
    with stage.database.transaction() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.subject == "zamc.alert.raised"))
        return [str(row.envelope) for row in rows]


def test_without_a_conversion_action_nothing_of_an_all_or_nothing_plan_is_launched(pictured: Stage) -> None:
    _without_conversions(pictured)
    pictured.begin(plan(more=[channel("performance_max")]))
    pictured.launch()
    assert {row.status for row in deployments(pictured).values()} == {"failed"}
    assert all("no conversion action" in (row.failure or "") for row in deployments(pictured).values())
    assert pictured.google.calls == []
    assert "no conversion action" in _alerts(pictured)[0]


def test_without_a_conversion_action_best_effort_leaves_performance_max_out(pictured: Stage) -> None:
    _without_conversions(pictured)
    pictured.begin(plan(more=[channel("performance_max")]), mode=LaunchMode.BEST_EFFORT)
    pictured.launch()
    assert {kind: row.status for kind, row in deployments(pictured).items()} == dict.fromkeys(("search", "display", "meta"), "live")
    assert "no conversion action" in _alerts(pictured)[0]


def test_one_kind_that_cannot_be_built_keeps_the_others_dark(stage: Stage) -> None:
    stage.begin(plan())  # a set without pictures for Google
    stage.launch()
    found = deployments(stage)
    assert {row.status for row in found.values()} == {"failed"}
    assert "google_landscape" in (found["search"].failure or "")
    assert (stage.google.calls, stage.meta.campaigns("enabled")) == ([], [])


def test_an_approval_of_one_kind_is_none_for_another(pictured: Stage) -> None:
    pictured.begin(plan())
    hashes = {row.plan_hash for row in deployments(pictured).values()}
    assert len(hashes) == 3
