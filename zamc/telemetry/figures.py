"""The installation's figures, asked for by anybody at any rate and read from the database seldom, by one at a time, within a limit."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.telemetry import views
from zamc.telemetry.views import Figures

KEPT_SECONDS = 20.0
# Older ones would be taken for today's.
LONGEST_SECONDS = 300.0
LIMIT_SECONDS = 2.0
log = structlog.get_logger()


@dataclass(frozen=True)
class Reading:
    """figures: None when there are none that are young enough. well: whether the last try succeeded. age, took: seconds."""

    figures: Figures | None
    well: bool
    age: float
    took: float


class InstallationFigures:
    """Threads share it. When PostgreSQL does not answer, the last figures stand for five minutes, with their age."""

    def __init__(self, database: Database, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock, self._monotonic = database, clock, monotonic
        self._lock = threading.Lock()
        self._last: Figures | None = None
        self._well, self._at, self._tried, self._took = False, 0.0, float("-inf"), 0.0

    def read(self) -> Reading:
        """Nothing is raised: whoever watches must hear that nothing can be read."""
        with self._lock:
            if self._monotonic() - self._tried >= KEPT_SECONDS:
                self._look()
            age = self._monotonic() - self._at
            young = self._last is not None and age <= LONGEST_SECONDS
            return Reading(self._last if young else None, self._well, age if self._last is not None else 0.0, self._took)

    def _look(self) -> None:
        from sqlalchemy.exc import SQLAlchemyError

        began = self._tried = self._monotonic()
        try:
            with self._database.transaction() as session:
                self._last = views.figures(session, now=self._clock.now(), today=self._clock.business_now(), limit_seconds=LIMIT_SECONDS)
            self._well, self._at = True, self._monotonic()
        except SQLAlchemyError as error:
            self._well = False
            log.warning("telemetry.figures_not_read", error=type(error).__name__)
        self._took = self._monotonic() - began
