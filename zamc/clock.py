"""Two clocks: wall time for leases and timeouts, business time for flights, reporting days and ledger periods."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from zamc.errors import ConfigurationError, InvalidInput


class Clock(Protocol):
    """What services ask for the time. Both answers are aware datetimes in UTC."""

    def now(self) -> datetime:
        """Wall time: leases, timeouts, expiry."""
        ...

    def business_now(self) -> datetime:
        """Business time: real time in production, movable in a demo."""
        ...


def business_date(clock: Clock, time_zone: str) -> date:
    """Today in an ad account's time zone (an IANA name)."""
    return clock.business_now().astimezone(ZoneInfo(time_zone)).date()


class SystemClock:
    """Production: both clocks are the machine's."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def business_now(self) -> datetime:
        return datetime.now(UTC)


class FileClock:
    """A demo's clock: business time stands in a small file that all processes read, and stays until it is moved."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.now(UTC)

    def business_now(self) -> datetime:
        """Raises ConfigurationError when the file is damaged; a file that is not there yet means real time."""
        try:
            text = self._path.read_text()
        except FileNotFoundError:
            return datetime.now(UTC)
        try:
            return datetime.fromisoformat(json.loads(text)["now"]).astimezone(UTC)
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"ZAMC_BUSINESS_CLOCK_FILE: {self._path} is damaged; delete it to use real time") from error

    def move_to(self, instant: datetime) -> None:
        """Move on, never back: facts that were recorded under a later time would become facts of the future."""
        if instant.tzinfo is None:
            raise InvalidInput("instant", "needs a time zone")
        if self._path.exists() and instant < self.business_now():
            raise InvalidInput("instant", f"business time is already {self.business_now().isoformat()} and never runs backwards")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(json.dumps({"now": instant.astimezone(UTC).isoformat()}))
        fresh.replace(self._path)
