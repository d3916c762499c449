"""1,000 live deployments are paused and read back while creates are queued and our limiter is exhausted.

The sandbox enforces the platforms' limits: so many writes a second on an ad account of Meta, where each call of a batch is one
(developers.facebook.com/docs/marketing-api/overview/rate-limiting), and two requests a second on Google's, which takes 10,000 changes in
one. Meta's is set to a fifth of the 100 that it documents, and ours is told so: then the figure is about waiting for a platform, and not
about how fast a stand-in, a database and four processes are on two cores. At best the stop takes as long as Meta's account takes that
many writes; the last confirmation, counted from the moment at which somebody says stop, may take 1.2 times as long.
"""

import os
import threading
import time
from collections.abc import Sequence
from uuid import UUID

import httpx

from benchmarks.figure import Figure, at_least, at_most, shown
from benchmarks.launch_throughput import NO_LIMITS, PLATFORMS
from benchmarks.launch_world import World, world
from zamc.bootstrap import Services
from zamc.settings import Settings

META, GOOGLE, QUEUED = 900, 100, 100
WRITES_A_SECOND, GOOGLE_CALLS_A_SECOND = 20, 2
# What whoever pauses has connected and imported long ago is not part of the figure.
WARM_UP = 2


def measure() -> list[Figure]:
    """One world: launch without limits, then set them, exhaust our own, queue creates, stop everything."""
    with world(overrides=NO_LIMITS) as stage:
        stage.lift_limits()
        spare = _launch(stage)
        live = stage.statuses().get("live", 0)
        if live != META + GOOGLE + WARM_UP:
            raise RuntimeError(f"{live} of {META + GOOGLE + WARM_UP} deployments are live: {stage.statuses()}")
        _limit(stage)
        os.environ |= {
            "ZAMC_GOOGLE_ADS_ACCESS_LEVEL": "standard",
            "ZAMC_META_ACCESS_TIER": "standard",
            "ZAMC_META_WRITES_PER_SECOND": str(WRITES_A_SECOND),
        }
        wired = Services(Settings())
        try:
            return _stop(stage, wired, live, spare)
        finally:
            wired.database.close()


def _stop(stage: World, wired: Services, live: int, spare: Sequence[UUID]) -> list[Figure]:
    service = wired.deployments
    _warm_up(wired, spare)
    stage.exhaust()
    queued = len(stage.begin(QUEUED // 2, platforms=PLATFORMS, name="queued"))
    creating = threading.Thread(target=lambda: [service.launch(platform) for platform in PLATFORMS], daemon=True)
    creating.start()
    begun = time.monotonic()
    with wired.database.transaction() as session:
        service.pause_all(session, by="benchmark")
        ids = service.stopping(session)
    intended = time.monotonic() - begun
    outcome = service.confirm_stops(ids, wait_seconds=600)
    took = time.monotonic() - begun
    creating.join(timeout=60)
    permitted = META / WRITES_A_SECOND
    return [
        at_least("deployments live before", live - WARM_UP, "count", META + GOOGLE),
        at_least("paused and read back, or stopped before anything was made", outcome.counts["done"], "count", META + GOOGLE + queued),
        at_most("campaigns that the platforms' own record still shows on", stage.enabled(), "count", 0),
        shown("creates queued meanwhile, limiter exhausted", queued, "count"),
        shown("what Meta's limit permits at best", permitted, "s"),
        shown("until all intentions were written", intended, "s"),
        shown("until the last one was confirmed", took, "s"),
        at_most("until the last one / what the limit permits", took / permitted, "ratio", 1.2),
    ]


def _launch(stage: World) -> list[UUID]:
    """Everything is live then. Returns what is there to warm up with."""
    stage.begin(META - GOOGLE, platforms=("meta_ads",), name="live on Meta")
    stage.begin(GOOGLE, platforms=PLATFORMS, name="live on both")
    spare = stage.begin(WARM_UP // 2, platforms=PLATFORMS, name="warm-up")
    go = stage.stack.home.folder("run") / "go"
    go.touch()
    while stage.statuses().get("live", 0) < META + GOOGLE + WARM_UP:
        workers = [stage.spawn("benchmarks.worker", platform, str(go), answers=True) for platform in PLATFORMS]
        if not any(worker.communicate()[0] for worker in workers):
            raise RuntimeError("a worker did not start")
    return spare


def _warm_up(wired: Services, ids: Sequence[UUID]) -> None:
    with wired.database.transaction() as session:
        for each in ids:
            wired.deployments.pause(session, each, by="benchmark")
    wired.deployments.confirm_stops(ids, wait_seconds=60)


def _limit(stage: World) -> None:
    with httpx.Client(base_url=os.environ["ZAMC_SANDBOX_URL"], timeout=30) as sandbox:
        sandbox.post("/sandbox/meta/limits", json={"enforce": True, "writes_per_second": WRITES_A_SECOND}).raise_for_status()
        google = {"scope": "ACCOUNT", "key": stage.account("google_ads"), "calls_per_second": GOOGLE_CALLS_A_SECOND, "burst": 1}
        sandbox.post("/sandbox/google/limits", json=google).raise_for_status()
