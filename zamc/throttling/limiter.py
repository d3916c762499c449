"""The rate limiter that all processes share: moving windows of the library `limits` in Redis, taken several at once.

The library takes one window at a time and by the caller's clock. A call here needs room in several (developer token, account, kind) or
it must take none, and machines' clocks differ; so one script takes all of them, by the server's clock, in the library's own layout
(a list of times, newest first).
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from zamc.errors import HeldBack
from zamc.throttling.held import CLOSED
from zamc.throttling.lane import is_urgent
from zamc.throttling.rules import Charge, Limit, Usage, closed_for, gap
from zamc.throttling.store import Store, StoreDown, milliseconds

# What a platform said of its usage is old after that; the next answer says it again.
_USAGE_FOR = timedelta(minutes=5)
# While urgent calls wait for room, everything else leaves it to them.
_YIELD_FOR = timedelta(seconds=2)
_WITHOUT_REDIS = timedelta(seconds=15)
# Without Redis each process lets reads pass at this share of a limit: not all processes together can exceed it by much.
_READS_WITHOUT_REDIS = 8
_LONGEST_NAP_SECONDS = 1.0

# KEYS per charge: shared window, reserve window, closed, yield, gap, next.
# ARGV: urgent, milliseconds to yield, then per charge: shared amount, reserve amount, seconds, cost.
# Answer: milliseconds to wait (0: taken), and the number of the charge that there is no room for.
_TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local urgent = ARGV[1] == '1'
local wait, which = 0, 0
local taken = {}

local function longer(milliseconds, number)
    if milliseconds > wait then wait, which = milliseconds, number end
end

-- Milliseconds until `cost` units fit into a window, 0 when they do now.
local function full_for(key, amount, seconds, cost)
    if cost > amount then return -1 end
    local entry = redis.call('LINDEX', key, amount - cost)
    if not entry then return 0 end
    local left = tonumber(entry) + seconds - now
    if left < 0 then return 0 end
    return math.max(1, math.ceil(left * 1000))
end

for number = 1, #KEYS / 6 do
    local first, key = 2 + 4 * (number - 1), 6 * (number - 1)
    local shared, reserve = tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
    local seconds, cost = tonumber(ARGV[first + 3]), tonumber(ARGV[first + 4])
    if not urgent then
        longer(redis.call('PTTL', KEYS[key + 3]), number)
        longer(redis.call('PTTL', KEYS[key + 4]), number)
        if redis.call('EXISTS', KEYS[key + 5]) == 1 then longer(redis.call('PTTL', KEYS[key + 6]), number) end
    end
    if shared > 0 then
        local window, amount, full = KEYS[key + 1], shared, -1
        if urgent then
            -- From the reserve what fits into it, else from what all share, else as much as the reserve has: a pause never waits a day.
            local own = full_for(KEYS[key + 2], reserve, seconds, cost)
            local other = full_for(KEYS[key + 1], shared, seconds, math.min(cost, shared))
            -- What fits into neither alone may fit into both: a tenth of the room must not stand empty while spending goes on.
            local rest = cost - reserve
            if own ~= 0 and (other ~= 0 or cost > shared) and reserve > 0 and rest > 0 and rest <= shared
                and full_for(KEYS[key + 2], reserve, seconds, reserve) == 0 and full_for(KEYS[key + 1], shared, seconds, rest) == 0 then
                taken[#taken + 1] = {KEYS[key + 2], reserve, seconds, reserve}
                window, amount, full, cost = KEYS[key + 1], shared, 0, rest
            else
                if own ~= 0 and other == 0 then own = -1 end
                if own < 0 and other ~= 0 and reserve > 0 then own = full_for(KEYS[key + 2], reserve, seconds, reserve) end
                if own >= 0 then window, amount, full = KEYS[key + 2], reserve, own end
                if own < 0 or (other > 0 and other < own) then window, amount, full = KEYS[key + 1], shared, other end
            end
        else
            full = full_for(window, amount, seconds, math.min(cost, amount))
        end
        longer(full, number)
        if urgent and full > 0 then redis.call('SET', KEYS[key + 4], '1', 'PX', ARGV[2]) end
        taken[#taken + 1] = {window, amount, seconds, math.min(cost, amount)}
    end
end

if wait > 0 then return {wait, which} end

for _, each in ipairs(taken) do
    local window, amount, seconds, cost = unpack(each)
    local stamp, entries = string.format('%.6f', now), {}
    for i = 1, cost do entries[i] = stamp end
    for i = 1, cost, 5000 do redis.call('LPUSH', window, unpack(entries, i, math.min(i + 4999, cost))) end
    redis.call('LTRIM', window, 0, amount - 1)
    redis.call('EXPIRE', window, math.ceil(seconds))
end
for number = 1, #KEYS / 6 do
    local key = 6 * (number - 1)
    local between = redis.call('GET', KEYS[key + 5])
    if between then redis.call('SET', KEYS[key + 6], '1', 'PX', between) end
end
return {0, 0}
"""
# KEYS: closed, gap, and the list of all that are closed (zamc.throttling.held). ARGV: milliseconds closed (0: leave it), gap in
# milliseconds (0: none, -1: leave it), how long the gap is kept.
# A key that is closed for longer stays so: an older answer must not open it.
_TELL = """
if tonumber(ARGV[1]) > redis.call('PTTL', KEYS[1]) and tonumber(ARGV[1]) > 0 then
    redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
    local clock = redis.call('TIME')
    redis.call('ZADD', KEYS[3], clock[1] * 1000 + math.floor(clock[2] / 1000) + ARGV[1], KEYS[1])
    redis.call('PEXPIRE', KEYS[3], 86400000)
end
local gap = tonumber(ARGV[2])
if gap > 0 then redis.call('SET', KEYS[2], gap, 'PX', ARGV[3]) elseif gap == 0 then redis.call('DEL', KEYS[2]) end
return 1
"""


