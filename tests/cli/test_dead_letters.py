"""`zamc dead-letters` from a terminal: what it prints, and how it ends."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

import cli.main
import zamc.bootstrap
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from zamc.bootstrap import Services
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.events import dead_letters
from zamc.settings import Settings


@pytest.fixture
def wired(services: Servers, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    made = Services(
        Settings(
            database_url=urls.app_url, nats_url=services.nats_url, redis_url=services.redis_url, objects_url=services.objects_url
        )
    )  # fmt: skip
    monkeypatch.setattr(zamc.bootstrap, "services", lambda: made)
    yield made
    made.database.close()


def _run(*arguments: str) -> tuple[int, str, BaseException | None]:
    ended = CliRunner(env={"COLUMNS": "220"}).invoke(cli.main.app, ["dead-letters", *arguments])
    return ended.exit_code, ended.output, ended.exception


def test_letters_are_listed_shown_dropped_and_gone_from_the_list(wired: Services) -> None:
    assert _run("list")[:2] == (0, "No dead letters in state open.\n")
    with wired.database.transaction() as session:
        dead_letters.bury(
            session, stream_created="s", stream_sequence=3, subject="zamc.strategy.requested", payload=b"[red]not json", reason="no JSON"
        )
        [letter] = dead_letters.letters(session)
    code, said, _ = _run("list", "--kind", "message")
    assert code == 0
    assert str(letter.id) in said
    assert "1 open" in said
    code, said, _ = _run("show", str(letter.id))
    assert code == 0
    assert "[red]not json" in said, "what somebody sent is shown as it is, not as markup"
    code, _, error = _run("replay", str(letter.id))
    assert code == 1
    assert isinstance(error, Conflict)
    assert isinstance(_run("drop", str(letter.id), "--reason", " ")[2], InvalidInput)
    assert _run("drop", str(letter.id), "--reason", "a test")[:2] == (0, "Dropped.\n")
    assert "No dead letters" in _run("list")[1]
    assert "dropped" in _run("list", "--state", "all")[1]
    assert "a test" in _run("show", str(letter.id))[1]


def test_a_letter_that_is_not_there_is_said_with_what_to_do(wired: Services) -> None:
    for command in ("show", "replay"):
        error = _run(command, "00000000-0000-0000-0000-000000000001")[2]
        assert isinstance(error, NotFound)
        assert "list --state all" in str(error)
    assert _run("show", "nonsense")[0] == 2


def test_every_command_has_an_example() -> None:
    for command in ("list", "show", "replay", "drop"):
        code, said, _ = _run(command, "--help")
        assert code == 0
        assert f"Example: zamc dead-letters {command}" in " ".join(said.split())
