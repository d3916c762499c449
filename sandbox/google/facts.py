"""Metrics of a query's rows, day by day from the market, split by what the query segments by."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sandbox import market
from sandbox.google.account import PLATFORM, Account
from sandbox.google.bodies import Body
from sandbox.google.gaql.dates import segment_values
from sandbox.google.gaql.schema import CONVERSION_SEGMENTS, CORE_DATE_SEGMENTS
from sandbox.google.resources import full_body
from sandbox.google.rows import Row
from sandbox.store import Transaction

_DATED = CORE_DATE_SEGMENTS | {"segments.day_of_week"}
_DEVICES = (("MOBILE", 62), ("DESKTOP", 33), ("TABLET", 5))
_NETWORKS = {"DISPLAY": "CONTENT", "PERFORMANCE_MAX": "MIXED"}
# An impression of a responsive search ad shows up to three headlines and two descriptions.
_SHOWN = {"HEADLINE": 3, "DESCRIPTION": 2}


@dataclass(frozen=True)
class Counts:
    """Sums of a row. Conversion value is in micros of the account's currency."""

    impressions: int = 0
    clicks: int = 0
    cost_micros: int = 0
    conversions: int = 0
    value_micros: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(self.parts, other.parts, strict=True)))

    @property
    def parts(self) -> tuple[int, int, int, int, int]:
        return (self.impressions, self.clicks, self.cost_micros, self.conversions, self.value_micros)

    @property
    def nothing(self) -> bool:
        return not any(self.parts)

    def share(self, weights: Sequence[int]) -> list["Counts"]:
        """Split by weight into whole numbers that sum exactly to this."""
        columns = [_spread(amount, weights) for amount in self.parts]
        return [Counts(*(column[index] for column in columns)) for index in range(len(weights))]

    def metrics(self) -> Body:
        """Every metric that the sandbox knows, by name; rates of nothing are 0."""
        value = self.value_micros / 1_000_000
        shared = {
            "conversions": float(self.conversions),
            "all_conversions": float(self.conversions),
            "conversions_value": value,
            "all_conversions_value": value,
            "value_per_conversion": _ratio(value, self.conversions),
            "value_per_all_conversions": _ratio(value, self.conversions),
        }
        return {
            **shared,
            "impressions": self.impressions,
            "clicks": self.clicks,
            "interactions": self.clicks,
            "cost_micros": self.cost_micros,
            "ctr": _ratio(self.clicks, self.impressions),
            "interaction_rate": _ratio(self.clicks, self.impressions),
            "average_cpc": _ratio(self.cost_micros, self.clicks),
            "average_cost": _ratio(self.cost_micros, self.clicks),
            "average_cpm": _ratio(self.cost_micros * 1000, self.impressions),
            "cost_per_conversion": _ratio(self.cost_micros, self.conversions),
            "cost_per_all_conversions": _ratio(self.cost_micros, self.conversions),
            "conversions_from_interactions_rate": _ratio(self.conversions, self.clicks),
            "all_conversions_from_interactions_rate": _ratio(self.conversions, self.clicks),
            "conversions_value_per_cost": _ratio(self.value_micros, self.cost_micros),
        }


# support.google.com/google-ads/answer/3123169: where nobody chose another.
_CLICK_DAYS = 30


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _spread(amount: int, weights: Sequence[int]) -> list[int]:
    total, running, before, out = sum(weights) or 1, 0, 0, []
    for weight in weights:
        running += weight
        edge = amount * running // total
        out.append(edge - before)
        before = edge
    return out


def _weight(*names: str) -> int:
    """A stable weight between 50 and 150 that depends on the names alone."""
    return 50 + int.from_bytes(hashlib.blake2b("/".join(names).encode(), digest_size=4).digest()) % 101