class Limiter:
    """Threads may share it. sleep: time.sleep, or what a test puts in its place."""

    def __init__(self, store: Store, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._store = store
        self._sleep = sleep
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._slowed: set[str] = set()

    def acquire(self, key: str, cost: int, limit: Limit, *, patience: float = 0.0) -> float:
        """Take `cost` units of one limit; see acquire_all."""
        return self.acquire_all([Charge(key, limit, cost)], patience=patience)

    def acquire_all(self, charges: Sequence[Charge], *, patience: float = 0.0, writes: bool = True) -> float:
        """Take all of them or none. Returns the seconds that it waited, at most `patience`.

        A cost above its limit is taken for the limit: the call goes alone. Urgent calls (zamc.throttling.lane) may use the reserves and
        pass what is closed or slowed down; while they wait, nothing else gets room.
        Raises HeldBack with the delay after which to ask again. Without Redis what writes is held back, reads go on at an eighth of
        the limit in each process, and what is urgent goes.
        """
        urgent, waited = is_urgent(), 0.0
        while True:
            try:
                wait, which = self._take(charges, urgent=urgent)
            except StoreDown:
                self._without_redis(charges, urgent=urgent, writes=writes)
                return waited
            if wait <= 0:
                return waited
            if waited + wait > patience:
                key = charges[which - 1].key
                raise HeldBack(f"the limit of {key} is used up; asked again in {wait:.1f} s", code="limit", delay=timedelta(seconds=wait))
            nap = min(wait, _LONGEST_NAP_SECONDS)
            self._sleep(nap)
            waited += nap

    def _take(self, charges: Sequence[Charge], *, urgent: bool) -> tuple[float, int]:
        keys: list[str] = []
        arguments: list[str | int | float] = [1 if urgent else 0, milliseconds(_YIELD_FOR)]
        for charge in charges:
            limit = charge.limit
            window = f"window:{charge.key}:{limit.amount}/{limit.seconds:g}"
            keys += [window, f"{window}:reserve", *(f"{name}:{charge.key}" for name in ("closed", "yield", "gap", "next"))]
            arguments += [limit.shared, limit.reserve, limit.window_seconds, charge.cost]
        wait, which = self._store.run(_TAKE, keys, arguments)
        return int(wait) / 1000, int(which)

    def _without_redis(self, charges: Sequence[Charge], *, urgent: bool, writes: bool) -> None:
        if urgent:
            return
        if writes:
            raise HeldBack("Redis does not answer, and without it nobody counts: it waits", code="no-redis", delay=_WITHOUT_REDIS)
        for charge in charges:
            amount = max(1, charge.limit.shared // _READS_WITHOUT_REDIS)
            item = RateLimitItemPerSecond(amount, max(1, round(charge.limit.seconds)))
            if charge.limit.amount and not self._local.hit(item, charge.key, cost=min(charge.cost, amount)):
                raise HeldBack("Redis does not answer, and this process has read enough", code="no-redis", delay=_WITHOUT_REDIS)

    def close_key(self, key: str, delay: timedelta) -> None:
        """A platform said when it may be asked again: until then only urgent calls pass."""
        self._tell(key, closed=milliseconds(delay), between=-1)

    def observe(self, usages: Iterable[Usage]) -> None:
        """What a platform said of its usage: slower above 75 %, closed at 100 % or for as long as it says."""
        for usage in usages:
            closed, between = closed_for(usage), gap(usage.percent)
            # Nearly every answer says that there is plenty; only the first after a shortage is news.
            if not closed and not between and usage.key not in self._slowed:
                continue
            self._slowed = self._slowed | {usage.key} if between else self._slowed - {usage.key}
            self._tell(usage.key, closed=milliseconds(closed) if closed else 0, between=milliseconds(between) if between else 0)

    def _tell(self, key: str, *, closed: int, between: int) -> None:
        try:
            self._store.run(_TELL, [f"closed:{key}", f"gap:{key}", CLOSED], [closed, between, milliseconds(_USAGE_FOR)])
        except StoreDown:
            return  # then writes wait anyway
