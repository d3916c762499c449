"""One round of stops: accounts at the same time, each in bulk, and none that hangs holds up another."""

from threading import Event
from uuid import UUID

import pytest
from sqlalchemy import event

from tests.zamc.deployments.conftest import Stage
from zamc.database.ids import uuid7
from zamc.deployments import stops


def test_an_account_that_hangs_holds_up_no_other(stage: Stage) -> None:
    google, meta = stage.begin()
    stage.launch()
    with stage.database.transaction() as session:
        for each in (google, meta):
            stage.service().pause(session, each, by="anna")
    others_off: list[bool] = []

    def hang() -> None:
        # The platform answers only when the other account's stop is over: were that one to wait for this, it would never be.
        looks = (Event().wait(0.05) or stage.deployment("meta_ads").status for _ in range(1_000))
        others_off.append(any(status == "paused" for status in looks))

    stage.google.during["pause"] = hang
    stage.service(workers=2).run_stops()
    assert others_off == [True]
    assert stage.statuses() == {"google_ads": "paused", "meta_ads": "paused"}


def test_all_of_an_account_are_paused_in_one_request_and_read_back_in_two(stage: Stage) -> None:
    ids: list[UUID] = []
    stage.allow(daily=1_000, monthly=20_000, total=90_000)
    for name in ("One", "Two", "Three"):
        ids += stage.begin(name=f"{name} {uuid7().hex[:6]}")
    stage.launch()
    stage.google.calls.clear()
    with stage.database.transaction() as session:
        assert stage.service().pause_all(session, by="anna") == 6
    outcome = stage.service().run_stops()
    assert (outcome.counts["done"], outcome.counts["waiting"]) == (6, 0)
    assert [(method, len(kinds)) for method, kinds in stage.google.calls] == [("pause", 3), ("read", 3), ("read", 3)]
    assert stage.google.campaigns("enabled") == []


def test_what_is_acknowledged_is_read_back_while_the_next_is_sent(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stops, "_BATCH", 1)
    stage.allow(daily=1_000, monthly=20_000, total=90_000)
    for name in ("One", "Two"):
        stage.begin(name=f"{name} {uuid7().hex[:6]}")
    stage.launch()
    with stage.database.transaction() as session:
        stage.service().pause_all(session, by="anna")
    seen: list[bool] = []

    def second() -> None:
        # The platform takes the second pause only when the first was read back: were looks to wait for all pauses, it would never be.
        looks = (stage.google.calls[before:] for _ in range(400) if not Event().wait(0.05))
        seen.append(any([method for method, _ in calls].count("read") == 2 for calls in looks))

    def first() -> None:
        stage.google.during["pause"] = second

    before = len(stage.google.calls)
    stage.google.during["pause"] = first
    stage.service(workers=2).run_stops()
    assert seen == [True]
    assert stage.google.campaigns("enabled") == []


def test_stopping_many_takes_as_many_statements_as_stopping_a_few(stage: Stage) -> None:
    stage.allow(daily=10_000, monthly=200_000, total=900_000)

    def stopped(sets: int) -> int:
        for _ in range(sets):
            stage.begin(name=f"Spring {uuid7().hex}")
        stage.launch()
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        event.listen(stage.database.engine, "before_cursor_execute", note)
        try:
            with stage.database.transaction() as session:
                assert stage.service().pause_all(session, by="anna") == 2 * sets
            assert stage.service().run_stops().counts["done"] == 2 * sets
        finally:
            event.remove(stage.database.engine, "before_cursor_execute", note)
        return len(asked)

    few, many = stopped(2), stopped(8)
    assert many <= few + 2
    assert stage.events().count("zamc.deployment.paused") == 20
