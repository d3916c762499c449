"""A circuit breaker that all processes share: what does not answer is left alone for a while, then tried by one call.

It never stops an urgent call (zamc.throttling.lane); what those learn counts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from zamc.database.ids import uuid7
from zamc.errors import HeldBack, OutsideError
from zamc.throttling.held import OPEN
from zamc.throttling.lane import is_urgent
from zamc.throttling.rules import BreakerRules, BreakerState
from zamc.throttling.store import Store, StoreDown, milliseconds

# KEYS of all: failures (in a row), open (while it is), probe (who tries), trips (how often it has opened since it last went well), and the
# list of all that are open, for whoever watches (zamc.throttling.held).

# ARGV: whose probe, its milliseconds. Answer: 0 closed, 1 half-open and this one may try, 2 open, 3 half-open and somebody
# else tries; milliseconds to wait; failures.
_ENTER = """
local failures = tonumber(redis.call('GET', KEYS[1]) or '0')
local open = redis.call('PTTL', KEYS[2])
if open > 0 then return {2, open, failures} end
if redis.call('EXISTS', KEYS[4]) == 0 then return {0, 0, failures} end
if redis.call('SET', KEYS[3], ARGV[1], 'NX', 'PX', ARGV[2]) then return {1, 0, failures} end
return {3, redis.call('PTTL', KEYS[3]), failures}
"""
# ARGV: failures that open it, milliseconds of memory, then how long it stays open by trips. Answer: 1 when it has just opened.
# A call that was sent before it opened tells nothing new: it does not prolong the time.
_FAILED = """
if redis.call('PTTL', KEYS[2]) > 0 then return 0 end
local failures = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if redis.call('EXISTS', KEYS[4]) == 0 and failures < tonumber(ARGV[1]) then return 0 end
local trips = redis.call('INCR', KEYS[4])
local span = ARGV[2 + math.min(trips, #ARGV - 2)]
redis.call('SET', KEYS[2], '1', 'PX', span)
local clock = redis.call('TIME')
redis.call('ZADD', KEYS[5], clock[1] * 1000 + math.floor(clock[2] / 1000) + span, KEYS[2])
redis.call('PEXPIRE', KEYS[5], 86400000)
redis.call('PEXPIRE', KEYS[4], tonumber(ARGV[2]) + tonumber(span))
redis.call('DEL', KEYS[3])
return 1
"""
_LEAVE = "if redis.call('GET', KEYS[3]) == ARGV[1] then redis.call('DEL', KEYS[3]) end return 1"
_ANSWERED = "redis.call('ZREM', KEYS[5], KEYS[2]) return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])"
_SHOW = "return {redis.call('PTTL', KEYS[2]), redis.call('EXISTS', KEYS[4]), redis.call('PTTL', KEYS[3])}"
_PROBE_ASKS_AGAIN = timedelta(seconds=5)

log = structlog.get_logger()


class Breaker:
    """Threads may share it."""

    def __init__(self, store: Store, *, rules: BreakerRules | None = None) -> None:
        self._store = store
        self._rules = rules or BreakerRules()

    @contextmanager
    def guard(self, key: str) -> Iterator[None]:
        """One call to what `key` names. An error of ours with `outage` counts against it; any other answer, a refusal too, speaks for it.

        Raises HeldBack while it is open, and while somebody else tries. Without Redis it lets everything pass: the limiter then holds
        back what writes.
        """
        probe = uuid7().hex
        troubled = self._enter(key, probe, urgent=is_urgent())
        try:
            yield
        except HeldBack:
            self._run(_LEAVE, key, [probe])
            raise
        except OutsideError as error:
            if error.outage:
                spans = [milliseconds(self._rules.open_for(trips)) for trips in range(1, 12)]
                if self._run(_FAILED, key, [self._rules.failures, milliseconds(self._rules.memory), *spans]) == [1]:
                    log.warning("breaker.opened", key=key, code=error.code)
            elif troubled:
                self._run(_ANSWERED, key, [])
            raise
        except BaseException:
            # A bug of ours, or a reader who has read enough, says nothing about the other side.
            self._run(_LEAVE, key, [probe])
            raise
        if troubled:
            self._run(_ANSWERED, key, [])

    def _enter(self, key: str, probe: str, *, urgent: bool) -> bool:
        """Whether there have been failures. Raises HeldBack."""
        answer = self._run(_ENTER, key, [probe, milliseconds(self._rules.probe)])
        if answer is None:
            return False
        verdict, wait, failures = (int(each) for each in answer)
        if verdict >= 2 and not urgent:
            delay = timedelta(milliseconds=wait)
            if verdict == 3:
                delay = min(delay, _PROBE_ASKS_AGAIN)  # whoever tries will know soon
            raise HeldBack(f"{key} did not answer several times in a row; it is left alone for a while", code="breaker", delay=delay)
        return failures > 0 or verdict != 0

    def state(self, key: str) -> BreakerState:
        """Closed too when Redis does not answer."""
        answer = self._run(_SHOW, key, [])
        if answer is None:
            return BreakerState.CLOSED
        open_for, tripped, _ = (int(each) for each in answer)
        if open_for > 0:
            return BreakerState.OPEN
        return BreakerState.HALF_OPEN if tripped else BreakerState.CLOSED

    def reset(self, key: str) -> None:
        """Close it by hand."""
        self._run(_ANSWERED, key, [])

    def _run(self, script: str, key: str, arguments: list[str | int]) -> list[int] | None:
        """None when Redis does not answer."""
        keys = [*(f"breaker:{name}:{key}" for name in ("failures", "open", "probe", "trips")), OPEN]
        try:
            answer = self._store.run(script, keys, arguments)
        except StoreDown:
            return None
        return answer if isinstance(answer, list) else [int(answer)]
