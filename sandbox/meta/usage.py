"""How much of its allowance a caller has used: the usage headers, the errors when it is used up, and who went on all the same.

Scores and limits: developers.facebook.com/docs/marketing-api/overview/rate-limiting. Real time, in memory: a restart forgives.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from sandbox.meta.errors import GraphError, named

USES: Final = ("ads_management", "ads_insights")
READ_POINTS: Final = 1
WRITE_POINTS: Final = 3
PER_ACTIVE_AD: Final = {"ads_management": 40, "ads_insights": 400}
HOUR_SECONDS: Final = 3600
# How long the number of active ads may be out of date: counting them is the dearest part of a limit.
COUNT_SECONDS: Final = 30
# Refusals of a limit, by name in errors.py.
ERRORS: Final = {"ads_management": "ads_management_limit", "ads_insights": "ads_insights_limit"}


@dataclass(frozen=True)
class Limits:
    """What an account may do. `enforce` false counts nothing and shows headers of an account that has used nothing."""

    enforce: bool = True
    score: int = 9000
    window_seconds: float = 300
    block_seconds: float = 60
    ads_management: int = 100_000
    ads_insights: int = 190_000
    writes_per_second: float = 100
    app_calls_per_hour: int = 1_000_000

    def changed(self, given: Mapping[str, Any]) -> "Limits":
        """With figures from the admin API. Raises ValueError for a name that nobody knows or a figure below zero."""
        known = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        unknown = given.keys() - known.keys()
        if unknown:
            raise ValueError(f"unknown limit {min(unknown)!r}; known are {', '.join(known)}")
        values = {name: known[name](value) for name, value in given.items()}
        if any(value < 0 for value in values.values()):
            raise ValueError("a limit cannot be below zero")
        return replace(self, **values)


TIERS: Final[Mapping[str, Limits]] = {
    "standard_access": Limits(),
    "development_access": Limits(score=60, block_seconds=300, ads_management=300, ads_insights=600),
}


@dataclass
class _Window:
    """A sum over the last so many seconds."""

    entries: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0

    def add(self, now: float, points: int) -> None:
        self.entries.append((now, points))
        self.total += points

    def sum(self, since: float) -> int:
        while self.entries and self.entries[0][0] < since:
            self.total -= self.entries.popleft()[1]
        return self.total

    def wait(self, since: float, most: int) -> float:
        """Seconds until the sum is below `most` when nothing is added."""
        over, passed = self.total - most + 1, 0
        for moment, points in self.entries:
            passed += points
            if passed >= over:
                return moment - since
        return 0.0


@dataclass
class _Account:
    points: _Window = field(default_factory=_Window)
    calls: dict[str, _Window] = field(default_factory=lambda: {use: _Window() for use in USES})
    writes: _Window = field(default_factory=_Window)
    blocked_until: float = 0.0
    told_until: float = 0.0
    active_ads: int = 0
    counted_at: float = float("-inf")
    total: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    violations: int = 0


class Usage:
    """Counts calls per account and tells how much of the allowance is used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, _Account] = {}
        self._app = _Window()
        self._pinned: dict[str, dict[str, Any]] = {}
        self._changes: dict[str, dict[str, Any]] = {}
        self._limits: dict[tuple[str, str], Limits] = {}

    def pin(self, account: str, shown: dict[str, Any]) -> None:
        """Show these figures in the headers from now on, e.g. {"type": "ads_insights", "call_count": 96}; {} unpins."""
        with self._lock:
            self._pinned[account] = shown

    def configure(self, given: Mapping[str, Any]) -> None:
        """Limits of one account ({"account": "act_X", ...}) or of all of them. Raises ValueError."""
        changes = {k: v for k, v in given.items() if k != "account"}
        Limits().changed(changes)
        with self._lock:
            self._changes.setdefault(str(given.get("account", "")), {}).update(changes)
            self._limits.clear()

    def reset(self) -> None:
        """Forget what was used, refused and configured."""
        with self._lock:
            self._accounts.clear()
            self._changes.clear()
            self._limits.clear()
            self._pinned.clear()
            self._app = _Window()

    def limits(self, account: str, tier: str) -> Limits:
        key = (account if account in self._changes else "", tier)
        if key not in self._limits:
            self._limits[key] = TIERS[tier].changed({**self._changes.get("", {}), **self._changes.get(account, {})})
        return self._limits[key]

    def report(self, tiers: Mapping[str, str]) -> dict[str, Any]:
        """What each account has used, what was refused, and how often somebody called on who had been told to wait."""
        now = time.monotonic()
        with self._lock:
            return {
                key: {
                    "calls": about.total,
                    "score": about.points.sum(now - self.limits(key, tiers[key]).window_seconds),
                    "hourly": {use: window.sum(now - HOUR_SECONDS) for use, window in about.calls.items()},
                    "blocked_seconds": max(0, round(about.blocked_until - now)),
                    "refused": dict(about.refused),
                    "violations": about.violations,
                    "limits": asdict(self.limits(key, tiers[key])),
                }
                for key, about in self._accounts.items()
                if key in tiers
            }

    def count(self, account: str, use: str, *, write: bool, tier: str, active_ads: Callable[[], int]) -> None:
        """Count one call. Raises GraphError when the allowance is used up; a refused call counts too."""
        now = time.monotonic()
        with self._lock:
            limits = self.limits(account, tier)
            about = self._accounts.setdefault(account, _Account())
            about.total += 1
            if not limits.enforce:
                return
            if about.counted_at < now - COUNT_SECONDS:
                about.active_ads, about.counted_at = active_ads(), now
            error = self._judge(about, limits, use, now, write=write)
            if error is None:
                return
            about.refused[f"{error.code}"] = about.refused.get(f"{error.code}", 0) + 1
            about.violations += about.told_until > now
            about.told_until = max(about.told_until, now + self._wait(about, limits, use, now))
        raise error

    def _judge(self, about: _Account, limits: Limits, use: str, now: float, *, write: bool) -> GraphError | None:
        about.points.add(now, WRITE_POINTS if write else READ_POINTS)
        about.calls[use].add(now, 1)
        self._app.add(now, 1)
        if write:
            about.writes.add(now, 1)
        if about.points.sum(now - limits.window_seconds) > limits.score and about.blocked_until <= now:
            about.blocked_until = now + limits.block_seconds
        if about.blocked_until > now:
            return named("account_limit")
        if about.calls[use].sum(now - HOUR_SECONDS) > self._hourly(about, limits, use):
            return named(ERRORS[use])
        if about.writes.sum(now - 1) > limits.writes_per_second:
            return named("writes_limit")
        if self._app.sum(now - HOUR_SECONDS) > limits.app_calls_per_hour:
            return named("app_limit")
        return None

    @staticmethod
    def _hourly(about: _Account, limits: Limits, use: str) -> int:
        base = limits.ads_management if use == "ads_management" else limits.ads_insights
        return base + PER_ACTIVE_AD[use] * about.active_ads

    def _wait(self, about: _Account, limits: Limits, use: str, now: float) -> float:
        if about.blocked_until > now:
            return about.blocked_until - now
        hourly = self._hourly(about, limits, use)
        return about.calls[use].wait(now - HOUR_SECONDS, hourly) if about.calls[use].total >= hourly else 0.0

    def headers(self, account: str | None, tier: str, *, insights: bool) -> dict[str, str]:
        """The usage headers of an answer, in per cent of the allowance."""
        now = time.monotonic()
        with self._lock:
            limits = self.limits(account or "", tier)
            about = self._accounts.get(account or "", _Account()) if limits.enforce else _Account()
            app = _percent(self._app.sum(now - HOUR_SECONDS), limits.app_calls_per_hour) if limits.enforce else 0
            score = _share(about.points.sum(now - limits.window_seconds), limits.score)
            blocked = max(0, round(about.blocked_until - now))
            pinned = self._pinned.get(account or "", {})
            entries = [self._entry(use, about, limits, now) for use in USES]
        for entry in entries:
            entry["ads_api_access_tier"] = tier
            entry.update(pinned if pinned.get("type") == entry["type"] else {})
        headers = {"X-App-Usage": json.dumps({"call_count": app, "total_cputime": app // 2, "total_time": app // 2})}
        if account is None:
            return headers
        headers["X-Ad-Account-Usage"] = json.dumps({"acc_id_util_pct": score, "reset_time_duration": blocked, "ads_api_access_tier": tier})
        headers["X-Business-Use-Case-Usage"] = json.dumps({account.removeprefix("act_"): entries})
        if insights:
            used = next(e["call_count"] for e in entries if e["type"] == "ads_insights")
            throttle = {"app_id_util_pct": used, "acc_id_util_pct": used, "ads_api_access_tier": tier}
            headers["x-fb-ads-insights-throttle"] = json.dumps(throttle)
        return headers

    def _entry(self, use: str, about: _Account, limits: Limits, now: float) -> dict[str, Any]:
        window, hourly = about.calls[use], self._hourly(about, limits, use)
        percent = _percent(window.sum(now - HOUR_SECONDS), hourly)
        wait = window.wait(now - HOUR_SECONDS, hourly) if window.total >= hourly else 0.0
        return {
            "type": use,
            "call_count": percent,
            "total_cputime": percent // 2,
            "total_time": percent // 2,
            # Minutes, rounded up: the account's header speaks in seconds.
            "estimated_time_to_regain_access": -(-int(wait) // 60),
        }


def _share(used: int, most: int) -> float:
    return round(min(100.0, 100 * used / most), 2) if most else 100.0


def _percent(used: int, most: int) -> int:
    return min(100, 100 * used // most) if most else 100
