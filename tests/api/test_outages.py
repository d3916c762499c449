"""Each server is stopped in its turn: what still works works, the rest says when to come back, and nothing is half-written."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from cli.local.client import LocalStack
from tests.api.running import RunningApi, running, until
from zamc.bootstrap import Services
from zamc.identity.service import IdentityService
from zamc.settings import Settings

READ = "query ($p: UUID!) { project(id: $p) { name gates { launch } } accounts(projectId: $p) { id } }"
OTHER = "query ($p: UUID!) { deployments(projectId: $p) { edges { node { id } } } }"
GATES = "mutation ($p: UUID!, $k: Keeper!) { setGates(projectId: $p, gates: {launch: $k}) { __typename } }"
PAUSE = "mutation ($p: UUID!) { pauseProject(projectId: $p) { __typename ... on ProjectPaused { paused waiting } } }"


class Stacks:
    """One embedded stack per server, so that each can be stopped without the others, and started again where it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, LocalStack] = {}

    def start(self, name: str) -> LocalStack:
        wanted = ("postgres", "migrate") if name == "postgres" else (name,)
        self._running[name] = LocalStack.start(home=self._folder / name, services=wanted, durable=False)
        return self._running[name]

    def stop(self, name: str) -> None:
        self._running.pop(name).stop()

    def stop_all(self) -> None:
        for name in tuple(self._running):
            self.stop(name)


@dataclass(frozen=True)
class Brand:
    """A project and the key of its owner, with a running API."""

    api: RunningApi
    stacks: Stacks
    project: UUID
    key: str

    def ask(self, document: str, **variables: str) -> tuple[int, dict[str, object], dict[str, str]]:
        answer = self.api.ask(self.key, document, p=str(self.project), **variables)
        return answer.status_code, answer.json(), dict(answer.headers)

    def works(self, document: str, **variables: str) -> bool:
        status, body, _ = self.ask(document, **variables)
        return status == 200 and "errors" not in body

    def comes_back(self, document: str, **variables: str) -> None:
        """It is refused as it should be: 503, when to come back, and nothing of what is behind."""
        status, body, headers = self.ask(document, **variables)
        assert status == 503, body
        assert int(headers["retry-after"]) >= 1
        assert "127.0.0.1" not in str(body)

    def launch_gate(self) -> str:
        _, body, _ = self.ask(READ)
        return str(body["data"]["project"]["gates"]["launch"])  # type: ignore[index]  # JSON

    def down(self) -> list[str]:
        return [name for name, state in self.api.get("/readyz").json().items() if state == "down"]


@pytest.fixture(scope="module")
def brand() -> Iterator[Brand]:
    with tempfile.TemporaryDirectory(prefix="zamc-test-") as folder, pytest.MonkeyPatch.context() as patch:
        stacks = Stacks(Path(folder))
        try:
            found = {name: stacks.start(name).environment for name in ("postgres", "valkey", "nats")}
            named = {"ZAMC_REDIS_URL": found["valkey"]["ZAMC_REDIS_URL"], "ZAMC_NATS_URL": found["nats"]["ZAMC_NATS_URL"]}
            environment = {**found["postgres"], **named}
            for name, value in environment.items():
                patch.setenv(name, value)
            wired = Services(Settings())
            with wired.database.transaction() as session:
                project = wired.projects.create_project(session, "Mine", by="test", gates={"launch": "person"}).id
                key = IdentityService().grant_key(session, email="ana@example.org", roles={project: "owner"})
            wired.database.close()
            with running(environment, Path(folder) / "api.log") as api:
                yield Brand(api, stacks, project, key)
        finally:
            stacks.stop_all()


def test_without_postgresql_what_is_kept_is_read_and_nothing_is_changed(brand: Brand) -> None:
    status, before, _ = brand.ask(READ)
    assert status == 200
    brand.stacks.stop("postgres")
    until(lambda: brand.down() == ["postgres"])
    for _ in range(8):  # the breaker opens meanwhile, and says the same
        brand.comes_back(OTHER)
        brand.comes_back(GATES, k="AUTO")
    status, kept, headers = brand.ask(READ)
    assert (status, kept) == (200, before)
    assert "110" in headers["warning"]
    assert brand.api.get("/healthz").status_code == 200
    brand.stacks.start("postgres")
    until(lambda: brand.works(OTHER))
    assert brand.launch_gate() == "PERSON", "what was refused has changed nothing"
    until(lambda: brand.works(GATES, k="AUTO"))
    assert brand.launch_gate() == "AUTO", "and what is changed again is seen at once"
    until(lambda: brand.down() == [])


def test_without_valkey_everything_that_needs_no_count_over_all_processes_works(brand: Brand) -> None:
    until(lambda: brand.down() == [])
    brand.stacks.stop("valkey")
    until(lambda: brand.down() == ["redis"])
    assert brand.works(OTHER)
    assert brand.works(GATES, k="PERSON")
    assert brand.launch_gate() == "PERSON"
    status, body, _ = brand.ask(PAUSE)
    assert (status, body["data"]) == (200, {"pauseProject": {"__typename": "ProjectPaused", "paused": 0, "waiting": 0}})
    refused = brand.api.get("/auth/session")
    assert refused.status_code == 200, "nobody is signed in, and that needs nobody"
    brand.stacks.start("valkey")
    until(lambda: brand.down() == [])


def test_without_nats_reading_changing_and_pausing_work_and_events_wait(brand: Brand) -> None:
    until(lambda: brand.down() == [])
    brand.stacks.stop("nats")
    until(lambda: brand.down() == ["nats"])
    assert brand.works(OTHER)
    assert brand.works(GATES, k="AUTO")
    assert brand.launch_gate() == "AUTO"
    assert brand.works(PAUSE)
    brand.stacks.start("nats")
    until(lambda: brand.down() == [])
