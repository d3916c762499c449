"""Whoever changes a project raises its version once, when the transaction commits, and everybody who listens hears of it."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest

from tests.services import Database as DatabaseUrls
from zamc.clock import SystemClock
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.errors import InvalidInput
from zamc.events.catalogue import StrategyDrafted
from zamc.events.repository import emit
from zamc.projects.repository import audit
from zamc.projects.service import ProjectService
from zamc.requests import announcing
from zamc.requests.repository import CHANNEL, versions
from zamc.requests.text_rules import LONGEST_SENTENCE, sentence


@pytest.fixture
def project(database: Database) -> UUID:
    with database.transaction() as session:
        return ProjectService(SystemClock()).create_project(session, "Mine", by="test").id


def _version(database: Database, project_id: UUID) -> int:
    with database.transaction() as session:
        return versions(session, [project_id])[project_id]


def test_a_transaction_raises_it_once_however_much_it_changes(database: Database, project: UUID) -> None:
    before = _version(database, project)
    with database.transaction() as session:
        for _ in range(3):
            emit(session, StrategyDrafted(project_id=project, strategy_id=uuid7(), version=1))
            audit(session, actor="me", action="looked", project_id=project)
        with session.begin_nested():
            audit(session, actor="me", action="looked twice", project_id=project)
    assert _version(database, project) == before + 1


def test_what_is_rolled_back_or_only_read_raises_nothing(database: Database, project: UUID) -> None:
    before = _version(database, project)
    with pytest.raises(ZeroDivisionError):
        _fails(database, project)
    assert _version(database, project) == before


def _fails(database: Database, project: UUID) -> None:
    with database.transaction() as session:
        audit(session, actor="me", action="looked", project_id=project, share=1 / 0)


def test_whoever_says_it_early_knows_the_version_and_does_not_say_it_again(database: Database, project: UUID) -> None:
    before = _version(database, project)
    with database.transaction() as session:
        audit(session, actor="me", action="looked", project_id=project)
        assert announcing.announce(session) == {project: before + 1}
    assert _version(database, project) == before + 1


def test_a_project_that_is_not_there_is_no_reason_to_fail(database: Database) -> None:
    with database.transaction() as session:
        emit(session, StrategyDrafted(project_id=uuid7(), strategy_id=uuid7(), version=1))


def test_it_is_told_when_it_commits(database: Database, urls: DatabaseUrls, project: UUID) -> None:
    with psycopg.connect(urls.app_url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        with database.transaction() as session:
            audit(session, actor="me", action="looked", project_id=project)
        (heard,) = listening.notifies(timeout=30, stop_after=1)
    assert heard.payload == f"{project}:{_version(database, project)}"


@pytest.mark.parametrize("text", ["", "  ", "x" * (LONGEST_SENTENCE + 1), "a\x1b[31m", "a\u202eb", "a\0"])
def test_a_reason_that_a_log_would_stumble_over_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        sentence(text, field="reason")
    assert sentence("  Two lines,\nand more. ", field="reason") == "Two lines,\nand more."


def test_many_who_change_the_same_projects_in_any_order_lose_no_version_and_never_deadlock(database: Database, project: UUID) -> None:
    with database.transaction() as session:
        other = ProjectService(SystemClock()).create_project(session, "Other", by="test").id
    before = [_version(database, each) for each in (project, other)]

    def work(number: int) -> None:
        for each in (project, other) if number % 2 else (other, project):
            with database.transaction() as session:
                audit(session, actor="me", action="one", project_id=each)
        with database.transaction() as session:
            for each in (project, other) if number % 2 else (other, project):
                audit(session, actor="me", action="both", project_id=each)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(30)))
    assert [_version(database, each) for each in (project, other)] == [version + 60 for version in before]
