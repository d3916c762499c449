"""The data asset performance_forecasts, run as Dagster runs it."""

import dagster as dg
import pytest

from tests.conftest import ManualClock
from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.optimisation.test_service import Stage
from tests.zamc_pipelines.asset_graph import locations
from zamc.database.engine import Database
from zamc.optimisation.rules import Metric
from zamc.settings import settings


def test_a_run_without_ids_forecasts_every_live_deployment_and_tells_how_many(
    services: Services, urls: DatabaseUrls, database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in services.environment_for(urls).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    stage = Stage(database, clock)
    made = stage.launch()
    stage.write("UPDATE deployments SET ends_on = NULL WHERE id = :id", id=made.deployment_id)
    campaigns, _ = locations()
    run = campaigns.repository.get_job("forecast_job").execute_in_process()
    [materialization] = run.asset_materializations_for_node("performance_forecasts")
    assert materialization.metadata["done"] == dg.IntMetadataValue(1)
    assert materialization.metadata["rows"] == dg.IntMetadataValue(len(Metric))
    assert stage.read("SELECT count(*) FROM forecasts") == [(len(Metric),)]
