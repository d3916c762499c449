"""analytics: how many conversions are still to come, and what in the performance is not chance."""

import time

import dagster as dg

from assets_defs.analytics import google_ads_performance, meta_ads_performance
from assets_defs.batch import materialized
from resources.platform import Zamc
from resources.tracing import in_span


@dg.asset(
    group_name="analytics",
    deps=[google_ads_performance, meta_ads_performance],
    kinds={"python", "postgres"},
    owners=["team:data"],
)
@in_span
def conversion_nowcasts(zamc: Zamc) -> dg.MaterializeResult[None]:
    """How late each account's conversions come, and how many recent days will have in the end, with 80 % intervals."""
    started = time.monotonic()
    return materialized(zamc.services.nowcasts.refresh(), started=started)


@dg.asset(
    group_name="analytics",
    deps=[conversion_nowcasts],
    kinds={"python", "postgres"},
    owners=["team:media"],
)
@in_span
def performance_verdicts(zamc: Zamc) -> dg.MaterializeResult[None]:
    """What is not chance: tracking that stopped, cost per conversion, click-through, spend, worn-out ads; told once, resolved when over."""
    started = time.monotonic()
    return materialized(zamc.services.verdicts.judge(), started=started)
