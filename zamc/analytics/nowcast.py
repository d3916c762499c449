"""Late conversions: curves and nowcasts of each account, from what is known now. One transaction per account; nothing is overwritten."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from zamc.analytics import nowcast_repository as repository
from zamc.analytics.nowcast_inputs import Inputs, known_at
from zamc.analytics.repository import lock_account
from zamc.analytics.rules import DEFAULT_WINDOW, Grain
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.steps import Outcome

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from zamc.analytics.completeness_rules import Curve, Floats
    from zamc.analytics.nowcast_tables import Nowcast

_FOUR, _SIX = Decimal("0.0001"), Decimal("0.000001")
# A nowcast that says nearly the same is not written again: neither by so many conversions nor by such a share.
_SAME_CONVERSIONS, _SAME_SHARE = Decimal("0.05"), Decimal("0.01")
_SAME_CURVE = Decimal("0.001")


class NowcastService:
    """Learns how late conversions come, and says how many are still to come."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def refresh(self, account_ids: Sequence[UUID] | None = None) -> Outcome:
        """Learn and nowcast every account in use that was ever read, or those named.

        counts: done (accounts), curves and nowcasts (written because they changed). Safe to repeat and to run twice at once.
        """
        outcome = Outcome()
        with self._database.transaction() as session:
            found = repository.accounts(session, account_ids=account_ids)
        for account_id in found:
            with self._database.transaction() as session:
                lock_account(session, account_id)
                inputs = known_at(session, account_id, at=self._clock.business_now())
                as_of = _after(repository.newest_stamp(session, account_id), inputs.at)
                curves = _changed_curves(session, inputs, as_of)
                nowcasts = _changed_nowcasts(session, inputs, as_of)
                repository.add_curves(session, curves)
                repository.add_nowcasts(session, nowcasts)
            outcome.counts["done"] += 1
            outcome.counts["curves"] += len({(row["action"], row["attribution_window"]) for row in curves})
            outcome.counts["nowcasts"] += len(nowcasts)
        return outcome


def _after(newest: datetime | None, now: datetime) -> datetime:
    """A clock that stands still must not hide what was learned last."""
    return now if newest is None or now > newest else newest + timedelta(microseconds=1)


def _changed_curves(session: "Session", inputs: Inputs, as_of: datetime) -> list[dict[str, Any]]:
    known = repository.newest_curves(session, inputs.account_id)
    rows: list[dict[str, Any]] = []
    for (action, window), curve in inputs.curves.items():
        shares = [Decimal(str(share)).quantize(_FOUR) for share in curve.mean_shares()]
        before = known.get((action, window), [])
        if len(before) == len(shares) and all(abs(new - old) < _SAME_CURVE for new, old in zip(shares, before, strict=True)):
            continue
        about = {
            "ad_account_id": inputs.account_id,
            "platform": inputs.platform,
            "action": action,
            "attribution_window": window,
            "as_of": as_of,
        }
        own, learned = Decimal(str(curve.own)).quantize(_FOUR), Decimal(str(curve.conversions)).quantize(_SIX)
        errors = curve.errors()
        rows += [
            {**about, "day_age": age, "share": share, "error": _error(errors[age], share), "own": own,
             "conversions": learned}
            for age, share in enumerate(shares)
        ]  # fmt: skip
    return rows


def _error(of_logarithm: float, share: Decimal) -> Decimal:
    return min(Decimal(str(of_logarithm)) * share, Decimal(1)).quantize(_FOUR)


def _changed_nowcasts(session: "Session", inputs: Inputs, as_of: datetime) -> list[dict[str, Any]]:
    """Days older than the longest window were written when their window ended; nothing of them changes unless a platform revises them."""
    before = repository.newest_nowcasts(session, inputs.account_id, first_day=min(inputs.last_read, default=inputs.today))
    fresh = (row for grain in (Grain.CAMPAIGN, Grain.ACCOUNT) for row in nowcasts_of(inputs, grain))
    return [
        {**row, "ad_account_id": inputs.account_id, "as_of": as_of}
        for row in fresh
        if _differs(row, before.get((row["grain"], row["object_id"], row["date"], row["action"])))
    ]


def _differs(row: dict[str, Any], before: "Nowcast | None") -> bool:
    if before is None:
        return bool(row["reported"] or row["high"] > _SAME_CONVERSIONS)
    if (row["reported"], row["settled"], row["deployment_id"]) != (before.reported, before.settled, before.deployment_id):
        return True
    old, new = before.conversions, row["conversions"]
    return bool(abs(new - old) > max(_SAME_CONVERSIONS, _SAME_SHARE * old))


def nowcasts_of(inputs: Inputs, grain: Grain) -> Iterator[dict[str, Any]]:
    """Nowcasts of the closed days of all objects of a grain (campaigns or the account), by counted action.

    Keys: grain, object_id, date, action, deployment_id, reported, conversions, low, high, completeness, settled.
    """
    import numpy as np

    from zamc.analytics.nowcast_rules import nowcast, shares_of

    facts = [fact for fact in inputs.facts if fact.grain == grain and fact.day < inputs.today and fact.day in inputs.last_read]
    counts: defaultdict[str, dict[tuple[str, date], Decimal]] = defaultdict(dict)
    for each in inputs.conversions:
        if each.grain == grain:
            counts[each.action][each.object_id, each.day] = each.conversions
    days, objects = sorted({fact.day for fact in facts}), sorted({fact.object_id for fact in facts})
    column, line = {day: n for n, day in enumerate(days)}, {object_id: n for n, object_id in enumerate(objects)}
    clicks = np.zeros((len(objects), len(days)))
    for fact in facts:
        clicks[line[fact.object_id], column[fact.day]] = fact.clicks
    read_at = np.array([(inputs.last_read[day] - day).days for day in days], dtype=np.int64)
    weekdays = np.array([day.weekday() for day in days], dtype=np.int64)
    ago = np.array([(inputs.today - day).days for day in days], dtype=np.int64)
    for action, reported in sorted(counts.items()):
        curve = _curve(inputs, action)
        if curve is None:
            continue
        known = np.zeros_like(clicks)
        for (object_id, day), conversions in reported.items():
            if object_id in line and day in column:
                known[line[object_id], column[day]] = float(conversions)
        found = nowcast(
            known, clicks, shares_of(curve, ages=read_at, weekdays=weekdays), days_ago=ago, of_campaigns=grain is Grain.CAMPAIGN
        )
        for fact in facts:
            at = line[fact.object_id], column[fact.day]
            yield {
                "grain": grain, "object_id": fact.object_id, "date": fact.day, "action": action, "deployment_id": fact.deployment_id,
                "reported": reported.get((fact.object_id, fact.day), Decimal(0)), "conversions": _decimal(found.conversions, at),
                "low": _decimal(found.low, at), "high": _decimal(found.high, at),
                "completeness": Decimal(str(found.completeness[at])).quantize(_FOUR), "settled": bool(found.settled[at]),
            }  # fmt: skip


def _curve(inputs: Inputs, action: str) -> "Curve | None":
    """Counted conversions come in the account's own window."""
    return inputs.curves.get((action, DEFAULT_WINDOW))


def _decimal(values: "Floats", at: tuple[int, int]) -> Decimal:
    return Decimal(str(values[at])).quantize(_SIX)
