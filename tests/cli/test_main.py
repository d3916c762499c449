"""The command line: every command explains itself with an example, and an expected error is one line and exit code 1."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from cli.main import app


def _commands(group: typer.Typer, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Paths of all commands; a command without a name is called like its function."""
    found: list[tuple[str, ...]] = []
    for command in group.registered_commands:
        name = command.name or (command.callback.__name__.replace("_", "-") if command.callback else "")
        found.append((*path, name))
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        found += _commands(inner.typer_instance, (*path, inner.name) if isinstance(inner.name, str) else path)
    return found


def _run(*arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "ZAMC_HOME": str(home)}
    return subprocess.run([sys.executable, "-m", "cli.main", *arguments], capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("path", _commands(app), ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...], tmp_path: Path) -> None:
    done = _run(*path, "--help", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "example" in done.stdout.lower()


def test_a_bad_brief_is_one_line_and_starts_nothing(tmp_path: Path) -> None:
    brief = yaml.safe_load(Path("examples/briefs/tokyo-language-app.yaml").read_text())
    brief["brief"]["budget"]["total"] = "980.5"
    file, home = tmp_path / "brief.yaml", tmp_path / "home"
    file.write_text(yaml.safe_dump(brief, allow_unicode=True))
    done = _run("demo", "--brief", str(file), home=home)
    assert done.returncode == 1
    assert done.stderr.startswith("zamc: brief.budget.total: ")
    assert len(done.stderr.splitlines()) == 1
    assert not home.exists()


def test_a_missing_setting_is_named_and_no_traceback_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZAMC_DATABASE_URL", raising=False)
    done = _run("db", "migrate", home=tmp_path)
    assert done.returncode == 1
    assert "ZAMC_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr
