"""What a limiter and a breaker decide, pure: limits and their reserve, how usage slows calls down, how long a breaker stays open."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# Arrivals at a platform are as late as a network and a busy machine make them: a window that is this much longer than the platform's
# keeps calls of ours that were spread over its edge from meeting inside it.
JITTER_SECONDS = 0.05
# From here on calls are spread out; a platform counts what others do with the same account too.
SLOW_FROM_PERCENT = 75.0
# Between two calls at almost 100 %.
LONGEST_GAP = timedelta(seconds=10)
# For a limit that is used up and whose platform does not say until when.
UNNAMED_WAIT = timedelta(minutes=1)


@dataclass(frozen=True)
class Limit:
    """At most `amount` units in any `seconds` seconds. reserve: units of these that only urgent calls (a pause) may use.

    An amount of 0 means that no number is known: calls are free until the platform says otherwise.
    """

    amount: int
    seconds: float
    reserve: int = 0

    def __post_init__(self) -> None:
        if self.amount < 0 or self.seconds <= 0 or not 0 <= self.reserve <= self.amount:
            raise ValueError("a limit has a positive time and a reserve that it covers")
        if self.amount and self.reserve == self.amount:
            raise ValueError("a limit leaves something to calls that are not urgent")

    @property
    def shared(self) -> int:
        """Units that every call may use."""
        return self.amount - self.reserve

    @property
    def window_seconds(self) -> float:
        return self.seconds + JITTER_SECONDS


NO_NUMBER = Limit(0, 1)


def with_reserve(amount: int, seconds: float, *, at_least: int) -> Limit:
    """A limit that keeps a tenth, and at least so much, for pauses; never more than half of it."""
    return Limit(amount, seconds, reserve=min(amount // 2, max(amount // 10, at_least)))


@dataclass(frozen=True)
class Charge:
    """`cost` units of the limit of `key`."""

    key: str
    limit: Limit = NO_NUMBER
    cost: int = 1


@dataclass(frozen=True)
class Usage:
    """What a platform says of a key: per cent used (all who share it), and when it is open again if it says that it is closed."""

    key: str
    percent: float
    regain: timedelta | None = None


class Kind(StrEnum):
    """What a call does: change something, read objects, or read reports."""

    MUTATE = "mutate"
    READ = "read"
    INSIGHTS = "insights"


def gap(percent: float) -> timedelta:
    """The least time between two calls at this usage: none up to 75 %, then in a straight line up to ten seconds at 100 %."""
    share = (min(percent, 100.0) - SLOW_FROM_PERCENT) / (100.0 - SLOW_FROM_PERCENT)
    return LONGEST_GAP * share if share > 0 else timedelta(0)


def closed_for(usage: Usage) -> timedelta | None:
    """How long nothing may be sent: a time that the platform names counts whatever it says of per cent."""
    if usage.regain is not None and usage.regain > timedelta(0):
        return usage.regain
    return UNNAMED_WAIT if usage.percent >= 100 else None


@dataclass(frozen=True)
class BreakerRules:
    """Opens after `failures` outages in a row, each within `memory` of the last; stays open for `cool_off`, twice as long each time.

    probe: how long the one call that may try again has; longer than any call takes.
    """

    failures: int = 5
    cool_off: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=10)
    memory: timedelta = timedelta(minutes=10)
    probe: timedelta = timedelta(minutes=2)

    def open_for(self, trips: int) -> timedelta:
        """trips: how often it has opened since a call last went well, this time included."""
        return min(self.longest, self.cool_off * 2 ** min(trips - 1, 20))


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
