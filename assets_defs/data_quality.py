"""Checks of the facts as a whole, beside the tests that dbt makes of each report: nothing was left out."""

from datetime import timedelta

import dagster as dg

from resources.platform import Zamc
from resources.tracing import check_in_span

_BEHIND = timedelta(hours=30)
_SHOWN = 20
_ARCHIVED_BY = 10  # day of the month; the schedules run on its second


def _every_day(context: dg.AssetCheckExecutionContext, zamc: Zamc, platform: str) -> dg.AssetCheckResult:
    from zamc.analytics.quality_repository import unread_days

    wired = zamc.services
    with wired.database.transaction() as session:
        found = unread_days(session, platform=platform, today=wired.clock.business_now().date())
    context.log.info("%d days were never read", len(found))
    sample = [f"{each.account}: {each.day}" for each in found[:_SHOWN]]
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.WARN, metadata={"days": len(found), "sample": dg.MetadataValue.json(sample)}
    )


def _every_account(zamc: Zamc, platform: str) -> dg.AssetCheckResult:
    from zamc.analytics.quality_repository import accounts_behind

    wired = zamc.services
    with wired.database.transaction() as session:
        found = accounts_behind(session, platform=platform, since=wired.clock.now() - _BEHIND)
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"accounts": len(found), "sample": dg.MetadataValue.json(found[:_SHOWN])},
    )


@dg.asset_check(asset="google_ads_performance", description="Every day of a flight was read, the last month through.")
@check_in_span
def google_ads_days_are_complete(context: dg.AssetCheckExecutionContext, zamc: Zamc) -> dg.AssetCheckResult:
    """A gap is a warning: backfill the days that it names."""
    return _every_day(context, zamc, "google_ads")


@dg.asset_check(asset="meta_ads_performance", description="Every day of a flight was read, the last month through.")
@check_in_span
def meta_ads_days_are_complete(context: dg.AssetCheckExecutionContext, zamc: Zamc) -> dg.AssetCheckResult:
    """A gap is a warning: backfill the days that it names."""
    return _every_day(context, zamc, "meta_ads")


@dg.asset_check(asset="google_ads_performance", description="Every account with something live was read within 30 hours.")
@check_in_span
def google_ads_accounts_are_current(zamc: Zamc) -> dg.AssetCheckResult:
    """An account behind is an error: its spend goes on unseen."""
    return _every_account(zamc, "google_ads")


@dg.asset_check(asset="meta_ads_performance", description="Every account with something live was read within 30 hours.")
@check_in_span
def meta_ads_accounts_are_current(zamc: Zamc) -> dg.AssetCheckResult:
    """An account behind is an error: its spend goes on unseen."""
    return _every_account(zamc, "meta_ads")


@dg.asset_check(asset="fact_partitions", description="Months that are due have left for the archive, from the tenth of a month on.")
@check_in_span
def old_facts_left(zamc: Zamc) -> dg.AssetCheckResult:
    """A warning: `zamc archive run` is scheduled outside of Dagster, where the owner's password is, and may be forgotten there."""
    wired = zamc.services
    due = [f"{month:%Y-%m}" for month in wired.archive.due()]
    late = due if wired.clock.business_now().day >= _ARCHIVED_BY else []
    return dg.AssetCheckResult(
        passed=not late, severity=dg.AssetCheckSeverity.WARN, metadata={"months": len(due), "sample": dg.MetadataValue.json(due[:_SHOWN])}
    )


CHECKS = [
    google_ads_days_are_complete,
    meta_ads_days_are_complete,
    google_ads_accounts_are_current,
    meta_ads_accounts_are_current,
    old_facts_left,
]
