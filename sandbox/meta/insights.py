"""Insights: rows of what the market gave, as text, at the grain that was asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox import market
from sandbox.economy import DECIMALS, MICROS, minor_unit_micros
from sandbox.market import CampaignDay, Facts
from sandbox.meta import split
from sandbox.meta.actions import actions_of
from sandbox.meta.errors import param
from sandbox.meta.filters import passes
from sandbox.meta.insights_query import LEVELS, Query, Span
from sandbox.meta.nodes import value_of
from sandbox.meta.status import effective_status
from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj

ADDITIVE: Final = ("impressions", "clicks", "inline_link_clicks", "spend")
HIDDEN: Final = ("DELETED", "ARCHIVED")


@dataclass(frozen=True)
class Cell:
    """Facts of one object (None: of the account) in one span, with the event its conversions are."""

    obj: Obj | None
    span: Span
    facts: Facts
    events: tuple[tuple[str | None, Facts], ...]
    breakdown: tuple[tuple[str, str], ...] = ()


def rows(view: View, node: Obj, query: Query) -> list[dict[str, Any]]:
    """The rows of the answer, without those that have no impressions."""
    account = view.account(node)
    cells: list[Cell] = []
    campaigns = _campaigns(view, node)
    days = sorted({d for span in query.spans for d in span.days if d <= _today(view, account)})
    facts = {c.id: market.days(view.tx, PLATFORM, account.id, c.id, days, view.now) for c in campaigns} if days else {}
    for span in query.spans:
        cells += _cells(view, node, query.level, span, campaigns=campaigns, facts=facts)
    wide = [part for cell in cells for part in _broken(cell, query.breakdowns, minor_unit_micros(str(account.body["currency"])))]
    made = [(cell, _row(view, account, cell, query)) for cell in wide if cell.facts.impressions]
    chosen = [row for cell, row in made if _passes(view, account, cell, query)]
    return _sorted(chosen, query.sort)


def _today(view: View, account: Obj) -> date:
    return view.now.astimezone(ZoneInfo(str(account.body["timezone_name"]))).date()


def _campaigns(view: View, node: Obj) -> list[Obj]:
    if node.kind == "adaccount":
        return view.tx.find(PLATFORM, node.account, "campaign", removed=None)
    key = node.id if node.kind == "campaign" else str(node.body["campaign_id"])
    found = view.get(node.account, "campaign", key)
    return [found] if found else []


def event_of(adset: Obj | None) -> str | None:
    """The conversion event that an ad set is optimised for."""
    promoted = (adset.body.get("promoted_object") or {}) if adset else {}
    return str(promoted["custom_event_type"]) if promoted.get("custom_event_type") else None


def _sum(parts: Iterable[Facts]) -> Facts:
    return market.total(list(parts))


def _minus(whole: Facts, parts: Facts) -> Facts:
    """What no ad set is credited with; buckets are subtracted too."""
    have = {(b.lag_days, b.view): b for b in parts.conversions_by_lag}
    left = []
    for bucket in whole.conversions_by_lag:
        other = have.get((bucket.lag_days, bucket.view))
        count = bucket.conversions - (other.conversions if other else 0)
        if count:
            left.append(bucket._replace(conversions=count, value_micros=bucket.value_micros - (other.value_micros if other else 0)))
    return replace(
        whole,
        impressions=whole.impressions - parts.impressions,
        clicks=whole.clicks - parts.clicks,
        other_clicks=whole.other_clicks - parts.other_clicks,
        cost_micros=whole.cost_micros - parts.cost_micros,
        conversions=whole.conversions - parts.conversions,
        conversion_value_micros=whole.conversion_value_micros - parts.conversion_value_micros,
        conversions_by_lag=tuple(left),
    )


def _events(view: View, campaign: Obj, days: Iterable[CampaignDay]) -> tuple[tuple[str | None, Facts], ...]:
    """Facts of a campaign by event; what is not attributed goes with the event of its first ad set."""
    sets = view.tx.find(PLATFORM, campaign.account, "adset", parent=campaign.id, removed=None)
    kept = list(days)
    parts: list[tuple[str | None, Facts]] = [(event_of(s), _sum(d.groups[s.id] for d in kept if s.id in d.groups)) for s in sets]
    rest = _minus(_sum(d.campaign for d in kept), _sum(p for _, p in parts))
    return (*parts, (event_of(sets[0]) if sets else None, rest))


def _cells(
    view: View, node: Obj, level: str, span: Span, *, campaigns: list[Obj], facts: Mapping[str, Mapping[date, CampaignDay]]
) -> list[Cell]:
    def days(campaign: Obj) -> list[CampaignDay]:
        found = facts.get(campaign.id, {})
        return [found[when] for when in span.days if when in found and found[when].campaign.impressions]

    if level in ("account", "campaign"):
        by = [(c, _sum(d.campaign for d in days(c)), _events(view, c, days(c))) for c in campaigns]
        if level == "account":
            return [Cell(None, span, _sum(f for _, f, _ in by), tuple(e for _, _, events in by for e in events))]
        return [Cell(c, span, f, events) for c, f, events in by]
    cells = []
    for campaign in campaigns:
        kept = days(campaign)
        for adset in view.tx.find(PLATFORM, campaign.account, "adset", parent=campaign.id, removed=None):
            if (node.kind == "adset" and adset.id != node.id) or (node.kind == "ad" and adset.id != node.parent):
                continue
            ads = view.tx.find(PLATFORM, campaign.account, "ad", parent=adset.id, removed=None) if level == "ad" else []
            for obj in [a for a in ads if node.kind != "ad" or a.id == node.id] if level == "ad" else [adset]:
                found = _sum([f for d in kept if (f := (d.ads if level == "ad" else d.groups).get(obj.id))])
                cells.append(Cell(obj, span, found, ((event_of(adset), found),)))
    return cells


def _broken(cell: Cell, breakdowns: tuple[str, ...], unit: int) -> list[Cell]:
    if not breakdowns:
        return [cell]
    key = cell.obj.id if cell.obj else "account"
    shares = split.shares(breakdowns, key)
    facts = split.facts(cell.facts, shares, unit_micros=unit)
    events = [[(event, part) for part in split.facts(given, shares, unit_micros=unit)] for event, given in cell.events]
    return [
        replace(cell, facts=facts[n], events=tuple(parts[n] for parts in events), breakdown=share.values) for n, share in enumerate(shares)
    ]


def _lineage(view: View, obj: Obj | None) -> dict[str, Obj]:
    if obj is None:
        return {}
    found = {obj.kind: obj}
    for kind, key in (("adset", "adset_id"), ("campaign", "campaign_id")):
        if kind not in found and obj.body.get(key):
            parent = view.get(obj.account, kind, str(obj.body[key]))
            if parent:
                found[kind] = parent
    return found


def money(micros: int, currency: str) -> str:
    """Spend as text: "12.34" EUR, "1234" JPY; exact."""
    decimals = DECIMALS.get(currency, 2)
    units, rest = divmod(micros * 10**decimals // MICROS, 10**decimals)
    return f"{units}.{rest:0{decimals}d}" if decimals else str(units)


def ratio(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _row(view: View, account: Obj, cell: Cell, query: Query) -> dict[str, Any]:
    facts, currency = cell.facts, str(account.body["currency"])
    line = _lineage(view, cell.obj)
    clicks, cost = facts.clicks + facts.other_clicks, facts.cost_micros / MICROS
    reach = -(-facts.impressions * 78 // 100)
    known: dict[str, Any] = {
        "account_id": account.id.removeprefix("act_"), "account_name": account.name, "account_currency": currency,
        "impressions": str(facts.impressions), "clicks": str(clicks), "spend": money(facts.cost_micros, currency),
        "inline_link_clicks": str(facts.clicks) if facts.clicks else None,
        "reach": str(reach), "frequency": ratio(facts.impressions / reach),
        "unique_clicks": str(clicks - clicks // 20),
        "ctr": ratio(100 * clicks / facts.impressions), "inline_link_click_ctr": ratio(100 * facts.clicks / facts.impressions),
        "cpm": ratio(1000 * cost / facts.impressions), "cpp": ratio(1000 * cost / reach),
        "cpc": ratio(cost / clicks) if clicks else None,
        "cost_per_inline_link_click": ratio(cost / facts.clicks) if facts.clicks else None,
        "attribution_setting": "7d_click_1d_view" if query.level in ("adset", "ad") else None,
        "buying_type": "AUCTION",
        "objective": line["campaign"].body.get("objective") if "campaign" in line else None,
        "optimization_goal": line["adset"].body.get("optimization_goal") if "adset" in line else None,
    }  # fmt: skip
    for kind in ("campaign", "adset", "ad"):
        if kind in line:
            known[f"{kind}_id"], known[f"{kind}_name"] = line[kind].id, line[kind].name
    known |= actions_of(cell.events, facts, query.windows, currency)
    row = {name: known[name] for name in query.fields if known.get(name) is not None}
    row |= {"date_start": cell.span.since.isoformat(), "date_stop": cell.span.until.isoformat()}
    return row | dict(cell.breakdown)


def _passes(view: View, account: Obj, cell: Cell, query: Query) -> bool:
    line = _lineage(view, cell.obj)
    asked = any(field.rpartition(".")[2] in ("effective_status", "configured_status") for field, _, _ in query.filtering)
    if cell.obj is not None and not asked and effective_status(view, cell.obj) in HIDDEN:
        return False
    metrics = None
    for field, operator, value in query.filtering:
        kind, _, name = field.rpartition(".")
        if kind in line:
            have = value_of(view, line[kind], name)
        elif kind in LEVELS:
            raise param(f"Filtering field {field} is invalid at level {query.level}", "filtering")
        else:
            metrics = metrics or _row(
                view, account, cell, replace(query, fields=("impressions", "clicks", "spend", "reach", "ctr", "cpc", "cpm"))
            )
            if name not in metrics:
                raise param(f"Filtering field {field} is invalid", "filtering")
            have = metrics[name]
        if not passes(operator, have, value):
            return False
    return True


def _sorted(found: list[dict[str, Any]], sort: tuple[str, ...]) -> list[dict[str, Any]]:
    for key in reversed(sort):
        name, down = key.removesuffix("_ascending").removesuffix("_descending"), key.endswith("_descending")

        def value(row: dict[str, Any], name: str = name) -> tuple[float, str]:
            text = str(row.get(name, ""))
            return (float(text), "") if text.replace(".", "", 1).isdigit() else (0.0, text)

        found = sorted(found, key=value, reverse=down)
    return found


def summary(view: View, node: Obj, query: Query, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Totals of the answer: what adds up, added up over its rows; reach and rates are the node's own in the whole range."""
    own = {"adaccount": "account"}.get(node.kind, node.kind)
    spans = (Span(min(s.since for s in query.spans), max(s.until for s in query.spans)),)
    whole = rows(view, node, replace(query, level=own, spans=spans, breakdowns=(), sort=(), filtering=()))
    sums = {name: str(sum(Decimal(row.get(name, "0")) for row in found)) for name in ADDITIVE if name in query.fields and found}
    return {**whole[0], **sums} if whole else {}
