"""`zamc api-key`: a key that signs in, for a project that is there."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from cli.main import app, main
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from zamc.bootstrap import Services
from zamc.settings import Settings, settings


@pytest.fixture
def wired(services: Servers, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    for name, value in services.environment_for(urls).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    made = Services(Settings())
    with made.database.transaction() as session:
        made.projects.create_project(session, "Blender Studio", by="test")
    yield made
    made.database.close()
    settings.cache_clear()


def _key(*options: str) -> str:
    ran = CliRunner().invoke(app, ["api-key", "--email", "ana@example.org", "--project", "Blender Studio", *options])
    assert ran.exit_code == 0, ran.output
    (line,) = ran.stdout.splitlines()
    return line


def _roles(wired: Services, key: str) -> list[str]:
    with wired.database.transaction() as session:
        caller = wired.identity.service.caller(session, key)
    assert caller is not None
    assert caller.email == "ana@example.org"
    return list(caller.roles.values())


def test_the_key_alone_stands_on_standard_output_and_signs_in(wired: Services) -> None:
    assert _roles(wired, _key("--role", "owner")) == ["owner"]


def test_whoever_names_no_role_may_only_look(wired: Services) -> None:
    assert _roles(wired, _key()) == ["viewer"]


def test_a_second_key_changes_the_role_and_keeps_the_first_key(wired: Services) -> None:
    first = _key("--role", "owner")
    second = _key("--role", "analyst")
    assert first != second
    assert _roles(wired, first) == _roles(wired, second) == ["analyst"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        pytest.param(["--project", "blender studio"], "no project is called 'blender studio'", id="project"),
        pytest.param(["--email", "ana"], "email: 'ana' is not an e-mail address", id="email"),
    ],
)
def test_what_cannot_be_is_one_line_and_makes_nothing(
    wired: Services, changed: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["zamc", "api-key", "--email", "ana@example.org", "--project", "Blender Studio", *changed])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert (end.value.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert sentence in said.err


def test_the_help_shows_an_example() -> None:
    shown = CliRunner().invoke(app, ["api-key", "--help"]).output
    assert "Example: zamc api-key --email ana@example.org" in shown
