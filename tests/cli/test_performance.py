"""What people decide about performance data, from a terminal."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cli.main import app
from tests.zamc.analytics.scripted import launched
from zamc.database.engine import Database
from zamc.errors import InvalidInput


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """One command over the test's database."""
    monkeypatch.setattr("zamc.bootstrap.services", lambda: SimpleNamespace(database=database))
    return lambda *arguments: CliRunner().invoke(app, arguments, catch_exceptions=False).stdout


def _read(database: Database, sql: str) -> Any:
    with database.transaction() as session:
        return session.execute(text(sql)).scalar_one()


def test_an_account_may_keep_its_days_open_longer_or_shorter(run: Callable[..., str], database: Database) -> None:
    launched(database, external_id="9")
    assert "at_least 5" in run(
        "accounts", "look-back", "9", "--at-least", "5", "--action", "Purchase=45", "--action", "A=B=7", "--by", "ana"
    )
    assert _read(database, "SELECT look_back FROM ad_accounts") == {"at_least": 5, "actions": {"Purchase": 45, "A=B": 7}}
    assert _read(database, "SELECT actor FROM audit_log WHERE action = 'account.look_back'") == "ana"
    assert "as its conversions need it" in run("accounts", "look-back", "9")
    assert _read(database, "SELECT look_back FROM ad_accounts") == {}


@pytest.mark.parametrize("action", ["Purchase", "Purchase=", "=7", "Purchase=91"])
def test_days_that_are_none_are_refused(run: Callable[..., str], database: Database, action: str) -> None:
    launched(database, external_id="9")
    with pytest.raises(InvalidInput):
        run("accounts", "look-back", "9", "--action", action)
    assert _read(database, "SELECT look_back FROM ad_accounts") == {}


def test_a_project_may_have_a_reporting_currency(run: Callable[..., str], database: Database) -> None:
    launched(database, name="Kotoba")
    name = _read(database, "SELECT name FROM projects")
    assert "in USD too" in run("projects", "reporting-currency", name, "USD")
    assert _read(database, "SELECT reporting_currency FROM projects") == "USD"
    with pytest.raises(InvalidInput, match="ISO 4217"):
        run("projects", "reporting-currency", name, "GOLD")
    assert "alone" in run("projects", "reporting-currency", name, "none")
    assert _read(database, "SELECT reporting_currency FROM projects") is None
