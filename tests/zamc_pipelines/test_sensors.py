"""The doorbell: every edge of a tick, with a real stream and a real database."""

import asyncio
import json
from collections.abc import Callable
from uuid import UUID

import dagster as dg
import pytest

from resources.platform import Zamc
from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.events.conftest import Stream
from zamc import settings as settings_module
from zamc.bootstrap import Services as Wired
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.events import dead_letters, repository
from zamc.events.catalogue import AUTOPILOT, DeploymentRequested
from zamc.events.relay import Relay
from zamc_pipelines.reactions import campaign_requests


@pytest.fixture
def tick(
    services: Services, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | None], dg.SensorResult | dg.SkipReason]:
    """Evaluate the sensor once from a cursor, as a daemon would."""
    for name, value in services.environment_for(urls).items():
        monkeypatch.setenv(name, value)
    settings_module.settings.cache_clear()

    def evaluate(cursor: str | None) -> dg.SensorResult | dg.SkipReason:
        with dg.build_sensor_context(cursor=cursor, resources={"zamc": Zamc()}) as context:
            result = campaign_requests(context)
            assert isinstance(result, dg.SensorResult | dg.SkipReason)
            return result

    return evaluate


Tick = Callable[[str | None], dg.SensorResult | dg.SkipReason]


def _one(result: dg.SensorResult | dg.SkipReason) -> dg.RunRequest:
    assert isinstance(result, dg.SensorResult)
    assert result.run_requests is not None
    (request,) = result.run_requests
    return request


def _ids(request: dg.RunRequest) -> list[str]:
    per_asset = {tuple(op["config"]["strategy_ids"]) for op in request.run_config["ops"].values()}
    (ids,) = per_asset
    return list(ids)


def test_one_run_is_asked_for_a_whole_batch(tick: Tick, stream: Stream, relay: Relay, emit: Callable[[], UUID]) -> None:
    ids = sorted(str(emit()) for _ in range(10))
    asyncio.run(relay.run(once=True))
    result = tick(None)
    request = _one(result)
    assert _ids(request) == ids
    assert request.run_key is not None
    assert request.run_key.endswith(":1-10")
    assert not set(ids) & set(map(str, request.tags.values())), "ids must never travel in tags"
    assert isinstance(result, dg.SensorResult)
    assert isinstance(tick(result.cursor), dg.SkipReason)


def test_a_tick_that_is_evaluated_twice_asks_for_the_same_run(tick: Tick, stream: Stream, relay: Relay, emit: Callable[[], UUID]) -> None:
    emit()
    asyncio.run(relay.run(once=True))
    assert _one(tick(None)).run_key == _one(tick(None)).run_key


def test_a_message_that_does_not_parse_is_buried_once_and_the_stream_goes_on(
    tick: Tick, database: Database, stream: Stream, relay: Relay, emit: Callable[[], UUID]
) -> None:  # fmt: skip
    before = str(emit())
    asyncio.run(relay.run(once=True))
    for payload in (b"not json", b'{"specversion": "1.0"}', json.dumps({"data": {"strategy_id": "x"}}).encode()):
        stream.publish("zamc.strategy.requested", payload)
    after = str(emit())
    asyncio.run(relay.run(once=True))
    assert _ids(_one(tick(None))) == sorted([before, after])
    tick(None)
    with database.transaction() as session:
        letters = dead_letters.letters(session)
    assert [letter.stream_sequence for letter in letters] == [2, 3, 4]
    assert letters[0].payload == b"not json"
    assert all(letter.reason for letter in letters)


def test_a_purged_stream_asks_for_one_run_without_ids_and_raises_an_alert(
    tick: Tick, database: Database, stream: Stream, relay: Relay, emit: Callable[[], UUID]
) -> None:  # fmt: skip
    emit()
    asyncio.run(relay.run(once=True))
    first = tick(None)
    assert isinstance(first, dg.SensorResult)
    emit()
    asyncio.run(relay.run(once=True))
    stream.purge()
    assert _ids(_one(tick(first.cursor))) == []
    with database.transaction() as session:
        assert repository.count_unsent(session) == 1, "the alert waits in the outbox"


def test_a_new_stream_is_read_from_its_start(
    tick: Tick, stream: Stream, relay: Relay, emit: Callable[[], UUID], database: Database
) -> None:
    ids = sorted(str(emit()) for _ in range(2))
    asyncio.run(relay.run(once=True))
    first = tick(None)
    stream.delete()
    with database.transaction() as session:
        repository.mark_all_unsent(session)
    asyncio.run(relay.run(once=True))
    assert isinstance(first, dg.SensorResult)
    again = _one(tick(first.cursor))
    assert _ids(again) == ids
    assert again.run_key != _one(first).run_key


def test_what_the_autopilot_decided_starts_no_second_run(tick: Tick, database: Database, stream: Stream, relay: Relay) -> None:
    by_hand = uuid7()
    with database.transaction() as session:
        for strategy, by in ((uuid7(), AUTOPILOT), (by_hand, "ana@example.org")):
            repository.emit(session, DeploymentRequested(project_id=uuid7(), strategy_id=strategy, deployment_id=uuid7(), requested_by=by))
    asyncio.run(relay.run(once=True))
    assert _ids(_one(tick(None))) == [str(by_hand)]


def test_an_operator_may_ask_for_smaller_runs(
    tick: Tick,
    stream: Stream,
    relay: Relay,
    emit: Callable[[], UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = [str(emit()) for _ in range(5)]
    asyncio.run(relay.run(once=True))
    monkeypatch.setenv("ZAMC_EVENTS_PER_RUN", "2")
    settings_module.settings.cache_clear()
    result = tick(None)
    assert isinstance(result, dg.SensorResult)
    assert result.run_requests is not None
    assert [_ids(request) for request in result.run_requests] == [sorted(ids[:2]), sorted(ids[2:4]), ids[4:]]
    assert len({request.run_key for request in result.run_requests}) == 3


def test_without_a_stream_or_a_server_a_tick_is_skipped_and_keeps_its_cursor(
    tick: Tick, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    assert isinstance(tick(None), dg.SkipReason)
    monkeypatch.setenv("ZAMC_NATS_URL", "nats://127.0.0.1:9")
    settings_module.settings.cache_clear()
    assert isinstance(tick("2026-11-20T08:00:00Z:5"), dg.SkipReason)


def test_settings_reach_the_services(tick: Tick) -> None:
    with dg.build_resources({"zamc": Zamc()}) as resources:
        assert isinstance(resources.zamc.services, Wired)
