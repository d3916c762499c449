"""`zamc strategies`: versions, their differences, a person's edit and a person's decisions."""

import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from typer.testing import CliRunner, Result

from cli.main import app
from tests.conftest import ManualClock
from tests.zamc.strategies.briefs import brief
from tests.zamc.strategies.test_service import Begun
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.llm.offline.writer import OfflineWriter
from zamc.projects.service import ProjectService
from zamc.strategies.service import StrategyService


@dataclass
class Wired:
    """What the commands take of the services."""

    database: Database
    strategies: StrategyService


@pytest.fixture
def wired(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Wired:
    found = Wired(database, StrategyService(database, clock, OfflineWriter(), Begun()))
    monkeypatch.setattr("zamc.bootstrap.services", lambda: found)
    return found


@pytest.fixture
def strategy(wired: Wired, clock: ManualClock) -> UUID:
    with wired.database.transaction() as session:
        project = ProjectService(clock).create_project(session, "Bluebird", by="test").id
        asked = wired.strategies.request(session, project_id=project, brief=brief(), requested_by="ana")
    assert wired.strategies.draft().done == 1
    return asked


def _zamc(*words: object) -> Result:
    return CliRunner().invoke(app, ["strategies", *map(str, words)])


def _edited(strategy: UUID, file: Path, **changes: object) -> Result:
    shown = _zamc("show", strategy, "--words").output
    file.write_text(yaml.safe_dump(yaml.safe_load(shown) | changes, allow_unicode=True))
    plan_hash = shown.split("--hash ")[1].split()[0]
    return _zamc("edit", strategy, "--file", file, "--hash", plan_hash, "--by", "ben", "--note", "shorter")


def test_words_go_out_as_yaml_and_come_back_as_a_version(strategy: UUID, tmp_path: Path) -> None:
    said = _edited(strategy, tmp_path / "words.yaml", positioning="Coffee for those who grind it").output
    assert "Version 2 waits for approval: 1 changed" in said
    listed = _zamc("versions", strategy).output
    assert listed.startswith("2  ")
    assert "waiting, in force" in listed
    assert "ben, 2026-11-20 12:00: shorter" in listed
    assert "superseded by ben 2026-11-20 12:00: a newer version was made" in listed
    assert json.loads(_zamc("show", strategy, "--version", 1).output)["pitch"]["positioning"] != "Coffee for those who grind it"


def test_a_diff_names_the_field_and_ends_with_one_only_when_asked_to(strategy: UUID, tmp_path: Path) -> None:
    _edited(strategy, tmp_path / "words.yaml", positioning="Coffee for those who grind it")
    found = _zamc("diff", strategy, 1, 2)
    assert found.exit_code == 0
    assert "changed  pitch.positioning" in found.output
    assert "+ Coffee for those who grind it" in found.output
    assert _zamc("diff", strategy, 1, 2, "--exit-code").exit_code == 1
    same = _zamc("diff", strategy, 2, 2, "--exit-code")
    assert (same.exit_code, same.output) == (0, "the versions are the same\n")
    (change,) = json.loads(_zamc("diff", strategy, 1, 2, "--json").output)
    assert (change["path"], change["kind"]) == ("pitch.positioning", "changed")


def test_a_file_that_names_money_or_addresses_is_refused(strategy: UUID, tmp_path: Path) -> None:
    refused = _edited(strategy, tmp_path / "words.yaml", flight={"landing_page": "https://evil.example/"})
    assert refused.exit_code == 1
    assert isinstance(refused.exception, InvalidInput)
    assert refused.exception.field == "pitch.flight"
    assert _zamc("versions", strategy).output.startswith("1  ")


def test_a_person_approves_what_was_seen_or_turns_it_down(strategy: UUID, tmp_path: Path) -> None:
    _edited(strategy, tmp_path / "words.yaml", creative_direction="Hands and beans")
    assert isinstance(_zamc("approve", strategy, "--hash", "0" * 64, "--by", "cleo").exception, Conflict)
    plan_hash = _zamc("versions", strategy).output.split()[1]
    assert "Approved by cleo" in _zamc("approve", strategy, "--hash", plan_hash, "--by", "cleo").output
    assert isinstance(_zamc("reject", strategy, "--by", "cleo", "--reason", "late").exception, Conflict)
    _edited(strategy, tmp_path / "words.yaml", creative_direction="Cups")
    assert "Rejected by cleo" in _zamc("reject", strategy, "--by", "cleo", "--reason", "too plain").output
    assert "rejected by cleo 2026-11-20 12:00: too plain" in _zamc("versions", strategy).output


def test_nobody_approves_or_edits_anything_without_a_name(strategy: UUID, tmp_path: Path) -> None:
    plan_hash = _zamc("versions", strategy).output.split()[1]
    refused = _zamc("approve", strategy, "--hash", plan_hash, "--by", " ")
    assert isinstance(refused.exception, InvalidInput)
    assert refused.exception.field == "by"
    assert isinstance(_zamc("reject", strategy, "--by", "", "--reason", "late").exception, InvalidInput)
    assert "waiting, in force" in _zamc("versions", strategy).output


@pytest.mark.parametrize("number", [0, -1, 2, 2**31, 10**30])
def test_a_version_that_cannot_be_is_not_there(strategy: UUID, number: int) -> None:
    for words in (("show", strategy, "--version", number), ("diff", strategy, "--", 1, number)):
        missing = _zamc(*words)
        assert isinstance(missing.exception, NotFound), words
        assert f"no version {number}" in str(missing.exception)


@pytest.mark.parametrize("words", [("versions",), ("show",), ("diff", 1, 2)])
def test_what_is_not_there_is_said(wired: Wired, words: tuple[object, ...]) -> None:
    command, *rest = words
    assert isinstance(_zamc(command, uuid7(), *rest).exception, NotFound)


@pytest.mark.parametrize("command", ["versions", "show", "diff", "edit", "approve", "reject"])
def test_every_command_has_an_example(command: str) -> None:
    assert f"Example: zamc strategies {command} " in _zamc(command, "--help").output.replace("\n", " ").replace("  ", " ")
