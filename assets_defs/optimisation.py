"""optimisation: what live deployments will probably do. Nothing here changes a budget."""

import time

import dagster as dg

from assets_defs.analytics import google_ads_performance, meta_ads_performance
from assets_defs.batch import Batch, materialized
from resources.platform import Zamc
from resources.tracing import in_span


@dg.asset(
    group_name="optimisation",
    deps=[google_ads_performance, meta_ads_performance],
    kinds={"python", "postgres"},
    owners=["team:media"],
)
@in_span
def performance_forecasts(config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Impressions, clicks and conversions per day, spend and pacing until the end of each flight, with 80 % intervals."""
    started = time.monotonic()
    return materialized(zamc.services.optimisation.forecast(config.ids), started=started)
