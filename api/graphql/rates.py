"""How much a caller may ask for: by the cost of what is asked, per user, per key or session, and per project, over all processes.

What one process may spend is leased in parts that grow with the demand, so that a busy caller's cached answers do not each ask Redis.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol
from uuid import UUID

from api.resp import Said
from api.valkey import Valkey, ValkeyDown
from zamc.throttling.buckets import Bucket, BucketsAlone, Taken, question, taken
from zamc.throttling.store import PREFIX

SECONDS = 60.0
# Parsing and checking a document that is not known yet; an answer that is kept.
UNKNOWN_COST = 200
KEPT_COST = 1
PROJECT_TIMES = 5
_LEASE_SECONDS = 10.0
# Of a bucket, what one lease may be at most.
_LARGEST_LEASE = 50
_SMALLEST_LEASE = 2_000
_MOST_LEASES = 20_000


class Takes(Protocol):
    """SharedBuckets, as far as it is needed here."""

    async def take(self, buckets: Sequence[Bucket], cost: int) -> Taken: ...


class SharedBuckets:
    """zamc.throttling.buckets on an event loop: the same buckets, asked for without a thread."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey, self._alone = valkey, BucketsAlone()

    async def take(self, buckets: Sequence[Bucket], cost: int) -> Taken:
        """See Buckets.take."""
        script, keys, arguments = question(buckets, cost)
        try:
            return taken(await self._valkey.run(script, [PREFIX + key for key in keys], arguments))
        except (ValkeyDown, Said):
            return self._alone.take(buckets, cost)


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
        self._policy = f'"cost";q={per_minute};w={SECONDS:.0f}'

    async def take(self, *, user_id: UUID, credential: str, project_id: UUID | None, cost: int) -> Taken:
        """Room for `cost`, or how long to wait for it."""
        key, now = self.lease_of(user_id=user_id, credential=credential, project_id=project_id), time.monotonic()
        spent = self.spend(key, cost)
        if spent is not None:
            return spent
        buckets, lease = self._named(user_id, credential, project_id), self._leases.get(key)
        # Spent before its time: ask for more at once. Otherwise for little, since what is left of a lease is lost.
        busy = lease is not None and lease.until > now
        size = min(lease.size * 4, self._per_minute // _LARGEST_LEASE) if busy and lease is not None else 0
        size = max(size, cost + self._per_minute // _SMALLEST_LEASE)
        found = await self._buckets.take(buckets, size)
        if not found.allowed and size > cost:
            size, found = cost, await self._buckets.take(buckets, cost)
        if found.allowed:
            self._leases[key] = _Lease(size - cost, size, now + _LEASE_SECONDS, found)
            self._leases.move_to_end(key)
            while len(self._leases) > _MOST_LEASES:
                self._leases.popitem(last=False)
        return found

    async def take_urgent(self, *, user_id: UUID, cost: int) -> Taken:
        """From what a user has for stopping spending alone, a quarter of what they have for everything."""
        return await self._buckets.take([Bucket(f"urgent:{user_id}", self._per_minute // 4, SECONDS)], cost)

    def lease_of(self, *, user_id: UUID, credential: str, project_id: UUID | None) -> tuple[str, ...]:
        """Under what name a lease is known, for spend()."""
        mine = (f"user:{user_id}", f"credential:{credential}")
        return mine if project_id is None else (*mine, f"project:{project_id}")

    def spend(self, lease_of: tuple[str, ...], cost: int) -> Taken | None:
        """From what was leased before, without asking anybody; None when that does not do."""
        lease = self._leases.get(lease_of)
        if lease is None or lease.left < cost or lease.until <= time.monotonic():
            return None
        lease.left -= cost
        return Taken(0.0, lease.taken.left + lease.left, lease.taken.reset_seconds)

    def _named(self, user_id: UUID, credential: str, project_id: UUID | None) -> list[Bucket]:
        mine = [Bucket(f"user:{user_id}", self._per_minute, SECONDS), Bucket(f"credential:{credential}", self._per_minute, SECONDS)]
        if project_id is not None:
            mine.append(Bucket(f"project:{project_id}", self._per_minute * PROJECT_TIMES, SECONDS))
        return mine

    def headers(self, taken: Taken) -> Mapping[str, str]:
        """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), in units of cost; Retry-After when there is no room."""
        found = {"ratelimit-policy": self._policy, "ratelimit": _left(taken)}
        if not taken.allowed:
            found["retry-after"] = f"{-(-taken.wait_seconds // 1):.0f}"
        return found

    @property
    def policy(self) -> str:
        """What RateLimit-Policy says."""
        return self._policy

    @staticmethod
    def left(taken: Taken) -> bytes:
        """What RateLimit says of what was allowed."""
        return _left(taken).encode()


def _left(taken: Taken) -> str:
    return f'"cost";r={max(0, taken.left)};t={ceil(taken.reset_seconds)}'
