"""Gates and caps, pure."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import partial
from typing import Any, Literal, get_args

from zamc.deployments.rules import MARKED
from zamc.errors import InvalidInput
from zamc.money import Money, decimals_of

Gate = Literal["strategy", "creatives", "launch", "budget"]
GATES: tuple[Gate, ...] = get_args(Gate)
KEEPERS = ("auto", "person")
PLATFORMS = ("google_ads", "meta_ads")
OVERSPEND_ACTIONS = ("pause", "alert")
_DAYS_PER_MONTH = Decimal("30.4")
_LARGEST_SHARE = Decimal(1_000)
_LONGEST_COOLDOWN = 90 * 86_400
_LONGEST_NAME = 200
# Control and format characters, halves of characters, ends of lines: they forge log lines, turn text around, or cannot be seen at all.
_NOT_IN_A_NAME = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# The two format characters that scripts and emoji are written with.
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Caps:
    """What a project may be billed at worst, in micros of one currency. total_micros is None for an open end.

    platforms: caps of one platform alone, {"google_ads": {"day": micros, "month": micros, "total": micros}}, each optional.
    """

    currency: str
    daily_micros: int
    monthly_micros: int
    total_micros: int | None
    platforms: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class PolicyRules:
    """What a policy says beside its caps. None means that it says nothing; money in micros of the policy's currency.

    A daily budget above approval_above_micros needs `approvers` (1 or 2) people, open gate or not. overspend: "pause" or "alert".
    """

    largest_raise_micros: int | None = None
    largest_raise_share: Decimal | None = None
    daily_raise_micros: int | None = None
    cooldown_seconds: int | None = None
    approval_above_micros: int | None = None
    approvers: int = 1
    overspend: str = "pause"


def check_policy_rules(rules: PolicyRules, *, currency: str) -> PolicyRules:
    """Raises InvalidInput that names what is out of range."""
    money = {
        "largest_raise": rules.largest_raise_micros,
        "raises_per_day": rules.daily_raise_micros,
        "approval_above": rules.approval_above_micros,
    }
    for name, micros in money.items():
        if micros is not None:
            if micros < 0:
                raise InvalidInput(f"policy.{name}", "must not be negative")
            Money(micros, currency)
    if rules.largest_raise_share is not None and not 0 <= rules.largest_raise_share <= _LARGEST_SHARE:
        raise InvalidInput("policy.largest_raise_percent", f"must be between 0 and {_LARGEST_SHARE * 100}")
    if rules.cooldown_seconds is not None and not 0 <= rules.cooldown_seconds <= _LONGEST_COOLDOWN:
        raise InvalidInput("policy.cooldown_hours", f"must be between 0 and {_LONGEST_COOLDOWN // 3_600}")
    if rules.approvers not in (1, 2):
        raise InvalidInput("policy.approvers", "must be 1 or 2")
    if rules.approvers == 2 and rules.approval_above_micros is None:
        raise InvalidInput("policy.approvers", "needs a threshold: --approval-above 0 asks two people for everything")
    if rules.overspend not in OVERSPEND_ACTIONS:
        raise InvalidInput("policy.overspend", f"must be one of {', '.join(OVERSPEND_ACTIONS)}")
    return rules


@dataclass(frozen=True)
class ChangeLimits:
    """What a policy says about raises of a daily budget. None means that it says nothing.

    largest_micros, largest_share: in one step (0.5 is half as much again); per_day_micros: all raises of a project on one day;
    cooldown_seconds: between two changes of the budget of one object (a campaign, an ad set).
    """

    currency: str
    largest_micros: int | None = None
    largest_share: Decimal | None = None
    per_day_micros: int | None = None
    cooldown_seconds: int | None = None


@dataclass(frozen=True)
class Raise:
    """A raise of a daily budget that somebody wants. last_change: of the same objects (business time); None when there was none."""

    before_micros: int
    by_micros: int
    raised_today_micros: int
    last_change: datetime | None
    now: datetime


def refuse_raise(limits: ChangeLimits, wanted: Raise) -> str | None:
    """Why a policy forbids a raise; None when it does not. Decreases are never asked about: less spend needs no permission."""
    money = partial(Money, currency=limits.currency)
    if limits.largest_micros is not None and wanted.by_micros > limits.largest_micros:
        return f"a raise of {money(wanted.by_micros)} a day is above the largest step of {money(limits.largest_micros)}"
    if limits.largest_share is not None and wanted.by_micros > limits.largest_share * wanted.before_micros:
        share = Decimal(wanted.by_micros) / wanted.before_micros
        return f"a raise by {share:.1%} is above the largest step of {limits.largest_share:.1%}"
    if limits.per_day_micros is not None and wanted.raised_today_micros + wanted.by_micros > limits.per_day_micros:
        today = money(wanted.raised_today_micros)
        return f"a raise of {money(wanted.by_micros)} on top of {today} today is above the {money(limits.per_day_micros)} of one day"
    if limits.cooldown_seconds and wanted.last_change is not None:
        until = wanted.last_change + timedelta(seconds=limits.cooldown_seconds)
        if wanted.now < until:
            return f"its budget was changed at {wanted.last_change:%Y-%m-%d %H:%M}; the cool-down ends at {until:%Y-%m-%d %H:%M} UTC"
    return None


def is_open(gates: Mapping[str, Any], gate: Gate) -> bool:
    """Whether the machine may pass a gate by itself. A gate that nobody set is kept by a person: it fails closed."""
    return gates.get(gate) == "auto"


def check_name(name: str) -> str:
    """A project's name as it is kept: one line, and nothing that could pass for a marker on a platform. Raises InvalidInput."""
    kept = name.strip()
    if not kept or len(kept) > _LONGEST_NAME:
        raise InvalidInput("project.name", f"must have 1 to {_LONGEST_NAME} characters")
    if any(unicodedata.category(char) in _NOT_IN_A_NAME and char not in _JOINERS for char in kept):
        raise InvalidInput("project.name", "must be text on one line, without control characters or ones that cannot be seen")
    if not any(unicodedata.category(char)[0] in "LNPS" for char in kept):
        raise InvalidInput("project.name", "must have something that can be read")
    if MARKED.search(kept):
        raise InvalidInput("project.name", "must not hold 'zamc:': on platforms that marks what is ours")
    return kept


