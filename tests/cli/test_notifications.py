"""`zamc notifications` from a terminal, with a notifier at work and a real endpoint behind it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

import cli.main
import zamc.bootstrap
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from tests.zamc.notifications.conftest import Receiver, receiver
from zamc.bootstrap import Services
from zamc.errors import InvalidInput, NotFound
from zamc.identity import repository as identity
from zamc.settings import Settings

__all__ = ["receiver"]


@pytest.fixture
def wired(services: Servers, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    made = Services(
        Settings(
            database_url=urls.app_url, nats_url=services.nats_url, redis_url=services.redis_url, objects_url=services.objects_url,
            credentials_key="k" * 40, notify_inside=True,
        )
    )  # fmt: skip
    with made.database.transaction() as session:
        project = made.projects.create_project(session, "Padaria", by="test", gates={})
        user_id = identity.put_user(session, "olga@example.org")
        identity.put_membership(session, user_id=user_id, project_id=project.id, role="owner")
    monkeypatch.setattr(zamc.bootstrap, "services", lambda: made)
    yield made
    made.database.close()


def _run(*arguments: str, said: str = "") -> tuple[int, str, BaseException | None]:
    """Exit code, standard output (the notifier's thread writes its lines beside it) and what was raised."""
    ended = CliRunner(env={"COLUMNS": "220"}).invoke(cli.main.app, ["notifications", *arguments], input=said)
    return ended.exit_code, ended.stdout, ended.exception


@pytest.fixture
def notifier(wired: Services) -> Iterator[None]:
    worker = wired.notifier()
    thread = Thread(target=lambda: asyncio.run(worker.run()), daemon=True)
    thread.start()
    yield
    worker.stopping.set()
    thread.join(60)
    assert not thread.is_alive(), "it ends when it is told to"


@pytest.mark.usefixtures("notifier")
def test_an_endpoint_is_added_tried_listed_and_removed(receiver: Receiver, tmp_path: Path) -> None:
    assert "adds one" in _run("endpoints", "Padaria")[1]
    code, said, _ = _run(
        "add", "Padaria", "--channel", "webhook", "--name", "Desk", "--tell", "digest=info", said=f"{receiver.url}/hunter2\n"
    )
    assert code == 0
    assert "whsec_" in said
    endpoint_id = said.split()[0]
    code, said, _ = _run("test", endpoint_id)
    assert (code, said.splitlines()[-1]) == (0, "It took the test.")
    assert [request.path for request in receiver.got] == ["/hunter2"]
    shown = _run("endpoints", "Padaria")[1]
    assert endpoint_id in shown
    assert "digest info" in shown
    assert "hunter2" not in shown
    assert "1 webhook sent" in _run("list", "Padaria", "--kind", "test")[1]
    file = tmp_path / "address"
    file.write_text("http://127.0.0.1:9/nobody\n")
    code, said, _ = _run("add", "Padaria", "--channel", "slack", "--name", "Team", "--address", str(file))
    assert code == 0
    code, said, _ = _run("test", said.split()[0])
    assert code == 1
    assert "It is pending: 127.0.0.1 could not be connected to" in said
    assert _run("remove", endpoint_id)[:2] == (0, "Desk is told nothing more.\n")
    assert isinstance(_run("test", endpoint_id)[2], NotFound)


def test_without_a_notifier_it_says_so(wired: Services, receiver: Receiver) -> None:
    _, said, _ = _run("add", "Padaria", "--channel", "slack", "--name", "Team", said=receiver.url)
    code, said, _ = _run("test", said.split()[0], "--wait", "0")
    assert (code, said) == (1, "Nobody has sent it yet: is the notifier running (`zamc status`)?\n")


def test_a_member_is_told_what_was_chosen(wired: Services) -> None:
    code, said, _ = _run("prefer", "olga@example.org", "--project", "Padaria", "--tell", "alert=critical")
    assert code == 0
    assert said.splitlines()[:2] == ["alert: critical", "approval: info (as every owner)"]
    assert "before their address is confirmed" in said
    assert isinstance(_run("prefer", "olga@example.org", "--project", "Padaria", "--tell", "alert=loud")[2], InvalidInput)
    assert isinstance(_run("prefer", "eve@example.org", "--project", "Padaria")[2], NotFound)


def test_nothing_was_told_yet(wired: Services) -> None:
    assert _run("list", "Padaria")[:2] == (0, "Nobody was told anything yet.\n")
