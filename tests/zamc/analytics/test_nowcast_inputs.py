"""Yesterday's decision can be made again from what was known: byte for byte, whatever was learned since."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from tests.conftest import ManualClock
from tests.zamc.analytics.late import LateAccount
from zamc.analytics.nowcast import NowcastService
from zamc.analytics.nowcast_inputs import Inputs, known_at
from zamc.analytics.verdicts import VerdictService
from zamc.database.engine import Database

TODAY = date(2026, 10, 10)


def known(database: Database, account: LateAccount, at: datetime, recorded_by: datetime | None = None) -> Inputs:
    with database.transaction() as session:
        return known_at(session, account.launch.account.id, at=at, recorded_by=recorded_by)


def test_later_revisions_change_nothing_of_what_was_known(database: Database, clock: ManualClock) -> None:
    account = LateAccount(database, clock)
    account.live(TODAY)
    NowcastService(database, clock).refresh()
    VerdictService(database, clock).judge()
    at = clock.business_now()
    before = known(database, account, at)
    account.go_on(TODAY + timedelta(days=5))
    NowcastService(database, clock).refresh()
    VerdictService(database, clock).judge()
    again = known(database, account, at)
    assert again.canonical() == before.canonical()
    assert again.digest() == before.digest()
    now = known(database, account, clock.business_now())
    assert now.canonical() != before.canonical()
    assert len(before.facts) > 100
    assert before.curves


def test_rows_of_the_same_moment_that_were_recorded_later_are_left_out(database: Database, clock: ManualClock) -> None:
    account = LateAccount(database, clock)
    account.live(TODAY)
    at, recorded = clock.business_now(), clock.now()
    before = known(database, account, at, recorded)
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO analytics (ad_account_id, grain, object_id, segment, date, as_of, recorded_at, currency, impressions, clicks,"
                " spend_micros) VALUES (:account, 'campaign', 'new', '', :day, :as_of, :recorded, 'EUR', 1, 1, 1)"
            ),
            {"account": account.launch.account.id, "day": TODAY, "as_of": at, "recorded": recorded + timedelta(seconds=1)},
        )
    assert known(database, account, at, recorded).canonical() == before.canonical()
    assert known(database, account, at).canonical() != before.canonical()


def test_every_number_is_in_the_bytes(database: Database, clock: ManualClock) -> None:
    account = LateAccount(database, clock)
    account.live(date(2026, 9, 20))
    inputs = known(database, account, clock.business_now())
    first, *rest = inputs.facts
    assert replace(inputs, facts=[replace(first, clicks=first.clicks + 1), *rest]).canonical() != inputs.canonical()
    assert replace(inputs, last_read={}).canonical() != inputs.canonical()
    assert replace(inputs, conversions=[]).canonical() != inputs.canonical()
    assert replace(inputs, curves={}).canonical() != inputs.canonical()
    assert replace(inputs, early={}).canonical() != inputs.canonical()


def test_a_moment_before_everything_knows_nothing(database: Database, clock: ManualClock) -> None:
    account = LateAccount(database, clock)
    account.live(date(2026, 9, 5))
    inputs = known(database, account, datetime(2026, 8, 1, tzinfo=UTC))
    assert (list(inputs.facts), list(inputs.revisions), dict(inputs.curves)) == ([], [], {})
