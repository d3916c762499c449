"""A shared gate as the Meta client wants it: what stands around each request, and what hears its answers' usage headers."""

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


def usages(quotas: MetaQuotas, account: str, usage: Usage) -> list[rules.Usage]:
    """What the entries say, by the keys that they speak of: the app, an account, or one business use case of it.

    Of several that speak of one key (two headers, two lines of a list) the worst counts. What is said of another ad account counts there.
    """
    several = len({entry.subject for entry in usage.entries if entry.source is Source.BUSINESS}) > 1
    worst: dict[str, rules.Usage] = {}
    for entry in usage.entries:
        key = _key(quotas, account, entry, several=several)
        before = worst.get(key, rules.Usage(key, 0.0))
        regain = max((each for each in (before.regain, entry.regain) if each is not None), default=None)
        worst[key] = rules.Usage(key, max(before.percent, entry.percent), regain)
    return list(worst.values())


def _key(quotas: MetaQuotas, account: str, entry: Entry, *, several: bool) -> str:
    if entry.source is Source.BUSINESS and several:
        # A lone subject may be the business that the account belongs to; of several, each is an account by its number.
        account = f"act_{entry.subject.removeprefix('act_')}"
    if entry.source is Source.APP or not account:
        return quotas.developer()
    return quotas.use_case(account, entry.use) if entry.use else quotas.account(account)
