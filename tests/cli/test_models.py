"""`zamc projects models` and `zamc strategies list`: what a project allows of models, and what came of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from typer.testing import CliRunner, Result

from cli.main import app
from tests.conftest import ManualClock
from tests.zamc.strategies.briefs import brief
from tests.zamc.strategies.test_service import Begun
from zamc.database.engine import Database
from zamc.errors import InvalidInput
from zamc.llm import repository
from zamc.llm.offline.writer import OfflineWriter
from zamc.projects.service import ProjectService
from zamc.strategies.service import StrategyService


@dataclass
class Wired:
    """What the commands take of the services."""

    database: Database
    owner_database: Database


@pytest.fixture
def project_id(database: Database, owner_database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> UUID:
    monkeypatch.setattr("zamc.bootstrap.services", lambda: Wired(database, owner_database))
    with database.transaction() as session:
        return ProjectService(clock).create_project(session, "Bluebird", by="test").id


def _zamc(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_person_decides_order_budget_and_stand_in(project_id: UUID, database: Database) -> None:
    words = ("projects", "models", "Bluebird", "--provider", "openai", "--provider", "anthropic", "--monthly", "20.00", "--offline")
    assert "openai, anthropic, then the offline writer, at most 20.00 USD a month" in _zamc(*words).output
    with database.transaction() as session:
        row = repository.policy(session, project_id)
        assert row is not None
        assert (row.providers, row.offline, row.monthly_budget_micros) == (["openai", "anthropic"], True, 20_000_000)
        told: dict[str, Any] = session.execute(text("SELECT details FROM audit_log WHERE action = 'model_policy.set'")).scalar_one()
    assert told["monthly_budget_micros"] == 20_000_000
    assert "at most 0.00 USD" in _zamc("projects", "models", "Bluebird").output


def test_landing_pages_are_read_only_where_a_person_allows_it(project_id: UUID, database: Database) -> None:
    for words, allowed in (((), False), (("--pages",), True), ((), False)):
        told = _zamc("projects", "models", "Bluebird", *words).output
        assert f"pages {'read' if allowed else 'not read'}" in told
        with database.transaction() as session:
            row = repository.policy(session, project_id)
            assert row is not None
            assert row.pages is allowed


@pytest.mark.parametrize(
    "wrong", [("--provider", "acme"), ("--provider", "openai", "--provider", "openai"), ("--monthly", "-1"), ("--monthly", "much")]
)
def test_what_is_wrong_is_said_and_nothing_is_written(project_id: UUID, database: Database, wrong: tuple[str, ...]) -> None:
    assert isinstance(_zamc("projects", "models", "Bluebird", *wrong).exception, InvalidInput)
    with database.transaction() as session:
        assert repository.policy(session, project_id) is None


def test_the_application_itself_may_not_raise_a_budget(project_id: UUID, database: Database) -> None:
    _zamc("projects", "models", "Bluebird", "--monthly", "1.00")
    with pytest.raises(ProgrammingError, match="permission denied"), database.transaction() as session:
        session.execute(text("UPDATE model_policies SET monthly_budget_micros = 1000000000"))


def test_a_list_says_who_wrote_for_how_much_and_what_the_checks_found(project_id: UUID, database: Database, clock: ManualClock) -> None:
    assert "no strategy yet" in _zamc("strategies", "list", "Bluebird").output
    service = StrategyService(database, clock, OfflineWriter(), Begun())
    with database.transaction() as session:
        service.request(session, project_id=project_id, brief=brief(), requested_by="ana")
    assert "not written yet; creatives: none yet" in _zamc("strategies", "list", "Bluebird").output
    service.draft()
    said = _zamc("strategies", "list", "Bluebird", "--notes").output
    assert "offline rules (offline-3), 0.00 USD; creatives: none yet" in said
    assert "no model was asked" in said
    assert "foreseen: " in said
    assert "conversions (" in said
    assert ") in 30 days" in said
