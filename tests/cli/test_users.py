"""`zamc users`: who is let in, as what, and how."""

import email as mail_parser
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from api.app import create_app
from cli.local.welcome import welcome
from cli.main import app
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from zamc.bootstrap import Services
from zamc.identity import repository
from zamc.settings import Settings, settings

ANA = "ana@example.org"
PASSWORD = "seventeen hedgehogs cross the bridge"


@pytest.fixture
def wired(services: Servers, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Services]:
    environment = {**services.environment_for(urls), "ZAMC_MAIL_FOLDER": str(tmp_path), "ZAMC_PUBLIC_URL": "http://testserver"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _fresh()
    made = Services(Settings())
    made.throttling_store.storage.get_connection().flushdb()
    with made.database.transaction() as session:
        for name in ("Blender Studio", "Lisbon Bakery"):
            made.projects.create_project(session, name, by="test")
    yield made
    made.database.close()
    _fresh()


def _fresh() -> None:
    settings.cache_clear()


def _users(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["users", *arguments])


def _roles(wired: Services) -> dict[tuple[str, str | None], str | None]:
    with wired.database.transaction() as session:
        return {(row[0].email, row[1]): row[2] for row in repository.users(session)}


def _session(wired: Services, path: str, **body: str) -> dict[str, object]:
    with TestClient(create_app(wired)) as client:
        answer = client.post(path, json=body)
        read: dict[str, object] = {"status": answer.status_code, **(answer.json() if answer.content else {})}
        return read


def test_a_user_gets_a_role_and_loses_it(wired: Services) -> None:
    assert _users("add", "Ana@Example.org", "--project", "Blender Studio", "--role", "owner").exit_code == 0
    assert _roles(wired) == {(ANA, "Blender Studio"): "owner"}
    refused = _users("role", ANA, "--project", "Blender Studio", "--role", "viewer")
    assert "keeps one owner" in str(refused.exception)
    _users("add", "bob@example.org", "--project", "Blender Studio", "--role", "owner")
    assert _users("role", ANA, "--project", "Blender Studio", "--role", "none").exit_code == 0
    assert _roles(wired) == {(ANA, None): None, ("bob@example.org", "Blender Studio"): "owner"}
    assert "ana@example.org" in _users("list").output


def test_an_invitation_sets_a_password(wired: Services, tmp_path: Path) -> None:
    assert _users("invite", ANA, "--project", "Lisbon Bakery", "--role", "analyst").exit_code == 0
    (mail,) = tmp_path.glob("*.eml")
    words = mail_parser.message_from_bytes(mail.read_bytes()).get_payload(decode=True)
    found = re.search(rb"#link=invite:(\S+)", words if isinstance(words, bytes) else b"")
    assert found
    assert _session(wired, "/auth/reset/password", token=found[1].decode(), password=PASSWORD)["status"] == 204
    signed_in = _session(wired, "/auth/sign-in", email=ANA, password=PASSWORD)
    assert (signed_in["status"], signed_in["email"]) == (200, ANA)


def test_an_operators_link_signs_in(wired: Services) -> None:
    _users("add", ANA)
    url = _users("sign-in-link", ANA).stdout.strip()
    assert url.startswith("http://testserver/#link=sign_in:zamcl_")
    assert _session(wired, "/auth/link", token=url.rpartition(":")[2])["email"] == ANA


def test_who_is_disabled_is_out_with_keys_and_all(wired: Services) -> None:
    _users("add", ANA, "--project", "Blender Studio", "--role", "manager")
    with wired.database.transaction() as session:
        key = wired.identity.service.grant_key(session, email=ANA, roles={})
        assert wired.identity.service.caller(session, key) is not None
    assert _users("disable", ANA).exit_code == 0
    with wired.database.transaction() as session:
        assert wired.identity.service.caller(session, key) is None
    _users("enable", ANA)
    with wired.database.transaction() as session:
        assert wired.identity.service.caller(session, key) is not None


def test_the_first_owner_is_let_in_once_and_owns_what_nobody_owns(wired: Services, services: Servers, urls: DatabaseUrls) -> None:
    _users("add", ANA, "--project", "Lisbon Bakery", "--role", "owner")
    environment = {**services.environment_for(urls), "ZAMC_API_URL": "http://testserver"}
    older, newer = (welcome(environment)[-1].strip() for _ in range(2))
    assert _session(wired, "/auth/link", token=older.rpartition(":")[2])["status"] == 400, "the newest alone is good"
    let_in = _session(wired, "/auth/link", token=newer.rpartition(":")[2])
    assert let_in["email"] == "owner@localhost"
    assert _roles(wired)["owner@localhost", "Blender Studio"] == "owner"
    assert ("owner@localhost", "Lisbon Bakery") not in _roles(wired)
    assert welcome(environment) == ["dashboard: http://testserver"], "somebody has signed in: no more links"


@pytest.mark.parametrize(
    "command", ["add", "list", "role", "disable", "enable", "invite", "sign-in-link", "sign-out", "rotate-signing-key"]
)
def test_every_command_shows_an_example(command: str) -> None:
    assert f"Example: zamc users {command}" in _users(command, "--help").output.replace("\n", " ")


def test_what_cannot_be_is_one_sentence(wired: Services) -> None:
    assert "nobody has the address" in str(_users("sign-in-link", "eve@example.org").exception)
    assert "is not an e-mail address" in str(_users("add", "eve").exception)
    assert "no project is called" in str(_users("add", "eve@example.org", "--project", "Nowhere").exception)
    assert _roles(wired) == {}
