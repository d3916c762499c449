"""`zamc plan`, `apply`, `end`, `deployments`, `drift`, `reconcile`: what a person types, and what it says."""

from dataclasses import dataclass

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.zamc.deployments.conftest import EUR, Stage
from zamc.database.engine import Database
from zamc.deployments.service import DeploymentService


@dataclass
class Wired:
    """What the commands take of the services."""

    database: Database
    owner_database: Database
    deployments: DeploymentService


@pytest.fixture
def live(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage.allow(daily=300, monthly=8_000)
    stage.begin()
    stage.launch()
    stage.both_live_once()
    monkeypatch.setattr("zamc.bootstrap.services", lambda: Wired(stage.database, stage.owner, stage.service()))
    monkeypatch.setenv("COLUMNS", "200")
    return stage


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_change_is_shown_and_applied_by_what_was_printed(live: Stage) -> None:
    key = str(live.deployment("google_ads").id)
    shown = _run("plan", key, "--daily-budget", "70.00", "--ends-on", "2026-12-31")
    assert shown.exit_code == 0, shown.output
    assert all(words in shown.output for words in ("60.00 EUR", "70.00 EUR", "2026-12-20", "2026-12-31", "140.00 EUR"))
    command = shown.output.splitlines()[-1].split()
    assert command[:2] == ["zamc", "apply"]
    done = _run(*command[1:], "--by", "ana")
    assert (done.exit_code, done.stdout) == (0, "Done: the platform shows it.\n")
    assert live.deployment("google_ads").daily_budget_micros == 70 * EUR
    assert _run(*command[1:]).exit_code == 0
    listed, told = _run("deployments", "list", "--status", "live"), _run("deployments", "show", key)
    assert "70.00 EUR" in listed.output
    assert "update done" in told.output
    assert "change done" in told.output


def test_what_is_not_allowed_is_shown_with_its_reason(live: Stage) -> None:
    key = str(live.deployment("google_ads").id)
    shown = _run("plan", key, "--daily-budget", "900.00")
    assert shown.exit_code == 1
    assert "above the" in shown.output
    assert "zamc apply" not in shown.output
    assert "KIND:REF.FIELD=JSON" in str(_run("plan", key, "--set", "nonsense").exception)


def test_an_end_is_confirmed(live: Stage) -> None:
    done = _run("end", str(live.deployment("meta_ads").id))
    assert (done.exit_code, done.stdout) == (0, "Ended: off, confirmed by two read-backs.\n")
    assert live.statuses() == {"google_ads": "live", "meta_ads": "ended"}


def test_a_project_is_paused_by_its_name(live: Stage) -> None:
    assert _run("pause", "--project", "Padaria").stdout == "2 off, confirmed by two read-backs\n"
    assert _run("pause", "--project", "Padaria", "--all").exit_code == 2


def test_an_outside_change_is_found_listed_and_reverted(live: Stage) -> None:
    next(thing for thing in live.google.things.values() if thing.kind == "budget").budget_micros = 90 * EUR
    told = _run("reconcile")
    assert told.exit_code == 0, told.output
    assert "1 outside changes" in told.output
    assert "2 deployments looked at" in told.output
    listed = _run("drift", "list").output
    drift = next(word for word in listed.split() if word.count("-") == 4 and len(word) == 36)
    assert _run("drift", "revert", drift, "--by", "ana").exit_code == 0
    assert _run("drift", "list").output == "Nothing was changed outside.\n"
    assert "reverted" in _run("drift", "list", "--all").output
    assert _run("drift", "policy", "Padaria", "--rule", "budget_raise=revert").stdout == "Padaria: budget_raise revert\n"
