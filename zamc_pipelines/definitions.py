"""The code location of campaigns: planning, creatives, deployments, analytics, optimisation."""

import os

import dagster as dg

from assets_defs import analytics, creatives, data_quality, deployments, optimisation, planning, verdicts
from resources.platform import Zamc
from zamc_pipelines.freshness import with_freshness
from zamc_pipelines.jobs import campaigns_job, forecast_job, performance_job, status_job, upkeep_job, verdicts_job
from zamc_pipelines.reactions import campaign_requests
from zamc_pipelines.schedules import SCHEDULES

SENSORS: dict[str, list[dg.SensorDefinition]] = {
    "local": [campaign_requests],
    "staging": [campaign_requests],
    "production": [campaign_requests],
}

_environment = os.environ.get("ZAMC_ENVIRONMENT", "local")

defs = dg.Definitions(
    assets=with_freshness(
        [
            *planning.CUSTOMER_TABLES,
            *dg.load_assets_from_modules([planning, creatives, deployments, analytics, verdicts, optimisation]),
        ]
    ),
    asset_checks=data_quality.CHECKS,
    jobs=[campaigns_job, status_job, upkeep_job, performance_job, verdicts_job, forecast_job],
    schedules=SCHEDULES[_environment],
    sensors=SENSORS[_environment],
    resources={"zamc": Zamc()},
    executor=dg.in_process_executor,
)
