"""deployments: creative sets become live campaigns, created dark and enabled last."""

import time

import dagster as dg

from assets_defs.batch import Batch, materialized
from assets_defs.creatives import ad_copy, ad_images, ad_videos
from resources.platform import Zamc
from resources.tracing import in_span


@dg.asset(group_name="deployments", deps=[ad_copy, ad_images, ad_videos], kinds={"python", "googlecloud"}, owners=["team:media"])
@in_span
def google_ads_deployments(config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Search campaigns on Google Ads."""
    started = time.monotonic()
    return materialized(zamc.services.deployments.launch("google_ads", config.ids), started=started)


@dg.asset(group_name="deployments", deps=[ad_copy, ad_images, ad_videos], kinds={"python", "meta"}, owners=["team:media"])
@in_span
def meta_ads_deployments(config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Campaigns on Meta."""
    started = time.monotonic()
    return materialized(zamc.services.deployments.launch("meta_ads", config.ids), started=started)


class Look(Batch):
    """everything: compare whole accounts, as each night; else what may have changed since the last round."""

    everything: bool = False


_MONEY = dg.AssetCheckSpec("spend_within_policy", asset="deployment_status", description="No period holds more than its policy allows.")
_APPROVED = dg.AssetCheckSpec(
    "live_objects_are_approved", asset="deployment_status", description="Whatever is on belongs to a plan that was approved."
)
_STRAYS = dg.AssetCheckSpec(
    "no_orphan_is_enabled", asset="deployment_status", description="No campaign of ours is on that no record knows."
)


@dg.asset(
    group_name="deployments",
    deps=[google_ads_deployments, meta_ads_deployments],
    check_specs=[_MONEY, _APPROVED, _STRAYS],
    kinds={"python", "postgres"},
    owners=["team:media"],
)
@in_span
def deployment_status(config: Look, zamc: Zamc) -> dg.MaterializeResult:  # type: ignore[type-arg]  # with checks, Dagster wants it bare
    """What the platforms say of every object of ours; what is on against our record is paused first."""
    started = time.monotonic()
    services = zamc.services
    outcome = services.deployments.reconcile() if config.everything and not config.ids else services.deployments.watch(config.ids)
    with services.database.transaction() as session:
        report = services.deployments.report(session)
    looked = materialized(outcome, started=started)
    return dg.MaterializeResult(
        metadata={
            **(looked.metadata or {}),
            **{f"status: {name}": dg.MetadataValue.int(count) for name, count in sorted(report.statuses.items())},
            **{name: dg.MetadataValue.int(count) for name, count in sorted(report.verdicts.items())},
            **{f"alert: {name}": dg.MetadataValue.int(count) for name, count in sorted(report.alerts.items())},
            **({"needs a person": dg.MetadataValue.json(dict(report.sample))} if report.sample else {}),
        },
        check_results=[
            _check(_MONEY, list(report.over_cap)),
            _check(_APPROVED, [str(key) for key in report.unapproved]),
            _check(_STRAYS, ["a stray could not be paused; see the alert stray-on"] * report.strays_on),
        ],
    )


def _check(spec: dg.AssetCheckSpec, wrong: list[str]) -> dg.AssetCheckResult:
    """Passed when nothing is wrong; otherwise how much is, and a sample."""
    return dg.AssetCheckResult(
        passed=not wrong,
        check_name=spec.name,
        metadata={"wrong": dg.MetadataValue.int(len(wrong)), **({"sample": dg.MetadataValue.json(wrong[:_SAMPLE])} if wrong else {})},
    )


_SAMPLE = 10
