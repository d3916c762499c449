"""What an insights call asks for, checked: fields, level, days, windows, breakdowns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sandbox.meta import fields as grammar
from sandbox.meta.errors import named, param
from sandbox.meta.filters import parse_filtering
from sandbox.meta.schema import check, fields_of
from sandbox.meta.schema import parse as parse_value

LEVELS: Final = ("account", "campaign", "adset", "ad")
# Without fields, the platform shows little.
DEFAULT_FIELDS: Final = ("account_id", "campaign_id", "date_start", "date_stop", "impressions", "spend")
# Left of the older ones since January 2026: what can still be asked for.
WINDOWS: Final = ("1d_click", "7d_click", "28d_click", "1d_view", "1d_ev", "default", "incrementality", "dda", "skan_click", "skan_view")
RETENTION_DAYS: Final = 37 * 31
BREAKDOWNS: Final = ("age", "gender", "country", "publisher_platform", "impression_device", "device_platform")
TOGETHER: Final = ({"age", "gender"}, {"publisher_platform", "impression_device"}, {"publisher_platform", "device_platform"})


@dataclass(frozen=True)
class Span:
    """Days of one row, both inclusive, in the account's time zone."""

    since: date
    until: date

    @property
    def days(self) -> list[date]:
        return [self.since + timedelta(days=n) for n in range((self.until - self.since).days + 1)]


@dataclass(frozen=True)
class Query:
    """A valid insights question."""

    level: str
    fields: tuple[str, ...]
    spans: tuple[Span, ...]
    windows: tuple[str, ...]
    breakdowns: tuple[str, ...]
    filtering: tuple[tuple[str, str, Any], ...]
    sort: tuple[str, ...]
    summary: bool


def parse(params: Mapping[str, str], *, kind: str, today: date) -> Query:
    """Raises GraphError for what the platform refuses. `kind` is the node's kind, `today` the account's day."""
    values = check("insights", "list", {k: v for k, v in params.items() if k not in ("fields", "summary", "sort", "async")})
    own = {"adaccount": "account"}.get(kind, kind)
    level = str(values.get("level", own))
    if LEVELS.index(level) < LEVELS.index(own):
        raise param(f"level must be one of the following values for this object: {', '.join(LEVELS[LEVELS.index(own) :])}", "level")
    wanted = tuple(f.name for f in grammar.parse(params["fields"])) if params.get("fields") else DEFAULT_FIELDS
    for name in wanted:
        if name not in fields_of("insights") and name not in ("date_start", "date_stop"):
            raise param(
                f"{name} is not valid for fields param. please check "
                "https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values",
                "fields",
            )
    windows = tuple(values.get("action_attribution_windows", ()))
    for number, window in enumerate(windows):
        if window not in WINDOWS:
            raise param(
                f"action_attribution_windows[{number}] must be one of the following values: {', '.join(WINDOWS)}",
                "action_attribution_windows",
            )
    return Query(
        level=level,
        fields=wanted,
        spans=tuple(_spans(values, today)),
        windows=windows,
        breakdowns=_breakdowns(values),
        filtering=tuple(parse_filtering(params.get("filtering"))),
        sort=tuple(_texts(params.get("sort"))),
        summary=bool(params.get("summary") or values.get("default_summary")),
    )


def _texts(text: str | None) -> list[str]:
    if not text:
        return []
    if not text.startswith("["):
        return text.split(",")
    return [str(item) for item in parse_value("sort", "list<string>", text, {})]


def _breakdowns(values: Mapping[str, Any]) -> tuple[str, ...]:
    asked = tuple(values.get("breakdowns", ()))
    if len(asked) == 1 and asked[0] in BREAKDOWNS:
        return asked
    if asked and set(asked) not in TOGETHER:
        raise named("insights_breakdowns", user_message=f"The breakdowns {', '.join(asked)} can't be combined.")
    return asked


def _spans(values: Mapping[str, Any], today: date) -> list[Span]:
    if values.get("time_ranges"):
        return [_range(item, today) for item in values["time_ranges"]]
    whole = _range(values["time_range"], today) if values.get("time_range") else preset(str(values.get("date_preset", "last_30d")), today)
    step = str(values.get("time_increment", "all_days"))
    if step == "all_days":
        return [whole]
    if step == "monthly":
        return _months(whole)
    if not step.isdigit() or not 1 <= int(step) <= 90:
        raise param("time_increment must be all_days, monthly, or an integer between 1 and 90", "time_increment")
    size = int(step)
    return [Span(d, min(d + timedelta(days=size - 1), whole.until)) for d in whole.days[::size]]


def _months(whole: Span) -> list[Span]:
    spans, first = [], whole.since
    while first <= whole.until:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        spans.append(Span(first, min(following - timedelta(days=1), whole.until)))
        first = following
    return spans


def _range(raw: Any, today: date) -> Span:
    try:
        since, until = date.fromisoformat(str(raw["since"])), date.fromisoformat(str(raw["until"]))
    except (KeyError, TypeError, ValueError):
        raise param("Param time_range must be {'since': 'YYYY-MM-DD', 'until': 'YYYY-MM-DD'}", "time_range") from None
    if since > until:
        raise param("since must be before or equal to until in time_range", "time_range")
    if (today - since).days > RETENTION_DAYS:
        raise named("retention", blame=[["time_range"]])
    return Span(since, until)


def preset(name: str, today: date) -> Span:
    """The days that a date_preset means on the account's `today`."""
    yesterday, month = today - timedelta(days=1), today.replace(day=1)
    monday = today - timedelta(days=today.weekday())
    sunday = today - timedelta(days=(today.weekday() + 1) % 7)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    earlier_quarter = (quarter - timedelta(days=1)).replace(day=1)
    earlier_quarter = earlier_quarter.replace(month=(earlier_quarter.month - 1) // 3 * 3 + 1)
    oldest = today - timedelta(days=RETENTION_DAYS)
    known = {
        "today": Span(today, today),
        "yesterday": Span(yesterday, yesterday),
        "this_month": Span(month, today),
        "last_month": Span((month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)),
        "this_quarter": Span(quarter, today),
        "last_quarter": Span(earlier_quarter, quarter - timedelta(days=1)),
        "this_year": Span(today.replace(month=1, day=1), today),
        "last_year": Span(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
        "this_week_mon_today": Span(monday, today),
        "this_week_sun_today": Span(sunday, today),
        "last_week_mon_sun": Span(monday - timedelta(days=7), monday - timedelta(days=1)),
        "last_week_sun_sat": Span(sunday - timedelta(days=7), sunday - timedelta(days=1)),
        "maximum": Span(oldest, today),
        "data_maximum": Span(oldest, today),
    }
    if name in known:
        return known[name]
    days = int(name.removeprefix("last_").removesuffix("d"))
    return Span(today - timedelta(days=days), yesterday)
