"""How much a caller may ask for: by the cost of what is asked, per user, per key or session, and per project, over all processes.

What one process may spend is leased in parts that grow with the demand, so that a busy caller's cached answers do not each ask Redis.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from api.threads import DATABASE
from zamc.throttling.buckets import Bucket, Taken

SECONDS = 60.0
PROJECT_TIMES = 5
_LEASE_SECONDS = 2.0
# Of a bucket, what one lease may be at most.
_LARGEST_LEASE = 50
_MOST_LEASES = 20_000


class Takes(Protocol):
    """zamc.throttling.buckets.Buckets, as far as it is needed here."""

    def take(self, buckets: list[Bucket], cost: int) -> Taken: ...


@dataclass
class _Lease:
    left: int
    size: int
    until: float
    taken: Taken


class Rates:
    """On one event loop. per_minute: of one user, and of each of their keys; a project has PROJECT_TIMES as much."""

    def __init__(self, buckets: Takes, per_minute: int) -> None:
        self._buckets = buckets
        self._per_minute = per_minute
        self._leases: OrderedDict[tuple[str, ...], _Lease] = OrderedDict()

    async def take(self, *, user_id: UUID, credential: str, project_id: UUID | None, cost: int) -> Taken:
        """Room for `cost`, or how long to wait for it."""
        buckets = self._named(user_id, credential, project_id)
        key, now = tuple(bucket.key for bucket in buckets), time.monotonic()
        lease = self._leases.get(key)
        if lease is not None and lease.until > now and lease.left >= cost:
            lease.left -= cost
            return Taken(0.0, lease.taken.left + lease.left, lease.taken.reset_seconds)
        # Spent before its time: ask for more at once. Otherwise for this alone, since what is left of a lease is lost.
        busy = lease is not None and lease.until > now
        size = min(lease.size * 4, self._per_minute // _LARGEST_LEASE) if busy and lease is not None else cost
        size = max(size, cost)
        taken = await self._ask(buckets, size)
        if not taken.allowed and size > cost:
            size, taken = cost, await self._ask(buckets, cost)
        if taken.allowed:
            self._leases[key] = _Lease(size - cost, size, now + _LEASE_SECONDS, taken)
            self._leases.move_to_end(key)
            while len(self._leases) > _MOST_LEASES:
                self._leases.popitem(last=False)
        return taken

    async def _ask(self, buckets: list[Bucket], cost: int) -> Taken:
        return await asyncio.get_running_loop().run_in_executor(DATABASE, self._buckets.take, buckets, cost)

    def _named(self, user_id: UUID, credential: str, project_id: UUID | None) -> list[Bucket]:
        mine = [Bucket(f"user:{user_id}", self._per_minute, SECONDS), Bucket(f"credential:{credential}", self._per_minute, SECONDS)]
        if project_id is not None:
            mine.append(Bucket(f"project:{project_id}", self._per_minute * PROJECT_TIMES, SECONDS))
        return mine

    def headers(self, taken: Taken) -> Mapping[str, str]:
        """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), in units of cost; Retry-After when there is no room."""
        found = {
            "ratelimit-policy": f'"cost";q={self._per_minute};w={SECONDS:.0f}',
            "ratelimit": f'"cost";r={max(0, taken.left)};t={-(-taken.reset_seconds // 1):.0f}',
        }
        if not taken.allowed:
            found["retry-after"] = f"{-(-taken.wait_seconds // 1):.0f}"
        return found
