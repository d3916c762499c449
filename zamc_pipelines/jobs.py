"""Jobs: which data assets run together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from zamc.events.catalogue import EventData

CAMPAIGN_ASSETS = (
    "strategies",
    "ad_copy",
    "ad_images",
    "ad_videos",
    "google_ads_deployments",
    "meta_ads_deployments",
    "deployment_status",
)

# In process: a step of its own process would import everything again, and the steps of a batch wait for each other anyway.
campaigns_job = dg.define_asset_job(
    "campaigns_job",
    selection=list(CAMPAIGN_ASSETS),
    executor_def=dg.in_process_executor,
    description="From pending briefs to live ads: every item goes as far as its project's gates let it.",
)
status_job = dg.define_asset_job(
    "status_job",
    selection=["deployment_status"],
    executor_def=dg.in_process_executor,
    description="Look at every deployment on its platform.",
)
performance_job = dg.define_asset_job(
    "performance_job",
    selection=["google_ads_performance", "meta_ads_performance"],
    executor_def=dg.in_process_executor,
    description="A day's performance of both platforms, with its look-back window.",
)
upkeep_job = dg.define_asset_job(
    "upkeep_job",
    selection=["fact_partitions", "exchange_rates"],
    executor_def=dg.in_process_executor,
    description="Tables of the months to come, and the day's exchange rates.",
)
verdicts_job = dg.define_asset_job(
    "verdicts_job",
    selection=["conversion_nowcasts", "performance_verdicts"],
    executor_def=dg.in_process_executor,
    description="Conversions that are still to come, and what in the performance is not chance.",
)
# A job of its own: forecasts are of today, whichever day's performance was read.
forecast_job = dg.define_asset_job(
    "forecast_job",
    selection=["performance_forecasts"],
    executor_def=dg.in_process_executor,
    description="What every live deployment will probably do until the end of its flight.",
)


def campaigns_config(events: "Sequence[EventData]") -> dict[str, Any]:
    """Run config of campaigns_job for the strategies that events speak of. Ids travel here and never in tags."""
    ids = sorted({str(getattr(event, "strategy_id")) for event in events})  # noqa: B009 - each selected event has one, the base class has not
    return {"ops": {asset: {"config": {"strategy_ids": ids}} for asset in CAMPAIGN_ASSETS}}
