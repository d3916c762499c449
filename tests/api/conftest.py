"""The API over a fresh database and the real servers, called as its users call it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from zamc.bootstrap import Services
from zamc.identity.service import IdentityService
from zamc.settings import Settings

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def wired(services: Servers, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    for name, value in services.environment_for(urls).items():
        monkeypatch.setenv(name, value)
    made = Services(Settings())
    yield made
    made.database.close()


@pytest.fixture
def client(wired: Services) -> Iterator[TestClient]:
    with TestClient(create_app(wired), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def project(wired: Services) -> Callable[[str], UUID]:
    """Make a project and return its id."""

    def make(name: str) -> UUID:
        with wired.database.transaction() as session:
            return wired.projects.create_project(session, name, by="test", gates={"strategy": "person"}).id

    return make


@pytest.fixture
def key(wired: Services) -> Callable[[str, dict[UUID, str]], str]:
    """An API key of a user with these roles."""

    def grant(email: str, roles: dict[UUID, str]) -> str:
        with wired.database.transaction() as session:
            return IdentityService().grant_key(session, email=email, roles=roles)

    return grant


@pytest.fixture
def call(client: TestClient) -> Call:
    """Run a GraphQL document with a key; returns the answer."""

    def run(key: str, document: str, **variables: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        answer = client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    return run
