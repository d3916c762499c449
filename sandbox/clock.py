"""The sandbox's business clock: ticks with real time, and can be moved on, never back."""

import threading
from datetime import datetime, timedelta

from sandbox.store import Store, from_text, to_text, wall_now


class ClockError(ValueError):
    """The clock was asked to go back."""


class Clock:
    """Business time in UTC. The distance from real time is kept in the store, so that a restart goes on from there."""

    def __init__(self, store: Store, start: datetime | None = None) -> None:
        """`start` (aware) sets the clock of a new store; on a store that has one it only ever moves it on."""
        self._store = store
        self._lock = threading.Lock()
        with store.reading() as tx:
            kept = tx.setting("clock_offset_seconds")
            last = tx.setting("clock_set_to")
        self._offset = timedelta(seconds=float(kept or 0))
        self._floor = from_text(last) if last else None
        store.now = self.now
        if start is not None and (kept is None or start > self.now()):
            self._move(start)

    def now(self) -> datetime:
        moment = wall_now() + self._offset
        # A real clock that was set back must not make the platform's day run backwards past what was acknowledged.
        return moment if self._floor is None else max(moment, self._floor)

    def set(self, moment: datetime) -> datetime:
        """Move on to `moment` (aware). Raises ClockError when that is in the past."""
        if moment.tzinfo is None:
            raise ClockError("the clock needs a time with a UTC offset, for example 2027-03-01T00:00:00Z")
        if moment < self.now():
            raise ClockError(f"the clock stands at {to_text(self.now())} and never goes back")
        self._move(moment)
        return self.now()

    def advance(self, seconds: float) -> datetime:
        return self.set(self.now() + timedelta(seconds=seconds))

    def _move(self, moment: datetime) -> None:
        with self._lock:
            offset = moment - wall_now()
            with self._store.transaction() as tx:
                tx.set_setting("clock_offset_seconds", repr(offset.total_seconds()))
                tx.set_setting("clock_set_to", to_text(moment))
            self._offset, self._floor = offset, moment
