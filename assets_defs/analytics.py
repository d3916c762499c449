"""analytics: what the ads did, day by day."""

import time
from collections import Counter
from datetime import date

import dagster as dg

from assets_defs.deployments import google_ads_deployments, meta_ads_deployments
from resources.platform import Zamc

# Reporting days are dates in each ad account's time zone; a partition is that date. The offset makes today's partition exist, so that
# the hourly sync has one to write to. 37 months back is what both platforms keep.
DAYS = dg.DailyPartitionsDefinition(start_date="2024-01-01", end_offset=1)


@dg.asset(
    group_name="analytics",
    deps=[google_ads_deployments],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    kinds={"python", "googlecloud"},
    owners=["team:data"],
)
def google_ads_performance(context: dg.AssetExecutionContext, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Facts of Google Ads at every grain, each from a query of its own; closed days are read again for the look-back window."""
    return _sync(context, zamc, "google_ads")


@dg.asset(
    group_name="analytics",
    deps=[meta_ads_deployments],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    kinds={"python", "meta"},
    owners=["team:data"],
)
def meta_ads_performance(context: dg.AssetExecutionContext, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Facts of Meta at every grain, each from a query of its own; closed days are read again for the look-back window."""
    return _sync(context, zamc, "meta_ads")


def _sync(context: dg.AssetExecutionContext, zamc: Zamc, platform: str) -> dg.MaterializeResult[None]:
    started = time.monotonic()
    counts: Counter[str] = Counter()
    failures: dict[str, str] = {}
    for key in context.partition_keys:
        day = zamc.services.analytics.sync(platform=platform, day=date.fromisoformat(key))
        counts.update({"rows_read": day.rows_read, "rows_changed": day.rows_changed, "accounts": day.accounts})
        failures |= day.failures
    if failures:
        # What was read is committed per account; the run is red so that somebody looks, and a retry reads only what is missing.
        raise dg.Failure(f"{len(failures)} accounts could not be read", metadata={"failures": dg.MetadataValue.json(failures)})
    seconds = dg.MetadataValue.float(round(time.monotonic() - started, 3))
    return dg.MaterializeResult(metadata={**{name: dg.MetadataValue.int(count) for name, count in counts.items()}, "seconds": seconds})
