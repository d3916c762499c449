"""How much somebody may still ask for: buckets that fill up steadily, shared by all processes, and leased to one of them in small parts.

The generic cell rate algorithm keeps one time per bucket: when it will be full again. A request of `cost` moves it on by as long as that
much takes to fill, unless it would then be further away than one whole period. Times are the server's.
"""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from zamc.throttling.store import Store, StoreDown

# KEYS: buckets. ARGV: per bucket size, seconds to fill, cost. Answer: milliseconds to wait (0: taken), what is left of the scarcest
# bucket in units, and milliseconds until that one is full.
_TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + tonumber(clock[2]) / 1000
local wait, times = 0, {}
for i = 1, #KEYS do
    local size, period, cost = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]) * 1000, tonumber(ARGV[3 * i])
    local full = math.max(now, tonumber(redis.call('GET', KEYS[i]) or '0'))
    times[i] = full + math.min(cost, size) * period / size
    wait = math.max(wait, times[i] - period - now)
end
local left, reset, share = 0, 0, 2
for i = 1, #KEYS do
    local size, period = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]) * 1000
    local full = times[i]
    if wait > 0 then
        full = math.max(now, tonumber(redis.call('GET', KEYS[i]) or '0'))
    else
        redis.call('SET', KEYS[i], string.format('%.3f', full), 'PX', math.ceil(full - now) + 1)
    end
    local free = 1 - (full - now) / period
    if free < share then share, left, reset = free, math.floor(free * size), math.ceil(full - now) end
end
return {math.ceil(wait), left, reset}
"""
# Without Redis nobody counts for all processes: each lets this share of a bucket pass.
SHARE_WITHOUT_REDIS = 8
_MOST_LOCAL = 10_000


@dataclass(frozen=True)
class Bucket:
    """At most `size` units at once, filled again in `seconds`."""

    key: str
    size: int
    seconds: float


@dataclass(frozen=True)
class Taken:
    """Whether there was room. wait_seconds: until there is, 0 when there was. left, reset_seconds: of the scarcest bucket."""

    wait_seconds: float
    left: int
    reset_seconds: float

    @property
    def allowed(self) -> bool:
        return self.wait_seconds <= 0


def question(buckets: Sequence[Bucket], cost: int) -> tuple[str, list[str], list[int | float]]:
    """What the server is asked: a script, keys without the store's prefix, and arguments."""
    return _TAKE, [f"bucket:{bucket.key}" for bucket in buckets], [value for each in buckets for value in (each.size, each.seconds, cost)]


def taken(answer: Sequence[int]) -> Taken:
    """What the server's answer means."""
    wait, left, reset = answer
    return Taken(int(wait) / 1000, int(left), int(reset) / 1000)


class Buckets:
    """Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._alone = BucketsAlone()

    def take(self, buckets: Sequence[Bucket], cost: int) -> Taken:
        """From all of them or from none. A cost above a bucket's size is taken for its size. Without Redis see SHARE_WITHOUT_REDIS."""
        try:
            return taken(self._store.run(*question(buckets, cost)))
        except StoreDown:
            return self._alone.take(buckets, cost)


class BucketsAlone:
    """One process without the server."""

    def __init__(self) -> None:
        self._local: OrderedDict[str, float] = OrderedDict()

    def take(self, buckets: Sequence[Bucket], cost: int) -> Taken:
        """As Buckets.take, from SHARE_WITHOUT_REDIS of each bucket."""
        now, times, wait = time.monotonic(), {}, 0.0
        scarcest = Taken(0.0, buckets[0].size, 0.0)
        for bucket in buckets:
            size = max(1, bucket.size // SHARE_WITHOUT_REDIS)
            before = max(now, self._local.get(bucket.key, 0.0))
            full = before + min(cost, size) * bucket.seconds / size
            wait, times[bucket.key] = max(wait, full - bucket.seconds - now), full
            left = int((1 - (full - now) / bucket.seconds) * size)
            if left < scarcest.left:
                scarcest = Taken(0.0, max(0, left), full - now)
        if wait > 0:
            return Taken(wait, 0, wait)
        for key, full in times.items():
            self._local[key] = full
            self._local.move_to_end(key)
        while len(self._local) > _MOST_LOCAL:
            self._local.popitem(last=False)
        return scarcest
