"""creatives: plans become ad copy, images and videos."""

import time

import dagster as dg

from assets_defs.batch import Batch, materialized
from assets_defs.planning import strategies
from resources.platform import Zamc
from resources.tracing import in_span


@dg.asset(group_name="creatives", deps=[strategies], kinds={"python", "postgres"}, owners=["team:creative"])
@in_span
def ad_copy(config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Copy per platform and language that fits every limit and states only what the brief claims."""
    started = time.monotonic()
    return materialized(zamc.services.creatives.make_copy(config.ids), started=started)


@dg.asset(group_name="creatives", deps=[strategies], kinds={"python", "pillow"}, owners=["team:creative"])
@in_span
def ad_images(config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Images composed from the brand kit in the sizes that the platforms ask for."""
    started = time.monotonic()
    return materialized(zamc.services.creatives.make_images(config.ids), started=started)


@dg.asset(group_name="creatives", deps=[strategies], kinds={"python", "ffmpeg"}, owners=["team:creative"])
@in_span
def ad_videos(config: Batch, zamc: Zamc) -> dg.MaterializeResult[None]:
    """Short videos with captions and a closing card, from the same layouts as the images."""
    started = time.monotonic()
    return materialized(zamc.services.creatives.make_videos(config.ids), started=started)