def check_gates(gates: Mapping[str, str]) -> dict[str, str]:
    """Raises InvalidInput for a gate or a keeper that does not exist."""
    for gate, keeper in gates.items():
        if gate not in GATES:
            raise InvalidInput(f"gates.{gate}", f"is not a gate; there are {', '.join(GATES)}")
        if keeper not in KEEPERS:
            raise InvalidInput(f"gates.{gate}", f"must be one of {', '.join(KEEPERS)}")
    return dict(gates)


def check_caps(caps: Caps) -> Caps:
    """Raises InvalidInput when a cap is not positive, out of range, or smaller than one that it contains."""
    decimals_of(caps.currency)
    named = {"daily": caps.daily_micros, "monthly": caps.monthly_micros, "total": caps.total_micros}
    for name, micros in named.items():
        if micros is None:
            continue
        if micros <= 0:
            raise InvalidInput(f"policy.{name}", "must be greater than zero")
        Money(micros, caps.currency)
    if caps.monthly_micros < caps.daily_micros:
        raise InvalidInput("policy.monthly", "is smaller than the cap of a single day")
    if caps.total_micros is not None and caps.total_micros < caps.daily_micros:
        raise InvalidInput("policy.total", "is smaller than the cap of a single day")
    for platform, periods in caps.platforms.items():
        if platform not in PLATFORMS:
            raise InvalidInput("policy.platform", f"{platform!r} is not one of {', '.join(PLATFORMS)}")
        for period, micros in periods.items():
            whole = {"day": caps.daily_micros, "month": caps.monthly_micros, "total": caps.total_micros}
            if period not in whole:
                raise InvalidInput(f"policy.{platform}", f"{period!r} is not one of {', '.join(whole)}")
            if micros <= 0:
                raise InvalidInput(f"policy.{platform}.{period}", "must be greater than zero")
            most = whole[period]
            if most is not None and micros > most:
                raise InvalidInput(f"policy.{platform}.{period}", f"is above the project's own cap of {Money(most, caps.currency)}")
    return caps


def caps_for_budget(amount: Money, *, flight_days: int | None) -> Caps:
    """The caps that a budget implies. amount: for the whole flight, or per month when flight_days is None.

    A day may be billed at twice the average (Google; Meta 1.75), rounded up to the minor unit; nothing may exceed the amount.
    """
    days = _DAYS_PER_MONTH if flight_days is None else Decimal(max(1, flight_days))
    unit = amount.minor_unit_micros
    coins = (Decimal(2 * amount.micros) / days / unit).to_integral_value(rounding=ROUND_CEILING)
    daily = min(int(coins) * unit, amount.micros)
    return check_caps(Caps(amount.currency, daily, amount.micros, None if flight_days is None else amount.micros))


def cap_of(caps: Caps, period: str, *, platform: str | None = None) -> int | None:
    """The cap for a ledger period: "day", "total" or a month such as "2026-12"; None when there is none. platform: the cap of that one."""
    if platform is not None:
        return caps.platforms.get(platform, {}).get(period if period in ("day", "total") else "month")
    return {"day": caps.daily_micros, "total": caps.total_micros}.get(period, caps.monthly_micros)
