"""planning: briefs become strategies."""

import time

import dagster as dg

from assets_defs.batch import Batch, materialized
from resources.platform import Zamc


@dg.asset(group_name="planning", kinds={"python", "postgres"}, owners=["team:marketing-core"])
def strategies(context: dg.AssetExecutionContext, config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """A typed plan for each pending brief: positioning, audiences, channel and budget split, keywords, messages, forecast, tests."""
    started = time.monotonic()
    context.log.info("first line of strategies")
    return materialized(zamc.services.strategies.draft(config.ids), started=started)
