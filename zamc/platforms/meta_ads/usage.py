"""What Meta's usage headers say, every entry of every list.

Sources: developers.facebook.com/docs/graph-api/overview/rate-limiting and /docs/marketing-api/overview/rate-limiting.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Source(StrEnum):
    """Which header an entry comes from."""

    APP = "x-app-usage"
    AD_ACCOUNT = "x-ad-account-usage"
    BUSINESS = "x-business-use-case-usage"
    INSIGHTS = "x-fb-ads-insights-throttle"


@dataclass(frozen=True)
class Entry:
    """One line of a usage header.

    percent: of the allowance, 0 to 100 and above; the highest of what the line counts (calls, CPU time, total time).
    subject: the id that the line speaks of, or "". use: the business use case such as ads_management, or "".
    regain: how long calls are refused, None when the line names no wait. tier: of access, or "".
    """

    source: Source
    percent: float
    subject: str = ""
    use: str = ""
    regain: timedelta | None = None
    tier: str = ""


@dataclass(frozen=True)
class Usage:
    """Everything that the headers of one answer say about allowances; without such headers there are no entries."""

    entries: tuple[Entry, ...] = ()

    @property
    def percent(self) -> float:
        """The highest of all entries; 0 when nothing was said."""
        return max((each.percent for each in self.entries), default=0.0)

    @property
    def regain(self) -> timedelta | None:
        """The longest wait that any entry names."""
        return max((each.regain for each in self.entries if each.regain is not None), default=None)


Observer = Callable[[str, Usage], None]
"""Called with the ad account ("act_...", or "" when the call concerned none) and what each answer said, refusals and the single
answers of a batch included. It runs in the thread that called, must be quick, and must not raise."""


def parse(headers: Mapping[str, str], *, account: str = "") -> Usage:
    """headers: with lower-case names, or a mapping that does not mind. A header that is damaged says nothing.

    account: entries of other subjects are left out (several businesses may share one app), unless there is only one subject.
    """
    entries: list[Entry] = []
    if body := _json(headers.get(Source.APP)):
        entries.append(Entry(Source.APP, _highest(body, ("call_count", "total_time", "total_cputime"))))
    if body := _json(headers.get(Source.AD_ACCOUNT)):
        regain = _wait(body.get("reset_time_duration"), seconds=1)
        entries.append(Entry(Source.AD_ACCOUNT, _number(body.get("acc_id_util_pct")), account, "", regain, _tier(body)))
    entries += _business(_json(headers.get(Source.BUSINESS)), account)
    if body := _json(headers.get(Source.INSIGHTS)):
        percent = _highest(body, ("app_id_util_pct", "acc_id_util_pct"))
        entries.append(Entry(Source.INSIGHTS, percent, account, "ads_insights", None, _tier(body)))
    return Usage(tuple(entries))


def _business(body: Mapping[str, Any], account: str) -> Iterable[Entry]:
    for subject, lines in body.items():
        if account and len(body) > 1 and subject not in (account, account.removeprefix("act_")):
            continue
        for line in lines if isinstance(lines, list) else ():
            if isinstance(line, Mapping):
                yield Entry(
                    source=Source.BUSINESS,
                    percent=_highest(line, ("call_count", "total_time", "total_cputime")),
                    subject=subject,
                    use=str(line.get("type", "")),
                    # Minutes here, seconds in the ad account's header.
                    regain=_wait(line.get("estimated_time_to_regain_access"), seconds=60),
                    tier=_tier(line),
                )


def _highest(body: Mapping[str, Any], names: Iterable[str]) -> float:
    return max(_number(body.get(name)) for name in names)


def _wait(value: Any, *, seconds: int) -> timedelta | None:
    units = _number(value)
    return timedelta(seconds=units * seconds) if units > 0 else None


def _tier(body: Mapping[str, Any]) -> str:
    return str(body.get("ads_api_access_tier") or "")


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return min(max(number, 0.0), 1e6) if number == number else 0.0  # noqa: PLR0124 - nan is not itself


def _json(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
