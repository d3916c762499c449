"""Rates of a day beside amounts in their own currency: what is published, in every pair that is needed, and never a guess."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from sandbox.rates import PATH, document
from tests.conftest import ManualClock
from tests.sandbox.world import running
from tests.zamc.analytics.scripted import launched
from zamc.analytics.fx import FxService
from zamc.analytics.fx_rules import BadRates, Rate, crosses, parse
from zamc.analytics.fx_source import PublishedRates
from zamc.database.engine import Database
from zamc.errors import ConfigurationError, GiveUp, Later, OutsideCallInTransaction

FRIDAY = date(2026, 11, 20)
FILE = """<Envelope><Cube>
<Cube time="2026-11-20"><Cube currency="USD" rate="1.1500"/><Cube currency="JPY" rate="184.00"/></Cube>
<Cube time='2026-11-19'><Cube currency='USD' rate='1.1600'/></Cube>
</Cube></Envelope>"""


@dataclass
class Said:
    text: str = FILE
    name: str = "a bank"

    def read(self) -> str:
        return self.text


def test_a_file_of_rates_is_read_as_it_stands() -> None:
    assert list(parse(FILE)) == [
        Rate(FRIDAY, "EUR", "USD", Decimal("1.1500")),
        Rate(FRIDAY, "EUR", "JPY", Decimal("184.00")),
        Rate(date(2026, 11, 19), "EUR", "USD", Decimal("1.1600")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>Sign in</html>",
        FILE.replace("1.1500", "-1"),
        FILE.replace("1.1500", "NaN"),
        FILE.replace("1.1500", "1,15"),
        FILE.replace('"USD"', '"usd"'),
        FILE.replace("2026-11-20", "yesterday"),
    ],
)
def test_what_is_no_file_of_rates_is_refused(text: str) -> None:
    with pytest.raises(BadRates):
        list(parse(text))


def test_each_pair_goes_through_the_euro_and_a_missing_rate_is_none() -> None:
    found = {(rate.date.day, rate.base, rate.quote): rate.rate for rate in crosses(list(parse(FILE)), {"EUR", "USD", "JPY", "KWD"})}
    assert found[20, "USD", "JPY"] == Decimal(160)
    assert found[20, "JPY", "EUR"] == Decimal("0.00543478260870")
    assert {(base, quote) for day, base, quote in found if day == 19} == {("EUR", "USD"), ("USD", "EUR")}


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 5))
def test_what_the_sandbox_publishes_is_one_rate_a_currency_and_working_day(today: date, seed: int) -> None:
    rates = list(parse(document(today, seed)))
    assert len({(rate.date, rate.quote) for rate in rates}) == len(rates)
    assert {rate.date.weekday() for rate in rates} == {0, 1, 2, 3, 4}
    assert max(rate.date for rate in rates) <= today


def test_rates_are_kept_once_for_the_currencies_in_use(database: Database, clock: ManualClock) -> None:
    launched(database)
    service = FxService(database, clock, Said())
    assert service.refresh() == 0, "everything is in euros"
    launched(database, currency="JPY", external_id="10")
    assert service.refresh() == 2
    assert service.refresh() == 0
    with database.transaction() as session:
        session.execute(text("UPDATE projects SET reporting_currency = 'USD'"))
    assert FxService(database, clock, Said(FILE.replace("184.00", "999.00"))).refresh() == 6
    with database.transaction() as session:
        rows = session.execute(text("SELECT base, quote, round(rate, 4), source FROM fx_rates WHERE quote = 'JPY' ORDER BY base")).all()
    assert [tuple(row) for row in rows] == [("EUR", "JPY", Decimal("184.0000"), "a bank"), ("USD", "JPY", Decimal("868.6957"), "a bank")]


def test_a_rate_that_was_kept_cannot_be_changed(database: Database) -> None:
    for statement in ("UPDATE fx_rates SET rate = 1", "DELETE FROM fx_rates"):
        with pytest.raises(ProgrammingError, match="permission denied"), database.transaction() as session:
            session.execute(text(statement))


def test_without_a_source_there_are_no_rates(database: Database, clock: ManualClock) -> None:
    launched(database)
    launched(database, currency="JPY", external_id="10")
    assert FxService(database, clock, None).refresh() == 0


def test_rates_come_over_the_web_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "rates.xml"
    file.write_text(FILE, encoding="utf-8")
    assert PublishedRates(file.as_uri(), timeout_seconds=5).read() == FILE
    with pytest.raises(ConfigurationError, match="ZAMC_FX_RATES_URL"):
        PublishedRates((tmp_path / "none.xml").as_uri(), timeout_seconds=5).read()
    with running(tmp_path) as world:
        source = PublishedRates(f"{world.url}{PATH}", timeout_seconds=5)
        assert len(list(parse(source.read()))) > 60 * 10
        with pytest.raises(GiveUp):
            PublishedRates(f"{world.url}/stats/none.xml", timeout_seconds=5).read()
    with pytest.raises(Later):
        source.read()


def test_nobody_is_asked_inside_a_transaction(database: Database) -> None:
    with database.transaction(), pytest.raises(OutsideCallInTransaction):
        PublishedRates("file:///none", timeout_seconds=5).read()
