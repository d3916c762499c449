"""Faults: what a platform does on a bad day, ordered call by call or planned at random by seed, through the admin API."""

import fnmatch
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sandbox.google.limits import Limits
from sandbox.plans import Plan, Planned

KNOWN: Final = {
    "timeout_after_commit": "the call is carried out, the answer never comes (the connection hangs for `seconds`, then breaks)",
    "late_commit": "the call is carried out only after `seconds`, long after the client has given up",
    "unavailable": "the platform answers 503 / UNAVAILABLE and does nothing",
    "internal": "the platform answers INTERNAL and does nothing (Google)",
    "reset": "the connection breaks before anything is done",
    "slow": "the answer comes after `seconds`",
    "rate_limited": "the platform's throttling error",
    "quota_exhausted": "the day's quota is used up: RESOURCE_EXHAUSTED (Google)",
    "partial_failure": "one operation fails, detail.index (0); of a request without partial_failure that is the whole of it (Google)",
    "duplicate_name": "the name is said to be taken (Google)",
    "concurrent_modification": "somebody else changed the same thing just now (Google)",
    "error_with_200": "an error body under HTTP 200 (Meta, and Google's token endpoint)",
    "html": "a load balancer's HTML page under 502 (Meta, and Google's token endpoint)",
    "html_200": "a proxy's HTML page under 200; the call is not carried out (Meta, and Google's token endpoint)",
    "half_batch": "of what a mutate made half is named (Google); of a batch the first half is answered, and of the rest every second call "
    "carried out (Meta: POST batch)",
    "missing_page": "a page of a report comes without its rows, and nothing says so",
    "job_never_ends": "a report is never ready (Meta: POST */insights)",
    "job_fails": "a report ends as failed, or as detail.status says: Job Skipped (Meta: POST */insights)",
    "job_expires": "a report is forgotten as soon as it is asked after (Meta: POST */insights)",
    "stale_read": "a read answers as things were `seconds` ago (Meta)",
    "unknown_enum": "statuses in the answer have a value that nobody knows: 97 (Google); detail may name a field and a value (Meta)",
    "duplicate": "a create is carried out twice; the answer names the second object (Meta)",
    "account_suspended": "the account may not advertise any more",
    "token_revoked": "the credentials are no longer valid",
    "error": "any documented error, named in `detail`",
    "overloaded": "the provider says that it is overloaded: 503, 529, 429 (models)",
    "cut_stream": "the answer is bought and breaks off half-way (models)",
    "refusal": "the model declines to answer (models)",
    "truncated": "the answer is cut, and says so (models)",
    "fenced": "prose and a code fence around the JSON (models)",
    "schema_violation": "the answer does not fit the schema (models)",
    "overlong": "some texts are longer than allowed (models)",
    "invented_claim": "some texts claim what the request does not say (models)",
    "injection_echo": "some texts obey or repeat an order that is none of the caller's (models)",
}
PLATFORMS: Final = ("google", "meta", "openai", "anthropic", "tgi")


class FaultError(ValueError):
    """A fault that nobody knows, or with impossible figures."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One ordered fault. `method` is a glob over the method name that the server logs ("POST /*/campaigns")."""

    platform: str
    method: str
    fault: str
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    detail: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "Fault":
        """From the admin API's JSON. Raises FaultError with what is allowed."""
        unknown = set(raw) - {"platform", "method", "fault", "times", "skip", "seconds", "detail"}
        if unknown:
            raise FaultError(f"unknown field {min(unknown)!r}")
        if raw.get("platform") not in PLATFORMS:
            raise FaultError(f"platform must be one of {', '.join(PLATFORMS)}")
        if raw.get("fault") not in KNOWN:
            raise FaultError(f"fault must be one of {', '.join(sorted(KNOWN))}")
        detail = raw.get("detail", {})
        if not isinstance(detail, dict):
            raise FaultError("detail must be an object")
        return cls(
            platform=raw["platform"],
            method=str(raw.get("method", "*")),
            fault=raw["fault"],
            times=int(raw.get("times", 1)),
            skip=int(raw.get("skip", 0)),
            seconds=float(raw.get("seconds", 0)),
            detail=detail,
        )


def parse_plan(raw: Mapping[str, Any]) -> Plan:
    """A plan of random faults from the admin API's JSON. Raises FaultError with what is allowed."""
    known = {"platform", "method", "seed", "rates", "seconds", "details", "times"}
    if unknown := set(raw) - known:
        raise FaultError(f"unknown field {min(unknown)!r}; known are {', '.join(sorted(known))}")
    if raw.get("platform") not in PLATFORMS:
        raise FaultError(f"platform must be one of {', '.join(PLATFORMS)}")
    rates, seconds, details = raw.get("rates"), raw.get("seconds", {}), raw.get("details", {})
    if not isinstance(rates, dict) or not rates or not isinstance(seconds, dict) or not isinstance(details, dict):
        raise FaultError("rates, seconds and details are objects by name of fault; rates is needed")
    if strange := (set(rates) | set(seconds) | set(details)) - set(KNOWN):
        raise FaultError(f"{min(strange)!r} is none of {', '.join(sorted(KNOWN))}")
    shares = {name: float(rate) for name, rate in rates.items()}
    if min(shares.values()) < 0 or sum(shares.values()) > 1:
        raise FaultError("rates lie between 0 and 1, all of them together too")
    return Plan(
        platform=raw["platform"],
        seed=int(raw.get("seed", 0)),
        rates=shares,
        method=str(raw.get("method", "*")),
        seconds={name: float(value) for name, value in seconds.items()},
        details=details,
        times=int(raw.get("times", 0)),
    )


class Faults:
    """The faults still to come: ordered ones first, first ordered first served, then the plans'; shared by the servers' threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.planned = Planned()
        self.google_limits = Limits()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
        self.planned.clear()

    def waiting(self) -> list[Fault]:
        with self._lock:
            return list(self._waiting)

    def take(self, platform: str, method: str) -> Fault | None:
        """The fault that this call must suffer, counted down; None on a good day."""
        ordered, found = self._ordered(platform, method)
        if found:
            return ordered
        if (planned := self.planned.take(platform, method)) is None:
            return None
        plan, name = planned
        return Fault(platform, method, name, seconds=plan.seconds.get(name, 0.0), detail=plan.details.get(name, {}))

    def _ordered(self, platform: str, method: str) -> tuple[Fault | None, bool]:
        """The ordered fault, and whether an order fits this call at all (it may still be counting calls)."""
        with self._lock:
            for position, fault in enumerate(self._waiting):
                if fault.platform != platform or not fnmatch.fnmatchcase(method, fault.method):
                    continue
                if fault.skip > 0:
                    self._waiting[position] = replace(fault, skip=fault.skip - 1)
                    return None, True
                if fault.times <= 1:
                    del self._waiting[position]
                else:
                    self._waiting[position] = replace(fault, times=fault.times - 1)
                return fault, True
        return None, False
