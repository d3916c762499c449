"""What platforms document about their limits, by access level, as charges of one call. Pure.

Google Ads: developers.google.com/google-ads/api/docs/best-practices/quotas and /docs/access-levels: operations a day per developer token;
each mutated item is one, a search is one whatever its rows. Its rates per second (token buckets per customer and per token) are not
published: they are followed by the delays that its refusals name.
Meta: developers.facebook.com/docs/marketing-api/overview/rate-limiting: a score per ad account (a read 1, a write 3) over 300 seconds,
calls per hour by business use case, about 100 writes a second. What an account's active ads add to the hour is left as room for others.
"""

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from zamc.throttling.rules import Charge, Kind, Limit, with_reserve

# The access level under which nothing is counted here and only the platform's own words hold calls back.
UNCOUNTED = "none"
_DAY, _HOUR = 86_400, 3_600
GOOGLE_OPERATIONS_A_DAY: Mapping[str, int] = MappingProxyType({"explorer": 2_880, "test": 15_000, "basic": 15_000, "standard": 0})
# Score in 300 s, then calls an hour of ads_management and of ads_insights.
META_TIERS: Mapping[str, tuple[int, int, int]] = MappingProxyType({"development": (60, 300, 600), "standard": (9_000, 100_000, 190_000)})
META_WRITES_A_SECOND = 100
_READ_POINTS, _WRITE_POINTS = 1, 3


class Quotas(Protocol):
    """The limits of one platform for one developer token or app. Keys hold no secret."""

    @property
    def platform(self) -> str: ...

    def developer(self) -> str:
        """The key of what everything with this token or app shares."""
        ...

    def account(self, account: str) -> str:
        """The key of an ad account."""
        ...

    def kind(self, account: str, kind: Kind) -> str:
        """The key of an account's calls of one kind."""
        ...

    def charges(self, account: str, kind: Kind, cost: int) -> Sequence[Charge]:
        """What one call takes. account may be empty; cost: items that it changes, 1 for a read."""
        ...


class GoogleQuotas:
    """Per developer token and customer. level: explorer, test, basic, standard or none."""

    platform = "google_ads"

    def __init__(self, *, developer_token: str, level: str) -> None:
        self._token = fingerprint(developer_token)
        operations = GOOGLE_OPERATIONS_A_DAY.get(level, 0)
        self._operations = with_reserve(operations, _DAY, at_least=200) if operations else None

    def developer(self) -> str:
        return f"google_ads:token:{self._token}"

    def account(self, account: str) -> str:
        return f"google_ads:{account}"

    def kind(self, account: str, kind: Kind) -> str:
        return f"google_ads:{account}:{'mutate' if kind is Kind.MUTATE else 'search'}"

    def charges(self, account: str, kind: Kind, cost: int) -> list[Charge]:
        shared = [Charge(self.developer())]
        if self._operations is not None:
            shared.append(Charge(f"{self.developer()}:operations", self._operations, cost))
        return [*shared, Charge(self.account(account)), Charge(self.kind(account, kind))] if account else shared


class MetaQuotas:
    """Per app and ad account. app: its id or a fingerprint; tier: development, standard or none; writes: a second, of one account."""

    platform = "meta_ads"

    def __init__(self, *, app: str, tier: str, writes: int = META_WRITES_A_SECOND) -> None:
        self._app = app
        self._score: Limit | None = None
        self._hourly: Mapping[bool, Limit] = {}
        self._writes: Limit | None = None
        if tier in META_TIERS:
            score, management, insights = META_TIERS[tier]
            self._score = with_reserve(score, 300, at_least=12)
            self._hourly = {True: with_reserve(insights, _HOUR, at_least=10), False: with_reserve(management, _HOUR, at_least=30)}
            self._writes = with_reserve(writes, 1, at_least=max(1, writes // 10))

    def developer(self) -> str:
        return f"meta_ads:app:{self._app}"

    def account(self, account: str) -> str:
        return f"meta_ads:{account}"

    def kind(self, account: str, kind: Kind) -> str:
        return self.use_case(account, "ads_insights" if kind is Kind.INSIGHTS else "ads_management")

    def use_case(self, account: str, name: str) -> str:
        """The key of a business use case as the header X-Business-Use-Case-Usage names it."""
        return f"meta_ads:{account}:{name}"

    def charges(self, account: str, kind: Kind, cost: int) -> list[Charge]:
        shared = [Charge(self.developer())]
        if not account:
            return shared
        own = [Charge(self.account(account), *self._counted(self._score, cost * (_WRITE_POINTS if kind is Kind.MUTATE else _READ_POINTS)))]
        own.append(Charge(self.kind(account, kind), *self._counted(self._hourly.get(kind is Kind.INSIGHTS), cost)))
        if kind is Kind.MUTATE and self._writes is not None:
            own.append(Charge(f"{self.account(account)}:writes", self._writes, cost))
        return [*shared, *own]

    @staticmethod
    def _counted(limit: Limit | None, cost: int) -> tuple[Limit, int] | tuple[()]:
        return () if limit is None else (limit, cost)


def fingerprint(secret: str) -> str:
    """Tells two tokens apart and does not tell what they are."""
    return hashlib.sha256(b"zamc.throttling:" + secret.encode()).hexdigest()[:12]
