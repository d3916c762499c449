"""The platform's rate limit: calls a second per customer and per developer token, enforced, with a count of who did not keep to it.

Real time, in memory: a restart forgives. https://developers.google.com/google-ads/api/docs/productionize/rate-limits
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

CUSTOMER: Final = "ACCOUNT"
DEVELOPER: Final = "DEVELOPER"


@dataclass(frozen=True)
class Limit:
    """A token bucket: `calls_per_second` come in, at most `burst` lie in it."""

    calls_per_second: float
    burst: float


@dataclass
class _Key:
    """What is known of one customer or developer token."""

    tokens: float = 0.0
    at: float = 0.0
    wait_until: float = 0.0
    calls: int = 0
    refused: int = 0
    early: int = 0
    most: int = 0
    last_second: deque[float] = field(default_factory=deque)


@dataclass(frozen=True)
class Over:
    """A call too many: whose limit it was, and how long to wait in seconds."""

    scope: str
    retry_seconds: float


class Limits:
    """Buckets by scope and key. Without a limit calls are counted and let pass."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._limits: dict[tuple[str, str], Limit] = {}
        self._keys: dict[tuple[str, str], _Key] = {}

    def set(self, scope: str, key: str, limit: Limit | None) -> None:
        """Limit one customer or developer token; "*" stands for each that has no limit of its own. None lifts it."""
        with self._lock:
            if limit is None:
                self._limits.pop((scope, key), None)
            else:
                self._limits[scope, key] = limit
            for (known_scope, known), state in self._keys.items():
                if known_scope == scope and key in ("*", known):
                    state.tokens, state.wait_until = (limit.burst if limit else 0.0), 0.0

    def reset(self) -> None:
        """Forget limits and counts."""
        with self._lock:
            self._limits.clear()
            self._keys.clear()

    def take(self, customer: str | None, developer_token: str) -> Over | None:
        """Count a call; None lets it pass."""
        with self._lock:
            now = self._monotonic()
            asked = [(DEVELOPER, developer_token), *([(CUSTOMER, customer)] if customer else [])]
            over = [found for scope, key in asked if (found := self._one(scope, key, now))]
            return max(over, key=lambda one: one.retry_seconds, default=None)

    def _one(self, scope: str, key: str, now: float) -> Over | None:
        limit = self._limits.get((scope, key)) or self._limits.get((scope, "*"))
        state = self._keys.setdefault((scope, key), _Key(tokens=limit.burst if limit else 0.0, at=now))
        state.calls += 1
        state.early += now < state.wait_until
        window = state.last_second
        window.append(now)
        while window[0] <= now - 1:
            window.popleft()
        state.most = max(state.most, len(window))
        if limit is None:
            state.at = now
            return None
        state.tokens = min(limit.burst, state.tokens + (now - state.at) * limit.calls_per_second)
        state.at = now
        if state.tokens >= 1:
            state.tokens -= 1
            return None
        state.refused += 1
        wait = (1 - state.tokens) / limit.calls_per_second
        state.wait_until = max(state.wait_until, now + wait)
        return Over(scope, wait)

    def report(self) -> dict[str, Any]:
        """Limits, and for each scope and key: calls, refused, early (before a told delay was over), most_in_a_second."""
        with self._lock:
            limits = [
                {"scope": scope, "key": key, "calls_per_second": limit.calls_per_second, "burst": limit.burst}
                for (scope, key), limit in self._limits.items()
            ]
            seen: dict[str, dict[str, Any]] = {CUSTOMER: {}, DEVELOPER: {}}
            for (scope, key), state in self._keys.items():
                counts = {"calls": state.calls, "refused": state.refused, "early": state.early, "most_in_a_second": state.most}
                seen[scope][key] = counts
            return {"limits": limits, "seen": seen}
