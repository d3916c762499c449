"""What is held back right now, for whoever watches: breakers that are open and limits that a platform has closed, counted by platform.

The scripts of breaker and limiter keep a list of each, by the time until which it lasts, so that nobody has to look through all keys.
"""

from collections import Counter
from collections.abc import Mapping

from zamc.throttling.store import Store, StoreDown

OPEN, CLOSED = "breaker:all-open", "all-closed"
_MOST_COUNTED = 10_000
# KEYS: a list. ARGV: most. What has ended is forgotten on the way.
_HELD = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZRANGE', KEYS[1], 0, ARGV[1])
"""


def held_back(store: Store, what: str) -> Mapping[str, int] | None:
    """How many by platform or provider of OPEN or CLOSED; None when Redis does not answer."""
    try:
        found = store.run(_HELD, [what], [_MOST_COUNTED - 1])
    except StoreDown:
        return None
    return Counter(platform_of(each.decode() if isinstance(each, bytes) else str(each)) for each in found)


def platform_of(key: str) -> str:
    """Of a key such as "zamc:{throttling}:breaker:open:google_ads:123", or "...:closed:llm:openai:4f0c"."""
    name = key.partition(":open:")[2] or key.partition(":closed:")[2]
    first, _, rest = name.partition(":")
    return rest.partition(":")[0] if first == "llm" else first
