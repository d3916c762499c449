"""Whoever changes a project raises its version once, when the transaction commits, and everybody who listens hears of it."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

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
from zamc.requests.repository import CHANNEL, heard, versions
from zamc.requests.rules import SETTINGS, Version
from zamc.requests.text_rules import LONGEST_SENTENCE, sentence


@pytest.fixture
def project(database: Database) -> UUID:
    with database.transaction() as session:
        return ProjectService(SystemClock()).create_project(session, "Mine", by="test").id


def _both(database: Database, project_id: UUID) -> Version:
    with database.transaction() as session:
        return versions(session, [project_id])[project_id]


def _version(database: Database, project_id: UUID) -> int:
    return _both(database, project_id).whole


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
        told = announcing.announce(session)
        assert {project_id: version.whole for project_id, version in told.items()} == {project: before + 1}
    assert _both(database, project) == told[project]
    assert told[project].whole == before + 1


@pytest.mark.parametrize("action", sorted(SETTINGS))
def test_a_change_of_settings_alone_makes_no_work_newer(database: Database, project: UUID, action: str) -> None:
    before = _both(database, project)
    with database.transaction() as session:
        audit(session, actor="me", action=action, project_id=project)
        audit(session, actor="me", action=action, project_id=project)
    assert _both(database, project) == Version(before.whole + 1, before.work)


@pytest.mark.parametrize("actions", [("gates.set", "looked"), ("looked", "gates.set"), ("gates.set", "looked", "member.role")])
def test_one_who_changes_settings_and_more_changes_everything(database: Database, project: UUID, actions: tuple[str, ...]) -> None:
    before = _both(database, project)
    with database.transaction() as session:
        for action in actions:
            audit(session, actor="me", action=action, project_id=project)
    assert _both(database, project) == Version(before.whole + 1, before.work + 1)


def test_an_event_is_never_one_of_settings_alone(database: Database, project: UUID) -> None:
    before = _both(database, project)
    with database.transaction() as session:
        audit(session, actor="me", action="gates.set", project_id=project)
        emit(session, StrategyDrafted(project_id=project, strategy_id=uuid7(), version=1))
    assert _both(database, project) == Version(before.whole + 1, before.work + 1)


def test_what_was_told_as_settings_and_becomes_more_is_told_again(database: Database, project: UUID) -> None:
    before = _both(database, project)
    with database.transaction() as session:
        audit(session, actor="me", action="gates.set", project_id=project)
        assert announcing.announce(session)[project] == Version(before.whole + 1, before.work)
        audit(session, actor="me", action="gates.set", project_id=project)
        assert announcing.announce(session)[project] == Version(before.whole + 1, before.work)
        audit(session, actor="me", action="looked", project_id=project)
    assert _both(database, project) == Version(before.whole + 2, before.work + 1)
    with database.transaction() as session:
        audit(session, actor="me", action="looked", project_id=project)
        announcing.announce(session)
        audit(session, actor="me", action="gates.set", project_id=project)
    assert _both(database, project) == Version(before.whole + 3, before.work + 2)


def test_projects_of_one_transaction_are_told_apart(database: Database, project: UUID) -> None:
    with database.transaction() as session:
        other = ProjectService(SystemClock()).create_project(session, "Other", by="test").id
    before = [_both(database, each) for each in (project, other)]
    with database.transaction() as session:
        audit(session, actor="me", action="gates.set", project_id=project)
        audit(session, actor="me", action="looked", project_id=other)
    after = [_both(database, each) for each in (project, other)]
    assert after == [Version(before[0].whole + 1, before[0].work), Version(before[1].whole + 1, before[1].work + 1)]


def test_the_first_change_of_a_project_may_be_one_of_settings(database: Database, owner_database: Database, project: UUID) -> None:
    with owner_database.transaction() as session:
        session.execute(text("DELETE FROM data_versions"))
    with database.transaction() as session:
        audit(session, actor="me", action="gates.set", project_id=project)
    assert _both(database, project) == Version(1, 0)


def test_what_is_heard_is_what_was_told(project: UUID) -> None:
    assert heard(f"{project}:7:3") == (project, Version(7, 3))


@pytest.mark.parametrize("payload", ["", ":", "x:7:3", f"{UUID(int=1)}:7", f"{UUID(int=1)}:7:3:1", f"{UUID(int=1)}:7:x"])
def test_what_another_release_may_tell_is_not_taken_for_a_version(payload: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        heard(payload)


def test_a_project_that_is_not_there_is_no_reason_to_fail(database: Database) -> None:
    with database.transaction() as session:
        emit(session, StrategyDrafted(project_id=uuid7(), strategy_id=uuid7(), version=1))


def test_it_is_told_when_it_commits(database: Database, urls: DatabaseUrls, project: UUID) -> None:
    with psycopg.connect(urls.app_url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        with database.transaction() as session:
            audit(session, actor="me", action="looked", project_id=project)
        (told,) = listening.notifies(timeout=30, stop_after=1)
    assert heard(told.payload) == (project, _both(database, project))


@pytest.mark.parametrize("reason", ["", "  ", "x" * (LONGEST_SENTENCE + 1), "a\x1b[31m", "a\u202eb", "a\0"])
def test_a_reason_that_a_log_would_stumble_over_is_refused(reason: str) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        sentence(reason, field="reason")
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
