"""A project's own campaigns, as forecasts of its next ones know them."""

from uuid import UUID

import pytest

from tests.conftest import ManualClock
from tests.zamc.optimisation.test_service import Stage
from zamc.database.engine import Database
from zamc.strategies import history_repository
from zamc.strategies.forecast_rules import Own
from zamc.strategies.schema import Goal


@pytest.fixture
def stage(database: Database, clock: ManualClock) -> Stage:
    return Stage(database, clock)


def known(stage: Stage, project_id: UUID, goal: Goal = "leads", currency: str = "EUR") -> list[Own]:
    with stage.database.transaction() as session:
        return history_repository.of_project(session, project_id, goal=goal, currency=currency)


def test_only_campaigns_of_the_goal_and_currency_that_spent_are_history(stage: Stage) -> None:
    made = stage.launch()
    stage.write('UPDATE strategies SET brief = \'{"goal": "leads"}\'')
    project = _project(stage)
    assert known(stage, project) == []
    stage.report((15, 40, "2"), (16, 60, "3"))
    stage.write("UPDATE deployments SET launched_at = '2026-11-10T00:00:00Z' WHERE id = :id", id=made.deployment_id)
    (own,) = known(stage, project)
    assert (own.kind, own.clicks, own.conversions, own.days) == ("search", 100, 5.0, 2)
    assert own.cost > 0
    assert known(stage, project, goal="sales") == []
    assert known(stage, project, currency="USD") == []
    stage.write("UPDATE deployments SET launched_at = NULL")
    assert known(stage, project) == []


def _project(stage: Stage) -> UUID:
    found: UUID = stage.read("SELECT project_id FROM deployments")[0][0]
    return found
