"""How new data are, as one process knows it: nothing that it hears, asks or forgets makes them older."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.graphql.versions import Versions
from api.hearing import Hearing
from api.tasks import end
from tests.services import Database as DatabaseUrls
from zamc.database.engine import Database as Opened
from zamc.requests import repository
from zamc.requests.repository import CHANNEL
from zamc.requests.rules import NEVER_CHANGED, Version

A, B = UUID(int=1), UUID(int=2)


class Ear(Hearing):
    """Hears what a test tells it. alive: whether it hears."""

    alive = True

    def __init__(self) -> None:
        super().__init__("postgresql://nowhere")

    def tell(self, payload: str) -> None:
        self.told(CHANNEL, payload)

    def begin(self) -> None:
        for each in self._listeners[CHANNEL]:
            each.begin()


class Database:
    """meanwhile: what happens while it is asked."""

    def __init__(self) -> None:
        self.versions: dict[UUID, Version] = {A: Version(5, 3), B: Version(1, 1)}
        self.asked: list[list[UUID]] = []
        self.meanwhile: Callable[[], Any] = lambda: None

    def ask(self, projects: Collection[UUID]) -> Mapping[UUID, Version]:
        self.asked.append(list(projects))
        found = {each: self.versions[each] for each in projects}
        self.meanwhile()
        return found

    def newest(self, most: int) -> Mapping[UUID, Version]:
        return self.ask(sorted(self.versions)[:most])


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def versions(ear: Ear, database: Database) -> Versions:
    return Versions(ear, database.ask, database.newest)


def _of(versions: Versions, *projects: UUID) -> Mapping[UUID, Version]:
    return asyncio.run(versions.of(projects))


def test_it_asks_once_and_hears_from_then_on(versions: Versions, ear: Ear, database: Database) -> None:
    assert versions.known([A]) is None
    assert _of(versions, A) == {A: Version(5, 3)}
    ear.tell(f"{A}:6:3")
    assert _of(versions, A, B) == {A: Version(6, 3), B: Version(1, 1)} == versions.known([A, B])
    assert database.asked == [[A], [B]]


@pytest.mark.parametrize("order", [("6:3", "7:4"), ("7:4", "6:3"), ("7:4", "7:4", "5:3")])
def test_what_comes_late_makes_nothing_older(versions: Versions, ear: Ear, order: tuple[str, ...]) -> None:
    versions.learn({A: Version(6, 3)})
    for each in order:
        ear.tell(f"{A}:{each}")
    assert _of(versions, A) == {A: Version(7, 4)}


def test_after_a_while_in_which_nobody_listened_everything_is_asked_again(versions: Versions, ear: Ear, database: Database) -> None:
    _of(versions, A, B)
    database.versions[A] = Version(9, 9)
    ear.begin()
    assert versions.known([A]) is None
    assert versions.last([A]) == {A: Version(5, 3)}, "for while PostgreSQL is down"
    assert _of(versions, A) == {A: Version(9, 9)}


def test_while_nobody_listens_everything_is_asked(
    versions: Versions, ear: Ear, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _of(versions, A)
    monkeypatch.setattr(Ear, "alive", False)
    assert versions.known([A]) is None
    database.versions[A] = Version(6, 4)
    assert _of(versions, A) == {A: Version(6, 4)}
    assert database.asked == [[A], [A]]


def test_what_was_asked_before_the_listening_began_is_not_believed_after_it(versions: Versions, ear: Ear, database: Database) -> None:
    """Between the two the project may have changed, and nobody will be told of that."""
    database.meanwhile = ear.begin
    assert _of(versions, A) == {A: Version(5, 3)}, "right for who asked"
    assert versions.last([A]) == {A: Version(5, 3)}
    assert versions.known([A]) is None
    database.meanwhile = lambda: None
    database.versions[A] = Version(6, 3)
    assert _of(versions, A) == {A: Version(6, 3)}


def test_what_was_told_while_it_was_asked_is_not_lost(versions: Versions, ear: Ear, database: Database) -> None:
    database.meanwhile = lambda: ear.tell(f"{A}:6:3")
    _of(versions, A)
    assert versions.known([A]) == {A: Version(6, 3)}


@pytest.mark.parametrize("payload", [f"{A}:6", "whatever", "", f"{A}:6:x"])
def test_what_another_release_tells_is_a_reason_to_ask(versions: Versions, ear: Ear, database: Database, payload: str) -> None:
    _of(versions, A)
    database.versions[A] = Version(6, 4)
    ear.tell(payload)
    assert versions.known([A]) is None
    assert _of(versions, A) == {A: Version(6, 4)}


def test_whoever_has_seen_more_makes_it_ask(versions: Versions, database: Database) -> None:
    _of(versions, A)
    database.versions[A] = Version(8, 3)
    assert asyncio.run(versions.ask_again([A])) == {A: Version(8, 3)} == versions.known([A])


def test_of_a_project_that_nobody_asked_about_nothing_is_known(versions: Versions) -> None:
    assert versions.last([A]) == {A: NEVER_CHANGED}


def test_a_database_that_was_restored_may_begin_again_below(versions: Versions, ear: Ear, database: Database) -> None:
    _of(versions, A)
    database.versions[A] = Version(2, 1)
    ear.begin()
    assert _of(versions, A) == {A: Version(2, 1)} == versions.last([A])
    ear.tell(f"{A}:3:2")
    assert versions.known([A]) == {A: Version(3, 2)}


async def _ahead(versions: Versions, ear: Ear, until: Callable[[], Any]) -> None:
    """It begins to listen, and reads ahead until then."""
    reading = asyncio.create_task(versions.read_ahead())
    ear.begin()
    async with asyncio.timeout(60):
        while not until():  # noqa: ASYNC110 - what is waited for happens on a thread
            await asyncio.sleep(0.01)
    await end(reading)


def test_it_reads_ahead_as_soon_as_it_listens(versions: Versions, ear: Ear, database: Database) -> None:
    asyncio.run(_ahead(versions, ear, lambda: versions.known([A, B])))
    assert versions.known([A, B]) == database.versions
    assert versions.known([UUID(int=3)]) is None, "of whom there are too many it asks when somebody wants to know"
    assert database.asked == [[A, B]]


def test_what_was_read_ahead_before_it_listened_again_is_read_once_more(versions: Versions, ear: Ear, database: Database) -> None:
    def begins_again() -> None:
        database.meanwhile = lambda: None
        database.versions[A] = Version(6, 3)
        ear.begin()

    database.meanwhile = begins_again
    asyncio.run(_ahead(versions, ear, lambda: versions.known([A])))
    assert len(database.asked) == 2
    assert versions.known([A]) == {A: Version(6, 3)}


def test_what_was_told_while_it_read_ahead_is_not_lost(versions: Versions, ear: Ear, database: Database) -> None:
    database.meanwhile = lambda: ear.tell(f"{A}:6:3")
    asyncio.run(_ahead(versions, ear, lambda: versions.known([A, B])))
    assert versions.known([A]) == {A: Version(6, 3)}


def test_where_it_cannot_read_ahead_it_asks(versions: Versions, ear: Ear, database: Database) -> None:
    def down() -> None:
        database.meanwhile = lambda: None
        raise OSError("no database")

    database.meanwhile = down
    asyncio.run(_ahead(versions, ear, lambda: database.asked))
    assert versions.known([A]) is None
    assert _of(versions, A) == {A: Version(5, 3)}


def test_what_is_read_ahead_is_what_it_would_be_told(urls: DatabaseUrls) -> None:
    opened = Opened(urls.app_url)
    try:
        with opened.transaction() as session:
            session.execute(text("INSERT INTO projects (id, name) SELECT gen_random_uuid(), 'Ahead ' || n FROM generate_series(1, 5) AS n"))
            ids = sorted(session.scalars(text("SELECT id FROM projects")))
            repository.bump(session, {ids[0]: True, ids[-1]: False})
            repository.bump(session, {ids[-1]: False})
            ahead = repository.newest_versions(session, 1_000)
            assert ahead == repository.versions(session, ids)
            assert ahead[ids[-1]] == Version(2, 2)
            assert set(repository.newest_versions(session, 2)) == set(ids[-2:])
            session.rollback()
    finally:
        opened.close()
