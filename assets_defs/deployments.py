"""deployments: creative sets become live campaigns, created dark and enabled last."""

import time

import dagster as dg

from assets_defs.batch import Batch, materialized
from assets_defs.creatives import ad_copy, ad_images, ad_videos
from resources.platform import Zamc


@dg.asset(group_name="deployments", deps=[ad_copy, ad_images, ad_videos], kinds={"python", "googlecloud"}, owners=["team:media"])
def google_ads_deployments(config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Search campaigns on Google Ads."""
    started = time.monotonic()
    return materialized(zamc.services.deployments.launch("google_ads", config.ids), started=started)


@dg.asset(group_name="deployments", deps=[ad_copy, ad_images, ad_videos], kinds={"python", "meta"}, owners=["team:media"])
def meta_ads_deployments(config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Campaigns on Meta."""
    started = time.monotonic()
    return materialized(zamc.services.deployments.launch("meta_ads", config.ids), started=started)


@dg.asset(
    group_name="deployments", deps=[google_ads_deployments, meta_ads_deployments], kinds={"python", "postgres"}, owners=["team:media"]
)
def deployment_status(config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """What the platforms say of every object of ours; what is on against our record is paused first."""
    started = time.monotonic()
    return materialized(zamc.services.deployments.watch(config.ids), started=started)
