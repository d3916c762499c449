"""The same with Dagster's storage in PostgreSQL, as the platform has it."""

import pytest
import yaml
from dagster import DagsterInstance, DagsterRunStatus

from tests.services import Services
from tests.zamc_pipelines.launcher import location
from tests.zamc_pipelines.launcher.conftest import Stand


def test_runs_open_their_own_connections(stand: Stand, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = stand.home / "dagster.yaml"
    storage = {"postgres": {"postgres_url": {"env": "ZAMC_DAGSTER_DATABASE_URL"}}}
    settings.write_text(yaml.safe_dump({**yaml.safe_load(settings.read_text()), "storage": storage}))
    monkeypatch.setenv("ZAMC_DAGSTER_DATABASE_URL", services.dagster_database_url)
    stand.start(max_runs=2)
    with DagsterInstance.get() as stand.instance:
        run_ids = [stand.launch(location.working, f"r{number}") for number in range(4)]
        assert [stand.end(run_id) for run_id in run_ids] == [DagsterRunStatus.SUCCESS] * 4
        cancelled = stand.launch(location.waiting)
        stand.mark("start")
        assert stand.instance.run_launcher.terminate(cancelled)
        assert stand.end(cancelled) is DagsterRunStatus.CANCELED
