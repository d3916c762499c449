"""planning: briefs become strategies."""

import time

import dagster as dg

from assets_defs.batch import Batch, materialized
from resources.platform import Zamc
from resources.tracing import in_span

# What people set up, and no data asset makes: shown so that the lineage of a report ends at them.
CUSTOMER_TABLES = [
    dg.AssetSpec(
        ["zamc", "projects"], group_name="planning", kinds={"postgres"}, description="Brands' workspaces, their gates and spend policies."
    ),
    dg.AssetSpec(
        ["zamc", "ad_accounts"], group_name="planning", kinds={"postgres"}, description="Customers' accounts, with currency and time zone."
    ),
]


@dg.asset(group_name="planning", kinds={"python", "postgres"}, owners=["team:marketing-core"])
@in_span
def strategies(context: dg.AssetExecutionContext, config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """A typed plan for each pending brief: positioning, audiences, channel and budget split, keywords, messages, forecast, tests."""
    started = time.monotonic()
    context.log.info("first line of strategies")
    return materialized(zamc.services.strategies.draft(config.ids), started=started)
