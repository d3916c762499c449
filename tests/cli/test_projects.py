"""From an empty database to a requested strategy with nothing but the command line."""

import os
import re
import subprocess
import sys

import pytest
from sqlalchemy import text

from tests.services import Database as DatabaseUrls
from tests.services import Services
from zamc.database.engine import Database

NAME = "Padaria da Mouraria"


@pytest.fixture
def zamc(services: Services, urls: DatabaseUrls) -> "type[_Zamc]":
    _Zamc.environment = {**os.environ, **services.environment_for(urls)}
    return _Zamc


class _Zamc:
    environment: dict[str, str]

    @classmethod
    def run(cls, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments], env=cls.environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else f"{done.returncode} {done.stderr.strip()}"


def test_a_customer_is_set_up_and_asks_for_a_strategy(zamc: type[_Zamc], database: Database) -> None:
    assert re.fullmatch(rf"{NAME}: [0-9a-f-]{{36}}", zamc.run("projects", "create", NAME, "--auto", "strategy"))
    where = ("--currency", "EUR", "--time-zone", "Europe/Lisbon")
    zamc.run("projects", "account", NAME, "--platform", "google_ads", "--external-id", "1234567890", *where)
    assert "300.00 EUR a day" in zamc.run("projects", "policy", NAME, "--currency", "EUR", "--daily", "300.00", "--monthly", "900.00")
    first = zamc.run("request", "examples/briefs/lisbon-bakery-local.yaml", "--by", "ana@example.org")
    assert zamc.run("request", "examples/briefs/lisbon-bakery-local.yaml") == first
    with database.transaction() as session:
        assert session.execute(text("SELECT id::text, status FROM strategies")).all() == [(first, "requested")]
        assert session.execute(text("SELECT gates FROM projects")).scalar_one() == {"strategy": "auto"}
        assert session.execute(text("SELECT daily_cap_micros, monthly_cap_micros FROM spend_policies")).all() == [
            (300_000_000, 900_000_000)
        ]


def test_what_is_wrong_is_one_line_and_changes_nothing(zamc: type[_Zamc], database: Database) -> None:
    assert "no project is called" in zamc.run("request", "examples/briefs/lisbon-bakery-local.yaml")
    assert "no project is called" in zamc.run("projects", "policy", NAME, "--currency", "EUR", "--daily", "1", "--monthly", "1")
    zamc.run("projects", "create", NAME)
    assert zamc.run("projects", "policy", NAME, "--currency", "EUR", "--daily", "-1", "--monthly", "1").startswith(("1 ", "2 "))
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM spend_policies")) == 0
