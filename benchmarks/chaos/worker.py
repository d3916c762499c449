"""Processes that are killed: a worker that does what the data assets do, over and over, and one that adopts after a restore."""

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chaos.plan import SWEEP_POINTS, Death
from cli.local.privileges import die_with

if TYPE_CHECKING:
    from zamc.deployments.service import DeploymentService

# Imported once, before workers are forked from it: seconds for each life otherwise.
PRELOADED = (
    "zamc.bootstrap",
    "zamc.deployments.service",
    "zamc.storage.objects",
    "zamc.platforms.google_ads.adapter",
    "zamc.platforms.meta_ads.adapter",
    "google.ads.googleads.client",
    "google.ads.googleads.v26.services.services.google_ads_service",
    "facebook_business.adobjects.adaccount",
)


class Fate:
    """The crash hook: writes down that the point was reached, on disk before anything else happens, then dies of SIGKILL."""

    def __init__(self, death: Death, diary: Path) -> None:
        self._left = death.passes
        self._death = death
        self._diary = diary

    def __call__(self, point: str) -> None:
        if point != self._death.point:
            return
        if self._left > 0:
            self._left -= 1
            return
        with self._diary.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"point": point, "pid": os.getpid()}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.kill(os.getpid(), signal.SIGKILL)


def work(death: Death, environment: Mapping[str, str], diary: Path, stop: Path, log: Path) -> None:
    """Runs in a process of its own. environment: of the stack; stop: a file whose appearance means to stop; log: where it complains."""
    service = _service(Fate(death, diary), environment)
    uses: list[Callable[[], object]] = [partial(service.launch, "google_ads"), partial(service.launch, "meta_ads"), service.run_stops]
    rounds = 0
    while not stop.exists():
        # As schedules do: watching is a run of its own, and who shall die at it has come for that.
        watches = rounds % 4 == 3 or death.point in SWEEP_POINTS
        todo: list[Callable[[], object]] = [service.watch, *uses] if watches else uses
        rounds += 1
        for use in todo:
            try:
                use()
            except Exception as error:  # noqa: BLE001 - a run fails, and the next one goes on
                _complain(log, error)
                time.sleep(0.3)
        time.sleep(0.1)


def adopt(death: Death, environment: Mapping[str, str], diary: Path, log: Path) -> None:
    """Runs in a process of its own, after a restore. log: where it complains of what did not answer."""
    service = _service(Fate(death, diary), environment, remembers=True)
    try:
        done = service.adopt(by="somebody")
    except Exception as error:
        _complain(log, error)
        raise
    for why in (*done.silent.values(), *done.unconfirmed.values()):
        _complain(log, RuntimeError(why))


def _service(fate: Fate, environment: Mapping[str, str], *, remembers: bool = False) -> "DeploymentService":
    """Wired as the data assets' one, but for its fate. remembers: it asks the stream what the database may have forgotten."""
    die_with(os.getppid())
    os.environ.update(environment)
    from zamc.bootstrap import services
    from zamc.deployments.ports import Limits
    from zamc.deployments.service import DeploymentService
    from zamc.events.witness import heard

    wired = services()
    own = wired.settings
    limits = Limits(
        call=own.call_timeout_seconds, lease=own.lease_seconds, quiet=own.quiet_period_seconds, read_back_gap=own.read_back_gap_seconds,
        most_attempts=30,
    )  # fmt: skip
    url = own.nats_url.get_secret_value()
    witness = (lambda installation: heard(url, installation=installation)) if remembers else None
    return DeploymentService(wired.database, wired.clock, wired.ad_platforms, limits=limits, crash=fate, witness=witness)


def _complain(log: Path, error: Exception) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()} {type(error).__name__}: {str(error)[:300]}\n")
