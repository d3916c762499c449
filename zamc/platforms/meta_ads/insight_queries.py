"""What is asked of Meta for each grain.

https://developers.facebook.com/docs/marketing-api/insights
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from zamc.analytics.ports import Piece
from zamc.analytics.rules import Grain

# 7d_view and 28d_view are gone since January 2026; "value" of an action is the platform's default, 7 days after a click or 1 after a view.
WINDOWS = {"1d_click": 1, "7d_click": 7, "28d_click": 28, "1d_view": 1}
PAGE = 500
ADDITIVE = ("impressions", "inline_link_clicks", "spend")


@dataclass(frozen=True)
class Report:
    """A level of the account's tree, cut by breakdowns; parts: how many rows one object may have on a day."""

    level: str
    breakdowns: Sequence[str] = ()
    parts: int = 1


REPORTS: Mapping[Grain, Report] = {
    Grain.CREATIVE: Report("ad"),
    Grain.LANDING_PAGE: Report("ad"),
    Grain.AD: Report("ad"),
    Grain.AD_GROUP: Report("adset"),
    Grain.GEO: Report("campaign", ("country",), 10),
    Grain.DEVICE: Report("campaign", ("device_platform",), 4),
    Grain.AUDIENCE: Report("campaign", ("age", "gender"), 21),
    Grain.CAMPAIGN: Report("campaign"),
    Grain.ACCOUNT: Report("account"),
}
FIELDS: Mapping[str, Sequence[str]] = {
    "account": ("account_id", "account_name"),
    "campaign": ("campaign_id", "campaign_name"),
    "adset": ("adset_id", "adset_name", "campaign_id"),
    "ad": ("ad_id", "ad_name", "adset_id", "campaign_id"),
}
# Clicks are those that lead to the landing page, as on Google; `clicks` would count likes and expanded texts too.
_MEASURES = ("account_currency", "impressions", "inline_link_clicks", "spend", "actions", "action_values")
# Without naming them, what was deleted or archived is left out, and with it what it cost.
EVERY_STATUS = (
    "ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "PENDING_REVIEW", "DISAPPROVED", "PREAPPROVED", "PENDING_BILLING_INFO", "CAMPAIGN_PAUSED",
    "ADSET_PAUSED", "IN_PROCESS", "WITH_ISSUES",
)  # fmt: skip
STATUSES: Mapping[str, Sequence[str]] = {
    "campaign": ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES"),
    "adset": ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "CAMPAIGN_PAUSED", "IN_PROCESS", "WITH_ISSUES"),
    "ad": EVERY_STATUS,
}


def parameters(piece: Piece) -> dict[str, Any]:
    """The parameters of one report, ordered or asked at once."""
    report = REPORTS[piece.grain]
    params: dict[str, Any] = {
        "level": report.level,
        "fields": ",".join((*FIELDS[report.level], *_MEASURES)),
        "time_range": {"since": piece.first_day.isoformat(), "until": piece.last_day.isoformat()},
        "time_increment": 1,
        "action_attribution_windows": list(WINDOWS),
        # On the day of the click or view, like the spend that led to it.
        "action_report_time": "impression",
        "summary": ",".join(ADDITIVE),
        "limit": PAGE,
    }
    if report.breakdowns:
        params["breakdowns"] = list(report.breakdowns)
    filtering = []
    if report.level in STATUSES:
        filtering.append({"field": f"{report.level}.effective_status", "operator": "IN", "value": list(STATUSES[report.level])})
    if piece.campaigns:
        filtering.append({"field": "campaign.id", "operator": "IN", "value": list(piece.campaigns)})
    if filtering:
        params["filtering"] = filtering
    return params


def days(piece: Piece) -> int:
    return (piece.last_day - piece.first_day).days + 1


def halves(piece: Piece, campaigns: Sequence[str]) -> tuple[Piece, ...]:
    """The same report as two smaller ones: by days, then by campaigns (those of the account where the piece names none).

    None are left of one day of one campaign, and of one day of an account, whose total no part of it tells.
    """
    if (length := days(piece)) > 1:
        middle = piece.first_day + timedelta(days=length // 2)
        return replace(piece, last_day=middle - timedelta(days=1)), replace(piece, first_day=middle)
    own = tuple(piece.campaigns or campaigns)
    if REPORTS[piece.grain].level == "account" or len(own) < 2:
        return ()
    return replace(piece, campaigns=own[: len(own) // 2]), replace(piece, campaigns=own[len(own) // 2 :])
