"""A shared gate as the Meta client wants it: what stands around each request, and what hears its answers' usage headers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

from zamc.platforms.meta_ads.client import Around
from zamc.platforms.meta_ads.usage import Entry, Observer, Source, Usage
from zamc.throttling import rules
from zamc.throttling.gate import Gate
from zamc.throttling.quotas import MetaQuotas


def around(gate: Gate) -> Around:
    """Every request passes the breaker of its account and takes its room."""

    def stand(account: str, kind: str, calls: int) -> AbstractContextManager[float]:
        return gate.call(account, rules.Kind(kind), cost=calls)

    return stand


def observer(gate: Gate, quotas: MetaQuotas) -> Observer:
    """Every entry of every header counts for whoever shares what it speaks of."""

    def hear(account: str, usage: Usage) -> None:
        gate.observe(usages(quotas, account, usage))

    return hear


def usages(quotas: MetaQuotas, account: str, usage: Usage) -> Iterator[rules.Usage]:
    """Entries by the keys that they speak of: the app, the account, or one business use case of it."""
    for entry in usage.entries:
        yield rules.Usage(_key(quotas, account, entry), entry.percent, entry.regain)


def _key(quotas: MetaQuotas, account: str, entry: Entry) -> str:
    if entry.source is Source.APP or not account:
        return quotas.developer()
    return quotas.use_case(account, entry.use) if entry.use else quotas.account(account)
