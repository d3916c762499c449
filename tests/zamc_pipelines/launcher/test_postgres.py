"""The same with Dagster's storage in PostgreSQL, as the platform has it."""

import time
from collections.abc import Iterator

import psycopg
import pytest
import yaml
from dagster import DagsterInstance, DagsterRunStatus
from sqlalchemy import make_url

from tests.services import Services
from tests.zamc_pipelines.launcher import location
from tests.zamc_pipelines.launcher.conftest import Stand, until

KEPT_CONNECTION_SECONDS = 5


@pytest.fixture
def on_postgres(stand: Stand, services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    settings = stand.home / "dagster.yaml"
    storage = {"postgres": {"postgres_url": {"env": "ZAMC_DAGSTER_DATABASE_URL"}}}
    settings.write_text(yaml.safe_dump({**yaml.safe_load(settings.read_text()), "storage": storage}))
    monkeypatch.setenv("ZAMC_DAGSTER_DATABASE_URL", services.dagster_database_url)
    with DagsterInstance.get() as stand.instance:
        yield stand


def test_runs_open_their_own_connections(on_postgres: Stand) -> None:
    on_postgres.start(max_runs=2)
    run_ids = [on_postgres.launch(location.working, f"r{number}") for number in range(4)]
    assert [on_postgres.end(run_id) for run_id in run_ids] == [DagsterRunStatus.SUCCESS] * 4
    cancelled = on_postgres.launch(location.waiting)
    on_postgres.mark("start")
    assert on_postgres.instance.run_launcher.terminate(cancelled)
    assert on_postgres.end(cancelled) is DagsterRunStatus.CANCELED


def test_a_long_run_does_not_notice_that_postgresql_was_restarted(on_postgres: Stand, services: Services) -> None:
    on_postgres.start()
    run_id = on_postgres.launch(location.waiting)
    started = on_postgres.mark("start")["at"]
    until(lambda: time.monotonic() > started + KEPT_CONNECTION_SECONDS + 1, "the age at which a connection is replaced")
    superuser = make_url(services.database.superuser_url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(superuser.render_as_string(hide_password=False), autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (make_url(services.dagster_database_url).database,),
        ).fetchall()
    assert len(ended) >= 2  # the run holds one for runs and one for events
    on_postgres.release()
    assert on_postgres.end(run_id) is DagsterRunStatus.SUCCESS
