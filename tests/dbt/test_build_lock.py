"""Builds of the reports wait for each other."""

import threading

from sqlalchemy import text

from zamc.analytics.report_repository import one_build_at_a_time
from zamc.database.engine import Database


def test_a_second_build_waits_for_the_first_even_if_that_fails(database: Database) -> None:
    order: list[str] = []

    def second() -> None:
        with one_build_at_a_time(database):
            order.append("second")

    thread = threading.Thread(target=second)
    try:
        with one_build_at_a_time(database):
            thread.start()
            with database.transaction() as session:
                waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                while not session.scalar(waits):
                    assert thread.is_alive()
            order.append("first")
            _fail()
    except ValueError:
        order.append("failed")
    thread.join(30)
    assert set(order) == {"first", "failed", "second"}
    assert order.index("first") < order.index("second")


def _fail() -> None:
    raise ValueError
