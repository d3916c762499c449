"""analytics: what the ads did, day by day."""

import time
from datetime import date

import dagster as dg

from assets_defs.deployments import google_ads_deployments, meta_ads_deployments
from resources.platform import Zamc
from resources.tracing import in_span

# Reporting days are dates in each ad account's time zone; a partition is that date. The offset makes today's partition exist, so that
# the hourly sync has one to write to. 37 months back is what both platforms keep.
DAYS = dg.DailyPartitionsDefinition(start_date="2024-01-01", end_offset=1)
# A month is as much as one query asks for, and as much as is lost when a run dies.
BY_MONTH = dg.BackfillPolicy.multi_run(max_partitions_per_run=31)


class Reading(dg.Config):
    """look_back: closed days before the partition too, as long as something may be credited to them. light: only the grains that are
    decided on by the hour (ads and above)."""

    look_back: bool = True
    light: bool = False


@dg.asset(
    group_name="analytics",
    deps=[google_ads_deployments],
    partitions_def=DAYS,
    backfill_policy=BY_MONTH,
    kinds={"python", "googlecloud"},
    owners=["team:data"],
)
@in_span
def google_ads_performance(context: dg.AssetExecutionContext, config: Reading, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Facts of Google Ads at every grain, each from a query of its own; closed days are read again for the look-back window."""
    return _sync(context, config, zamc, "google_ads")


@dg.asset(
    group_name="analytics",
    deps=[meta_ads_deployments],
    partitions_def=DAYS,
    backfill_policy=BY_MONTH,
    kinds={"python", "meta"},
    owners=["team:data"],
)
@in_span
def meta_ads_performance(context: dg.AssetExecutionContext, config: Reading, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Facts of Meta at every grain, each from a query of its own; closed days are read again for the look-back window."""
    return _sync(context, config, zamc, "meta_ads")


@dg.asset(group_name="analytics", kinds={"postgres"}, owners=["team:data"])
@in_span
def fact_partitions(zamc: Zamc) -> dg.MaterializeResult[None]:
    """Tables of the months to come, made ahead, so that no midnight has to wait for one."""
    made = zamc.services.analytics.make_ahead()
    return dg.MaterializeResult(metadata={"tables_made": dg.MetadataValue.int(made)})


@dg.asset(group_name="analytics", kinds={"python"}, owners=["team:data"])
@in_span
def exchange_rates(zamc: Zamc) -> dg.MaterializeResult[None]:
    """The day's rates for the currencies of accounts and reports. What is known stays; a day without a rate stays without one."""
    added = zamc.services.fx.refresh()
    return dg.MaterializeResult(metadata={"rates_added": dg.MetadataValue.int(added)})


def _sync(context: dg.AssetExecutionContext, config: Reading, zamc: Zamc, platform: str) -> dg.MaterializeResult[None]:
    started = time.monotonic()
    keys = sorted(context.partition_keys)
    outcome = zamc.services.analytics.sync(
        platform=platform,
        first_day=date.fromisoformat(keys[0]),
        day=date.fromisoformat(keys[-1]),
        # Days that are read together leave none before them open that a sync of its own would not read.
        look_back=config.look_back and len(keys) == 1,
        light=config.light,
    )
    counts = {"rows_read": outcome.rows_read, "rows_changed": outcome.rows_changed, "accounts": outcome.accounts}
    failures = dict(outcome.failures)
    if failures:
        # What was read is committed per account; the run is red so that somebody looks, and a retry reads only what is missing.
        raise dg.Failure(f"{len(failures)} accounts could not be read", metadata={"failures": dg.MetadataValue.json(failures)})
    seconds = dg.MetadataValue.float(round(time.monotonic() - started, 3))
    return dg.MaterializeResult(metadata={**{name: dg.MetadataValue.int(count) for name, count in counts.items()}, "seconds": seconds})
