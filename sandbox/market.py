"""The simulated ad market, as both platforms ask it: the facts of one campaign on one day.

`day(tx, "google", "1234567890", campaign_id, date(2027, 3, 1), clock.now())` reads what was live from the store's history
and returns what is visible of that day at `now`. The answer depends on the store's seed, ids and dates alone.
"""

from datetime import date, datetime
from typing import Final

from sandbox import live
from sandbox.delivery import deliver
from sandbox.economy import Bucket, CampaignDay, Facts, minor_unit_micros, total
from sandbox.store import Store, Transaction

__all__ = ["Bucket", "CampaignDay", "Facts", "day", "days", "minor_unit_micros", "set_seed", "total"]

SEED: Final = "seed"


def set_seed(store: Store, seed: int | None) -> int:
    """Keep the seed of a new store; a store that has one keeps it, or all of its past would change."""
    with store.transaction() as tx:
        kept = tx.setting(SEED)
        if kept is None:
            tx.set_setting(SEED, str(seed or 0))
        return int(kept or seed or 0)


def days(  # noqa: PLR0917 -- who, what, when: the same order as in every call
    tx: Transaction, platform: str, account: str, campaign_id: str, dates: list[date], now: datetime
) -> dict[date, CampaignDay]:
    """Several days of one campaign; dates are the account's, `now` is UTC. A campaign nobody knows earned nothing."""
    known = live.campaign(tx, platform, account, campaign_id)
    seed = int(tx.setting(SEED) or 0)
    if known is None or not known.pools:
        return dict.fromkeys(dates, CampaignDay())
    return {when: deliver(known, when, now, seed=seed) for when in dates}


def day(  # noqa: PLR0917 -- who, what, when: the same order as in every call
    tx: Transaction, platform: str, account: str, campaign_id: str, when: date, now: datetime
) -> CampaignDay:
    return days(tx, platform, account, campaign_id, [when], now)[when]
