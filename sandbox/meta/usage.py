"""How much of its allowance a caller has used: the usage headers, and the errors when it is used up.

Scores and limits: developers.facebook.com/docs/marketing-api/overview/rate-limiting. Real time, in memory: a restart forgives.
"""

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.meta.errors import named

# access tier -> highest score in five minutes, seconds of a block, hourly base of ads_management and of ads_insights
TIERS: Final = {"standard_access": (9000, 60, 100_000, 190_000), "development_access": (60, 300, 300, 600)}
WINDOW_SECONDS: Final = 300
HOUR_SECONDS: Final = 3600
READ_POINTS: Final = 1
WRITE_POINTS: Final = 3
PER_ACTIVE_AD: Final = {"ads_management": 40, "ads_insights": 400}
ERRORS: Final = {"ads_management": "ads_management_limit", "ads_insights": "ads_insights_limit"}


@dataclass
class _Account:
    points: deque[tuple[float, int]] = field(default_factory=deque)
    calls: dict[str, deque[float]] = field(default_factory=lambda: {"ads_management": deque(), "ads_insights": deque()})
    blocked_until: float = 0.0


@dataclass(frozen=True)
class Allowance:
    """What an account may do: its tier and how many of its ads are active."""

    tier: str
    active_ads: int

    def hourly(self, use: str) -> int:
        base = TIERS[self.tier][2 if use == "ads_management" else 3]
        return base + PER_ACTIVE_AD[use] * self.active_ads


class Usage:
    """Counts calls per account and tells how much of the allowance is used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, _Account] = {}
        self._pinned: dict[str, dict[str, Any]] = {}

    def pin(self, account: str, shown: dict[str, Any]) -> None:
        """Show these figures in the headers from now on, e.g. {"type": "ads_insights", "call_count": 96}; {} unpins."""
        with self._lock:
            self._pinned[account] = shown

    def count(self, account: str, use: str, *, write: bool, allowance: Allowance) -> None:
        """Count one call. Raises GraphError when the allowance is used up; a refused call counts too."""
        now = time.monotonic()
        most, block, *_ = TIERS[allowance.tier]
        with self._lock:
            about = self._accounts.setdefault(account, _Account())
            about.points.append((now, WRITE_POINTS if write else READ_POINTS))
            about.calls[use].append(now)
            score = self._score(about, now)
            hourly = self._hourly(about, use, now)
            if score > most and about.blocked_until <= now:
                about.blocked_until = now + block
            blocked = about.blocked_until > now
        if blocked:
            raise named("account_limit")
        if hourly > allowance.hourly(use):
            raise named(ERRORS[use])

    @staticmethod
    def _score(about: _Account, now: float) -> int:
        while about.points and about.points[0][0] < now - WINDOW_SECONDS:
            about.points.popleft()
        return sum(points for _, points in about.points)

    @staticmethod
    def _hourly(about: _Account, use: str, now: float) -> int:
        calls = about.calls[use]
        while calls and calls[0] < now - HOUR_SECONDS:
            calls.popleft()
        return len(calls)

    def headers(self, account: str | None, allowance: Allowance, *, insights: bool) -> dict[str, str]:
        """The usage headers of an answer, in per cent of the allowance."""
        now = time.monotonic()
        with self._lock:
            about = self._accounts.get(account or "", _Account())
            score = self._score(about, now)
            hourly = {use: self._hourly(about, use, now) for use in PER_ACTIVE_AD}
            pinned = dict(self._pinned.get(account or "", {}))
            wait = max(0, round(about.blocked_until - now))
        most = TIERS[allowance.tier][0]
        app = min(100, 100 * score // most)
        headers = {"X-App-Usage": json.dumps({"call_count": app, "total_cputime": app // 2, "total_time": app // 2})}
        if account is None:
            return headers
        percent = round(min(100.0, 100 * score / most), 2)
        headers["X-Ad-Account-Usage"] = json.dumps(
            {"acc_id_util_pct": percent, "reset_time_duration": wait, "ads_api_access_tier": allowance.tier}
        )
        entries = [self._entry(use, hourly[use], allowance, pinned) for use in PER_ACTIVE_AD if hourly[use] or pinned.get("type") == use]
        headers["X-Business-Use-Case-Usage"] = json.dumps({account.removeprefix("act_"): entries})
        if insights:
            used = next((e["call_count"] for e in entries if e["type"] == "ads_insights"), 0)
            headers["x-fb-ads-insights-throttle"] = json.dumps(
                {"app_id_util_pct": used, "acc_id_util_pct": used, "ads_api_access_tier": allowance.tier}
            )
        return headers

    @staticmethod
    def _entry(use: str, calls: int, allowance: Allowance, pinned: dict[str, Any]) -> dict[str, Any]:
        percent = min(100, 100 * calls // allowance.hourly(use))
        entry = {
            "type": use,
            "call_count": percent,
            "total_cputime": percent // 2,
            "total_time": percent // 2,
            "estimated_time_to_regain_access": 60 if percent >= 100 else 0,
            "ads_api_access_tier": allowance.tier,
        }
        return {**entry, **pinned} if pinned.get("type") == use else entry
