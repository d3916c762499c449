"""People with passwords, and a browser for each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api.app import create_app
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from zamc.bootstrap import Services
from zamc.identity import repository
from zamc.settings import Settings

PASSWORD = "seventeen hedgehogs cross the bridge"
EMAIL = "ana@example.org"


class SteppingClock:
    """Real time, plus what a test adds."""

    def __init__(self) -> None:
        from zamc.clock import SystemClock

        self._real = SystemClock()
        self.ahead: Any = 0

    def now(self) -> Any:
        from datetime import timedelta

        return self._real.now() + timedelta(seconds=self.ahead)

    business_now = now


@pytest.fixture
def stepping() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def wired(services: Servers, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stepping: SteppingClock) -> Any:
    """Its own Valkey database, so that no other test's attempts count."""
    environment = {**services.environment_for(urls), "ZAMC_MAIL_FOLDER": str(tmp_path / "mail"), "ZAMC_PUBLIC_URL": "http://testserver"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = Services(Settings())
    made.__dict__["clock"] = stepping
    # Hashing is dear on purpose; the parameters of production have a test of their own.
    made.identity.sign_in._hasher.__dict__["_argon"] = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    made.throttling_store.storage.get_connection().flushdb()
    yield made
    made.database.close()


@pytest.fixture
def app(wired: Services) -> FastAPI:
    return create_app(wired)


@pytest.fixture
def browser(app: FastAPI) -> Callable[[], TestClient]:
    """A fresh browser: its own cookies."""
    return lambda: TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def client(browser: Callable[[], TestClient]) -> TestClient:
    return browser()


@dataclass(frozen=True)
class Person:
    id: UUID
    email: str
    password: str

    @property
    def credentials(self) -> dict[str, str]:
        return {"email": self.email, "password": self.password}


@pytest.fixture
def person(wired: Services) -> Callable[..., Person]:
    """A user with a password, and roles by project."""

    def make(email: str = EMAIL, roles: dict[UUID, str] | None = None, password: str = PASSWORD) -> Person:
        hashed = wired.identity.sign_in.hashed(email, password)
        with wired.database.transaction() as session:
            user_id = repository.put_user(session, email)
            for project_id, role in (roles or {}).items():
                repository.put_membership(session, user_id=user_id, project_id=project_id, role=role)
            repository.change_user(session, user_id, password_hash=hashed)
        return Person(user_id, email, password)

    return make


@pytest.fixture
def ana(person: Callable[..., Person], project: Callable[[str], UUID]) -> Person:
    return person(roles={project("Blender Studio"): "owner"})


@pytest.fixture
def signed_in(client: TestClient, ana: Person) -> TestClient:
    """Ana's browser."""
    answer = client.post("/auth/sign-in", json=ana.credentials)
    assert answer.status_code == 200, answer.text
    return client
