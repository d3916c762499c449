"""A server that is told to stop says so first, answers what is under way, and then is gone."""

import signal
import threading
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from api.serving import config_of
from tests.api.running import running, until
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from zamc.bootstrap import Services
from zamc.identity.service import IdentityService

GATES = "mutation ($p: UUID!) { setGates(projectId: $p, gates: {launch: AUTO}) { __typename ... on GatesSet { project { id } } } }"


@pytest.fixture
def owner(wired: Services) -> tuple[UUID, str]:
    """A project and the key of its owner."""
    with wired.database.transaction() as session:
        project = wired.projects.create_project(session, "Mine", by="test", gates={"launch": "person"}).id
        return project, IdentityService().grant_key(session, email="ana@example.org", roles={project: "owner"})


def test_what_is_under_way_is_answered_before_the_end(
    services: Servers, urls: DatabaseUrls, wired: Services, owner: tuple[UUID, str], tmp_path: Path
) -> None:
    project, key = owner
    answers: list[httpx.Response] = []
    with running(services.environment_for(urls), tmp_path / "log", "--drain-seconds", "6") as api:
        with wired.database.transaction() as session:
            session.execute(text("SELECT 1 FROM projects WHERE id = :id FOR UPDATE"), {"id": project})
            change = threading.Thread(target=lambda: answers.append(api.ask(key, GATES, p=str(project))))
            change.start()
            waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            until(lambda: session.execute(waits).scalar_one() > 0)
            api.process.send_signal(signal.SIGTERM)
            until(lambda: api.get("/readyz").status_code == 503)
            assert api.get("/readyz").json() == {"status": "draining"}
            assert api.get("/healthz").status_code == 200, "whoever has not heard of it is served still"
            assert answers == []
        # The lock is gone: the change goes on, although the server is about to end.
        change.join(60)
        api.process.wait(60)
    assert [answer.json()["data"]["setGates"]["__typename"] for answer in answers] == ["GatesSet"]
    with wired.database.transaction() as session:
        assert session.scalar(text("SELECT gates->>'launch' FROM projects WHERE id = :id"), {"id": project}) == "auto"
        connections = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        assert session.scalar(connections) == 0, "its connections are closed"


def test_a_connection_rests_longer_than_a_proxy_keeps_it(wired: Services) -> None:
    assert config_of(create_app(wired), host="127.0.0.1", port=0).timeout_keep_alive > 60


def test_told_twice_it_ends_at_once(services: Servers, urls: DatabaseUrls, tmp_path: Path) -> None:
    with running(services.environment_for(urls), tmp_path / "log", "--drain-seconds", "60") as api:
        api.process.send_signal(signal.SIGTERM)
        until(lambda: api.get("/readyz").status_code == 503)
        api.process.send_signal(signal.SIGTERM)
        api.process.wait(45)
        with pytest.raises(httpx.ConnectError):
            api.get("/healthz")
