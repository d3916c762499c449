"""A running API over two brands, made once for all tests of a module."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.app import create_app
from tests.api import world
from tests.api.operations import Operation
from tests.api.world import Brand
from tests.conftest import ManualClock
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from zamc.bootstrap import Services
from zamc.database.engine import Database
from zamc.events.tables import OutboxRow
from zamc.identity.service import IdentityService
from zamc.projects.tables import AuditEntry
from zamc.settings import Settings


@dataclass(frozen=True)
class Installation:
    """Platforms are mine's; theirs is there to be left alone."""

    client: TestClient
    wired: Services
    mine: Brand
    theirs: Brand

    def key(self, email: str, **roles: str) -> str:
        """roles: by "mine" and "theirs"."""
        with self.wired.database.transaction() as session:
            named: dict[UUID, str] = {getattr(self, name).project: role for name, role in roles.items()}
            return IdentityService().grant_key(session, email=email, roles=named)

    def traces(self) -> tuple[int, int]:
        """How many events and entries of the audit log there are: nothing changes without leaving one."""
        with self.wired.database.transaction() as session:
            counted = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (OutboxRow, AuditEntry)]
        return counted[0], counted[1]

    def send(self, document: str, variables: Any, key: str | None) -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)

    def ask(self, operation: Operation, ids: Any, key: str | None) -> Any:
        return self.send(operation.document(), operation.variables(ids), key)


@pytest.fixture(scope="module")
def installation(services: Servers, migrated: DatabaseUrls) -> Iterator[Installation]:
    urls = services.new_database(template=migrated.name)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in services.environment_for(urls).items():
            patch.setenv(name, value)
        # A module's tests ask more in a minute than a person does.
        wired = Services(Settings().model_copy(update={"api_cost_per_minute": 100_000_000}))
        owner, clock = Database(urls.owner_url), ManualClock()
        mine = world.make(wired.database, owner, clock, "Padaria")
        theirs = world.make(wired.database, owner, clock, "Livraria")
        vars(wired)["deployments"] = mine.stage.service()
        with TestClient(create_app(wired), raise_server_exceptions=False) as client:
            yield Installation(client, wired, mine, theirs)
        wired.database.close()
        owner.close()
    services.drop_database(urls)
