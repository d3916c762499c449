"""Faults at random, by seed: the same seed gives the same plan, call by call, whoever asks and however often."""

import fnmatch
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_SCALE: Final = 2**64


@dataclass(frozen=True)
class Plan:
    """Rates by name of fault, for the calls that the glob `method` fits; `seconds` and `details` by name of fault too.

    `times` is how often the plan strikes at most; 0 means without end.
    """

    platform: str
    seed: int
    rates: Mapping[str, float]
    method: str = "*"
    seconds: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    times: int = 0

    def fault(self, number: int) -> str | None:
        """What the call of that number (from 0) suffers, if anything."""
        name = f"{self.seed}/{self.platform}/{self.method}/{number}".encode()
        left = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest()) / _SCALE
        for fault, rate in sorted(self.rates.items()):
            if left < rate:
                return fault
            left -= rate
        return None

    def first(self, count: int) -> list[tuple[int, str]]:
        """(number, fault) of those among the first `count` calls that suffer one."""
        return [(number, fault) for number in range(count) if (fault := self.fault(number))]


class Planned:
    """Plans at work: counts calls, and remembers whom they struck."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: list[tuple[Plan, list[int]]] = []
        self._struck: list[dict[str, Any]] = []

    def add(self, plan: Plan) -> None:
        with self._lock:
            self._plans.append((plan, [0, 0]))

    def clear(self) -> None:
        with self._lock:
            self._plans.clear()
            self._struck.clear()

    def struck(self) -> list[dict[str, Any]]:
        """Every fault that a plan brought: {"platform", "seed", "number", "method", "fault"}, oldest first."""
        with self._lock:
            return list(self._struck)

    def plans(self) -> list[dict[str, Any]]:
        """Every plan with the number of calls that it has seen and struck."""
        with self._lock:
            return [
                {
                    "platform": plan.platform,
                    "seed": plan.seed,
                    "method": plan.method,
                    "rates": dict(plan.rates),
                    "calls": seen,
                    "struck": hit,
                }
                for plan, (seen, hit) in self._plans
            ]

    def take(self, platform: str, method: str) -> tuple[Plan, str] | None:
        """The plan and fault that this call must suffer; None on a good day. Each plan that fits counts the call."""
        chosen: tuple[Plan, str] | None = None
        with self._lock:
            for plan, counts in self._plans:
                if plan.platform != platform or not fnmatch.fnmatchcase(method, plan.method):
                    continue
                number = counts[0]
                counts[0] += 1
                fault = plan.fault(number) if chosen is None and (not plan.times or counts[1] < plan.times) else None
                if fault is not None:
                    counts[1] += 1
                    chosen = (plan, fault)
                    told = {"platform": platform, "seed": plan.seed, "number": number, "method": method, "fault": fault}
                    self._struck.append(told)
        return chosen