@dataclass
class Measure:
    """Facts of an account on some days, as visible now. Days of a campaign are simulated once per query."""

    tx: Transaction
    account: Account
    dates: list[dt.date]
    days: dict[str, dict[dt.date, market.CampaignDay]] = field(default_factory=dict)

    def split(self, row: Row, segments: Sequence[str]) -> Iterator[tuple[Body, Counts]]:
        """The row's counts for each combination of the segments, one combination with no values where there is none."""
        dated = [name for name in segments if name in _DATED]
        sums: dict[tuple[tuple[str, object], ...], Counts] = {}
        for day, counts in self._by_day(row):
            values = segment_values(day)
            key = tuple((name, values[name.removeprefix("segments.")]) for name in dated)
            sums[key] = sums.get(key, Counts()) + counts
        if not sums and not dated:
            sums[()] = Counts()
        for dates, total in sums.items():
            base: Body = {name.removeprefix("segments."): value for name, value in dates}
            yield from self._others(base, total, segments, row)

    def _others(self, base: Body, total: Counts, segments: Sequence[str], row: Row) -> Iterator[tuple[Body, Counts]]:
        parts = [(base, total)]
        if "segments.ad_network_type" in segments:
            parts = [({**values, "ad_network_type": self._network(row)}, counts) for values, counts in parts]
        if "segments.device" in segments:
            weights = [weight for _, weight in _DEVICES]
            parts = [
                ({**values, "device": device}, piece)
                for values, counts in parts
                for (device, _), piece in zip(_DEVICES, counts.share(weights), strict=True)
            ]
        if any(name in CONVERSION_SEGMENTS for name in segments):
            # The first action takes most: weights 1, 1/2, 1/3 and so on.
            weights = [5040 // (index + 1) for index in range(len(self.actions))]
            parts = [
                ({**values, **action}, piece)
                for values, counts in parts
                for action, piece in zip(self.actions, counts.share(weights), strict=True)
            ]
        yield from parts

    def _network(self, row: Row) -> str:
        """The network that a row's campaigns serve on; MIXED where there are several."""
        found = set()
        for key in row.campaigns:
            campaign = self.tx.get(PLATFORM, self.account.id, "campaign", key)
            found.add(_NETWORKS.get(campaign.body.get("advertising_channel_type", "") if campaign else "", "SEARCH"))
        return found.pop() if len(found) == 1 else "MIXED"

    @cached_property
    def click_days(self) -> int:
        """How long after a click something is credited to it: the longest window of the account's enabled actions."""
        found = (full_body(obj) for obj in self.tx.find(PLATFORM, self.account.id, "conversion_action"))
        enabled = [body.get("click_through_lookback_window_days") for body in found if body.get("status", "ENABLED") == "ENABLED"]
        return max((days or _CLICK_DAYS for days in enabled), default=_CLICK_DAYS)

    @cached_property
    def actions(self) -> list[Body]:
        """The account's enabled conversion actions as segment values."""
        found = [full_body(obj) for obj in self.tx.find(PLATFORM, self.account.id, "conversion_action")]
        return [
            {
                "conversion_action": body["resource_name"],
                "conversion_action_name": body["name"],
                "conversion_action_category": body.get("category", "DEFAULT"),
            }
            for body in found
            if body.get("status", "ENABLED") == "ENABLED"
        ]

    def _by_day(self, row: Row) -> Iterator[tuple[dt.date, Counts]]:
        for campaign in row.campaigns:
            for day, facts in self._campaign(campaign).items():
                counts = self._grain(row, campaign, facts)
                if not counts.nothing:
                    yield day, counts

    def _campaign(self, key: str) -> dict[dt.date, market.CampaignDay]:
        if key not in self.days:
            now = self.account.now.astimezone(dt.UTC)
            self.days[key] = market.days(self.tx, PLATFORM, self.account.id, key, self.dates, now)
        return self.days[key]

    def _grain(self, row: Row, campaign: str, day: market.CampaignDay) -> Counts:
        if not row.pieces:
            return self._given(*row.grain, day)
        total = Counts()
        for piece in row.pieces:
            if piece.campaign in ("", campaign):
                total += self._given(piece.kind, piece.key, day).share(piece.weights)[piece.place]
        return total

    def _given(self, kind: str, key: str, day: market.CampaignDay) -> Counts:
        match kind:
            case "campaign":
                return _counts(day.campaign, self.click_days)
            case "group":
                return _counts(day.groups.get(key), self.click_days)
            case "ad":
                return _counts(day.ads.get(key), self.click_days)
            case "keyword":
                return _counts(day.keywords.get(key), self.click_days)
            case _:
                return self._asset(key, day)

    def _asset(self, link: str, day: market.CampaignDay) -> Counts:
        """An asset's part: the ad's counts times the slots of its field, shared out, never above the ad's own."""
        ad, asset, field_type = link.split("~")
        whole = _counts(day.ads.get(ad), self.click_days)
        siblings = [asset for _, asset in self.links.get((ad, field_type), [])]
        weights = [_weight(ad, sibling) for sibling in siblings]
        slots = min(_SHOWN.get(field_type, 1), len(siblings))
        shown = Counts(*(amount * slots for amount in whole.parts)).share(weights)[siblings.index(asset)]
        return Counts(*(min(mine, most) for mine, most in zip(shown.parts, whole.parts, strict=True)))

    @cached_property
    def links(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """(ad, field type) to its (ad, asset) pairs in the ad's own order."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for link in self.tx.find(PLATFORM, self.account.id, "ad_asset", removed=None):
            ad, asset, field_type = link.id.split("~")
            found.setdefault((ad, field_type), []).append((ad, asset))
        return found


def _counts(facts: market.Facts | None, click_days: int) -> Counts:
    if facts is None:
        return Counts()
    conversions, value = facts.within(click_days=click_days)
    return Counts(facts.impressions, facts.clicks, facts.cost_micros, conversions, value)
