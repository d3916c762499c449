"""The code location of reports: the only one that imports dagster-dbt."""

import dagster as dg

from assets_defs.reporting import reports
from resources.dbt import dbt_resource
from resources.platform import Zamc
from zamc_pipelines.reactions import performance_synced

reporting_job = dg.define_asset_job(
    "reporting_job",
    selection=dg.AssetSelection.assets(reports),
    executor_def=dg.in_process_executor,
    description="Build every report with dbt and check it.",
)

defs = dg.Definitions(
    assets=[reports],
    jobs=[reporting_job],
    sensors=[performance_synced],
    resources={"zamc": Zamc(), "dbt": dbt_resource()},
    executor=dg.in_process_executor,
)
