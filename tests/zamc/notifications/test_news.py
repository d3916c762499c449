"""What waits for a person is told while it waits, from the events that a launch and a change really write."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import EUR, Stage, plan_of, stage
from zamc.deployments.change_rules import Request
from zamc.errors import Conflict
from zamc.events.catalogue import CATALOGUE
from zamc.events.tables import OutboxRow
from zamc.notifications import waiting_views
from zamc.notifications.news import SUBJECTS, news_of
from zamc.notifications.words_rules import News
from zamc.projects.rules import Caps, PolicyRules
from zamc.projects.service import ProjectService

__all__ = ["stage"]


def told(stage: Stage) -> list[News]:
    """News of everything that was ever written into the outbox, as it is now."""
    found = []
    with stage.database.transaction() as session:
        for row in session.scalars(select(OutboxRow).where(OutboxRow.subject.in_(SUBJECTS)).order_by(OutboxRow.sequence)):
            news = news_of(session, row.event_id, CATALOGUE[row.subject].model_validate(row.envelope["data"]))
            if news is not None:
                found.append(news)
    return found


def two_people(stage: Stage, **rules: Any) -> None:
    with stage.owner.transaction() as session:
        ProjectService(stage.clock).set_spend_policy(
            session, stage.project_id, Caps("EUR", 1_000 * EUR, 30_000 * EUR, None), by="anna", rules=PolicyRules(approvers=2, **rules)
        )


def waits(stage: Stage) -> list[tuple[str, UUID]]:
    with stage.database.transaction() as session:
        return [(each.what, each.id) for each in waiting_views.everything(session, stage.project_id)]


def test_a_launch_is_told_while_it_waits_and_not_where_the_gate_is_open(stage: Stage) -> None:
    stage.allow(daily=1_000, monthly=20_000, total=None)
    stage.begin(name="Open")
    assert told(stage) == []
    with stage.database.transaction() as session:
        ProjectService(stage.clock).set_gates(session, stage.project_id, {"launch": "person"}, by="anna")
    google, meta = stage.begin(name="Closed")
    assert [(news.kind, news.about["what"], news.about["id"]) for news in told(stage)] == [
        ("approval", "launch", str(google)), ("approval", "launch", str(meta)),
    ]  # fmt: skip
    assert set(waits(stage)) == {("launch", google), ("launch", meta)}
    with stage.database.transaction() as session:
        from zamc.deployments.tables import Deployment

        plan_hash = session.get_one(Deployment, google).plan_hash
        stage.service().approve(session, google, by="anna", plan_hash=plan_hash)
    assert [news.about["id"] for news in told(stage)] == [str(meta)]
    assert waits(stage) == [("launch", meta)]


def test_a_change_that_needs_another_person_is_told_until_they_apply_it(stage: Stage) -> None:
    google, _ = stage.begin(plan_of(total_budget_micros=None))
    stage.launch()
    two_people(stage, approval_above_micros=70 * EUR)
    service = stage.service()
    shown = service.plan_change(google, Request(daily_budget_micros=80 * EUR), by="anna")
    assert told(stage) == [], "a look at a difference waits for nobody"
    assert waits(stage) == []
    with pytest.raises(Conflict, match="1 of 2 people"):
        service.apply_change(google, shown.change_hash, by="anna")
    (news,) = told(stage)
    assert news.key == f"approval:change:{google}:{shown.change_hash}"
    assert "1 of 2 people have applied this plan" in news.body
    assert "anna" not in news.body, "who asked is in the audit log"
    assert waits(stage) == [("change", google)]
    service.apply_change(google, shown.change_hash, by="ben")
    assert told(stage) == []
    assert waits(stage) == []
