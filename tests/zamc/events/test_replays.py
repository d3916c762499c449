"""Dead letters: what was given up is there with all that a replay needs, and replaying or dropping happens once."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.conftest import ManualClock
from tests.zamc.deployments.conftest import Stage, stage  # noqa: F401 - a fixture
from tests.zamc.events.conftest import Stream
from zamc.bootstrap import Services
from zamc.creatives import retries as creatives
from zamc.creatives.tables import Asset
from zamc.database.engine import Database
from zamc.deployments import retries as deployments
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.events import dead_letters
from zamc.events.catalogue import StrategyRequested, envelope, parse
from zamc.events.relay import Relay
from zamc.events.replays import ReplayService
from zamc.events.tables import DeadLetter, OutboxRow
from zamc.projects.tables import AuditEntry
from zamc.strategies import retries as strategies
from zamc.strategies.tables import Strategy

SUBJECT = "zamc.strategy.requested"


def _letters(database: Database, **where: str) -> list[DeadLetter]:
    with database.transaction() as session:
        return list(session.scalars(select(DeadLetter).filter_by(**where).order_by(DeadLetter.id)))


def _audited(database: Database, action: str) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def _bury(database: Database, payload: bytes, *, sequence: int = 7) -> UUID:
    with database.transaction() as session:
        assert dead_letters.bury(
            session, stream_created="s", stream_sequence=sequence, subject=SUBJECT, payload=payload, reason="it did not parse"
        )
    return _letters(database, key=f"s:{sequence}")[0].id


@pytest.fixture
def replays(database: Database, clock: ManualClock) -> ReplayService:
    return ReplayService(database, clock, inside={}, outside={})


def _of_stage(stage: Stage) -> ReplayService:  # noqa: F811
    def deployment(session: object, letter: DeadLetter, by: str) -> str:
        assert letter.subject_id is not None
        return ", ".join(row.name for row in deployments.retry(session, stage.clock, letter.subject_id, by=by))  # type: ignore[arg-type]

    return ReplayService(stage.database, stage.clock, inside={"deployment": deployment}, outside={})


def test_a_buried_message_is_told_once_under_a_subject_of_its_own(database: Database) -> None:
    _bury(database, b"nonsense")
    with database.transaction() as session:
        assert not dead_letters.bury(session, stream_created="s", stream_sequence=7, subject=SUBJECT, payload=b"nonsense", reason="again")
        rows = session.scalars(select(OutboxRow)).all()
    assert [row.subject for row in rows] == ["zamc.dead.strategy.requested"]
    read, data = parse(rows[0].subject, json.dumps(rows[0].envelope).encode())
    assert read.type == rows[0].subject
    assert data.model_dump()["about"] == SUBJECT


def test_a_message_that_can_be_read_by_now_is_published_again_under_its_own_id(
    replays: ReplayService, database: Database, stream: Stream, relay: Relay, clock: ManualClock
) -> None:  # fmt: skip
    event = envelope(StrategyRequested(project_id=UUID(int=1), strategy_id=UUID(int=2)))
    letter = _bury(database, event.model_dump_json(exclude_none=True).encode())
    assert str(event.id) in replays.replay(letter, by="ana")
    with pytest.raises(Conflict, match="replayed by ana"):
        replays.replay(letter, by="ana")
    asyncio.run(relay.run(once=True))
    with database.transaction() as session:
        [row] = session.scalars(select(OutboxRow).where(OutboxRow.subject == SUBJECT)).all()
    assert row.event_id == event.id
    assert row.published_at is not None
    assert stream.count() == 2, "the event once, and the word that it was buried"
    assert _audited(database, "dead_letter.replay") == 1


def test_a_message_that_still_cannot_be_read_says_what_to_do_and_stays(replays: ReplayService, database: Database) -> None:
    letter = _bury(database, b'{"specversion": "1.0"}')
    with pytest.raises(Conflict, match="drop this one"):
        replays.replay(letter, by="ana")
    assert _letters(database)[0].state == "open"
    assert _audited(database, "dead_letter.replay") == 0


def test_dropping_needs_a_reason_and_is_audited(replays: ReplayService, database: Database) -> None:
    letter = _bury(database, b"x")
    with pytest.raises(InvalidInput, match="audit"):
        replays.drop(letter, by="ana", reason="  ")
    replays.drop(letter, by="ana", reason="a test of the sender")
    [row] = _letters(database)
    assert (row.state, row.closed_by, row.closing) == ("dropped", "ana", "a test of the sender")
    assert _audited(database, "dead_letter.drop") == 1
    with pytest.raises(Conflict, match="dropped by ana"):
        replays.replay(letter, by="ana")
    with pytest.raises(NotFound, match="list --state all"):
        replays.drop(UUID(int=5), by="ana", reason="none")


def test_a_failed_launch_is_a_letter_and_its_replay_ends_live_once(stage: Stage) -> None:  # noqa: F811
    stage.begin()
    stage.google.fail("create", "refuse")
    stage.recover()
    assert stage.statuses() == {"google_ads": "failed", "meta_ads": "failed"}
    letters = _letters(stage.database, kind="deployment")
    assert len(letters) == 2
    refused = next(letter for letter in letters if letter.details["platform"] == "google_ads")
    assert (refused.code, refused.state) == ("no", "open")
    replays = _of_stage(stage)
    replays.replay(refused.id, by="ana")
    with pytest.raises(Conflict, match="replayed"):
        replays.replay(refused.id, by="ana")
    # Its sibling fell with it and rose with it.
    with pytest.raises(Conflict, match="only a failed one"):
        replays.replay(next(letter.id for letter in letters if letter.id != refused.id), by="ana")
    stage.recover()
    stage.both_live_once()


def test_what_was_created_after_all_is_found_by_a_replay_and_not_made_twice(stage: Stage) -> None:  # noqa: F811
    stage.begin()
    service = stage.service()
    # Every answer is lost and nothing is ever shown: it is given up. Then the first create lands after all.
    for _ in range(40):
        stage.google.fail("create", "late")
    for _ in range(12):
        service.launch("google_ads")
        stage.clock.advance(seconds=200)
    stage.recover()
    assert stage.statuses()["google_ads"] == "failed"
    stage.google.faults.clear()
    stage.google._late[0]()  # the others would find the name taken
    stage.google._late.clear()
    made = [call for call in stage.google.calls if call[0] == "create"]
    letter = next(each for each in _letters(stage.database, kind="deployment") if each.details["platform"] == "google_ads")
    _of_stage(stage).replay(letter.id, by="ana")
    stage.recover()
    stage.both_live_once()
    assert [call for call in stage.google.calls if call[0] == "create"] == made, "it was found, not created again"


def test_what_fails_again_is_the_same_letter_open_again(stage: Stage) -> None:  # noqa: F811
    stage.begin()
    stage.google.fail("create", "refuse")
    stage.recover()
    letter = next(each for each in _letters(stage.database, kind="deployment") if each.details["platform"] == "google_ads")
    stage.google.fail("create", "refuse")
    _of_stage(stage).replay(letter.id, by="ana")
    stage.recover()
    again = next(each for each in _letters(stage.database, kind="deployment") if each.id == letter.id)
    assert (again.state, again.times, again.closed_by) == ("open", 2, None)
    assert stage.reserved().get("total", 0) == 0


def test_a_replay_without_room_in_the_caps_changes_nothing(stage: Stage) -> None:  # noqa: F811
    from zamc.errors import SpendRefused

    stage.begin()
    stage.google.fail("create", "refuse")
    stage.recover()
    letter = _letters(stage.database, kind="deployment")[0]
    stage.allow(daily=1)
    with pytest.raises(SpendRefused):
        _of_stage(stage).replay(letter.id, by="ana")
    assert set(stage.statuses().values()) == {"failed"}
    assert _letters(stage.database, kind="deployment")[0].state == "open"


def test_strategies_and_creatives_are_asked_for_again(stage: Stage) -> None:  # noqa: F811
    stage.begin()
    with stage.database.transaction() as session:
        strategy = session.scalars(select(Strategy)).one()
        whole = session.scalars(select(Asset).where(Asset.kind == "set")).one()
        members = session.scalars(select(Asset).where(Asset.set_id == whole.id)).all()
        with pytest.raises(Conflict, match="only a failed one"):
            strategies.retry(session, stage.clock, strategy.id, by="ana")
        with pytest.raises(Conflict, match="only a failed one"):
            creatives.retry(session, stage.clock, whole.id, by="ana")
        strategy.status = whole.status = members[0].status = "failed"
    with stage.database.transaction() as session:
        strategies.retry(session, stage.clock, strategy.id, by="ana")
        assert creatives.retry(session, stage.clock, whole.id, by="ana") == 1
    with stage.database.transaction() as session:
        assert session.get_one(Strategy, strategy.id).status == "requested"
        statuses = session.scalars(select(Asset.status).where(Asset.set_id == whole.id)).all()
    assert sorted(set(statuses)) == ["approved", "requested"]
    assert {"zamc.strategy.requested", "zamc.creatives.requested"} <= set(stage.events())
    for retry in (strategies.retry, creatives.retry):
        with pytest.raises(NotFound), stage.database.transaction() as session:
            retry(session, stage.clock, UUID(int=9), by="ana")


def test_every_kind_of_letter_has_somebody_who_takes_it_up(replays: ReplayService, services: object) -> None:
    from zamc.settings import Settings

    settings = Settings(
        database_url="postgresql+psycopg://nobody@localhost/none", nats_url="nats://localhost", redis_url="redis://localhost",
        objects_url="file:///nowhere",
    )  # fmt: skip
    wired = Services(settings).replays
    assert set(wired._inside) | set(wired._outside) == set(dead_letters.KINDS)
    assert replace(Services(settings), settings=settings)


def test_a_day_that_could_not_be_read_is_a_letter_until_a_sync_reads_it(
    database: Database, clock: ManualClock, stage: Stage, emit: Callable[[], UUID]  # noqa: F811
) -> None:  # fmt: skip
    from datetime import date

    from zamc.analytics.rules import Grain
    from zamc.analytics.service import AnalyticsService
    from zamc.errors import GiveUp, Later

    problems: list[Exception] = [Later("busy"), GiveUp("no", code="190")]

    class Source:
        grains = (Grain.ACCOUNT,)

        def fetch(self, *_: object) -> list[object]:
            if problems:
                raise problems.pop(0)
            return []

    stage.begin()
    stage.launch()
    account = stage.deployment("google_ads").ad_account_id
    sources: Any = {"google_ads": lambda _: Source()}
    service = AnalyticsService(database, clock, sources, look_back_days=1, workers=1)
    day = date(2026, 11, 20)
    service.sync(platform="google_ads", day=day, account_ids=[account])
    assert _letters(database, kind="sync") == [], "what may pass by itself is no letter"
    service.sync(platform="google_ads", day=day, account_ids=[account])
    [letter] = _letters(database, kind="sync")
    assert (letter.code, letter.details["day"], letter.state) == ("190", "2026-11-20", "open")
    service.sync(platform="google_ads", day=day, account_ids=[account])
    [letter] = _letters(database, kind="sync")
    assert (letter.state, letter.closed_by) == ("resolved", "zamc")
