"""The code location of reports: the only one that imports dagster-dbt."""

import os

import dagster as dg

from assets_defs.reporting import reports
from resources.dbt import dbt_resource
from resources.platform import Zamc
from zamc_pipelines.freshness import with_freshness
from zamc_pipelines.reactions import performance_synced

reporting_job = dg.define_asset_job(
    "reporting_job",
    selection=dg.AssetSelection.assets(reports),
    executor_def=dg.in_process_executor,
    description="Build every report with dbt and check it.",
)

# Builds test what they touched; once a night everything is looked at, so that what a failed build left untested is not forgotten.
nightly_report_check = dg.ScheduleDefinition(
    name="nightly_report_check",
    job=reporting_job,
    cron_schedule="50 4 * * *",
    run_config={"ops": {"reports": {"config": {"everything": True}}}},
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Tests every day of every report.",
)
SCHEDULES: dict[str, list[dg.ScheduleDefinition]] = {
    "local": [nightly_report_check],
    "staging": [nightly_report_check],
    "production": [nightly_report_check],
}

_environment = os.environ.get("ZAMC_ENVIRONMENT", "local")

defs = dg.Definitions(
    assets=with_freshness([reports]),
    jobs=[reporting_job],
    sensors=[performance_synced],
    schedules=SCHEDULES[_environment],
    resources={"zamc": Zamc(), "dbt": dbt_resource()},
    executor=dg.in_process_executor,
)
