"""Copies of the database, and what puts one in its place: a restore, as far as a test can have one."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.deployments.conftest import Stage
from zamc.database.engine import Database

Backup = Callable[[], Callable[[], None]]


@pytest.fixture
def backup(stage: Stage, services: Services, urls: DatabaseUrls) -> Iterator[Backup]:
    """Takes a copy of the database as it is now; what it returns puts that copy in the place of the database."""
    copies: list[DatabaseUrls] = []
    opened: list[Database] = []

    def take() -> Callable[[], None]:
        stage.database.engine.dispose()
        stage.owner.engine.dispose()
        copy = services.new_database(template=urls.name)
        copies.append(copy)

        def restore() -> None:
            stage.database, stage.owner = Database(copy.app_url), Database(copy.owner_url)
            opened.extend([stage.database, stage.owner])

        return restore

    yield take
    for database in opened:
        database.close()
    for copy in copies:
        services.drop_database(copy)


def hold_on(stage: Stage) -> None:
    with stage.database.transaction() as session:
        stage.service().set_hold(session, on=True, by="anna")


def pause(stage: Stage, deployment_id: UUID) -> None:
    with stage.database.transaction() as session:
        stage.service().pause(session, deployment_id, by="anna")
    assert stage.service().run_stops().counts["done"] == 1
