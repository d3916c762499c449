"""Changes of what is live, pure: what may be changed in place, the difference that a person reviews, and what a read-back proves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from zamc.deployments import meta_money
from zamc.deployments.field_rules import checked, comparable
from zamc.deployments.rules import Desired, Facts
from zamc.deployments.tree import fingerprint
from zamc.errors import InvalidInput
from zamc.money import Money
from zamc.strategies.budget_rules import minimum_daily

# What each platform lets be changed without making a new object. Everything else is refused: it needs a new set and a new launch.
MUTABLE: Mapping[str, Mapping[str, frozenset[str]]] = {
    "google_ads": {
        "budget": frozenset({"amount_micros"}),
        "campaign": frozenset({"name", "ends_on", "negative_keywords"}),
        "ad_group": frozenset({"name", "keywords"}),
    },
    "meta_ads": {
        "campaign": frozenset({"name", "daily_budget"}),
        "ad_set": frozenset({"name", "daily_budget", "ends_on"}),
        "ad": frozenset({"name"}),
    },
}
# Money of one object, by the names that platforms have for it.
BUDGET_FIELDS = frozenset({"amount_micros", "daily_budget"})
_WHY_NOT = {
    "creative": "a creative of Meta never changes once it is made; have a new set of creatives made and launch it",
    "image": "a picture is what its bytes are; have a new set of creatives made and launch it",
    "ad": "an ad that is changed is reviewed again as a new one; have a new set of creatives made and launch it",
}
_LATEST_END = date(2037, 12, 30)  # the latest day that Google Ads takes
LARGEST_DAILY = 10**15  # micros; far above what any platform takes, far below an int64


class Seen(StrEnum):
    """What a read-back says of a change."""

    NEW = "new"
    OLD = "old"
    OTHER = "other"
    GONE = "gone"


@dataclass(frozen=True)
class Part:
    """An object of the tree, as far as a change is concerned."""

    obj_key: UUID
    kind: str
    local_ref: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """What somebody wants of a live deployment. fields: (kind, local_ref, field of the spec) -> new value."""

    daily_budget_micros: int | None = None
    ends_on: date | None = None
    open_end: bool = False
    fields: Mapping[tuple[str, str, str], Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "daily_budget_micros": self.daily_budget_micros,
            "ends_on": self.ends_on.isoformat() if self.ends_on else None,
            "open_end": self.open_end,
            "fields": [[*where, value] for where, value in self.fields.items()],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Request":
        return cls(
            daily_budget_micros=stored["daily_budget_micros"],
            ends_on=date.fromisoformat(stored["ends_on"]) if stored["ends_on"] else None,
            open_end=stored["open_end"],
            fields={(kind, ref, name): value for kind, ref, name, value in stored["fields"]},
        )


@dataclass(frozen=True)
class Difference:
    """One field of one object: what the platform shows, what our record says, what is wanted. In the spec's own units."""

    obj_key: UUID
    kind: str
    local_ref: str
    field: str
    seen: Any
    recorded: Any
    wanted: Any


def mutable_values(platform: str, kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a spec that can be changed in place, and compared with what a platform shows."""
    names = MUTABLE.get(platform, {}).get(kind, frozenset())
    return {name: comparable(spec[name]) for name in sorted(names) if name in spec}


def wanted_values(platform: str, currency: str, parts: Sequence[Part], request: Request, *, today: date) -> dict[UUID, dict[str, Any]]:
    """The new values of a request by object, only where they differ from the recorded spec.

    Raises InvalidInput, which names the field, for money out of range, an end that has passed, and whatever cannot change in place.
    """
    wanted: dict[UUID, dict[str, Any]] = {}
    if request.daily_budget_micros is not None:
        for key, values in _budgets(platform, currency, parts, request.daily_budget_micros).items():
            wanted.setdefault(key, {}).update(values)
    if request.ends_on is not None or request.open_end:
        end = _end(request, today)
        for part in parts:
            if "ends_on" in part.spec:
                wanted.setdefault(part.obj_key, {})["ends_on"] = end
    for (kind, ref, name), value in request.fields.items():
        found = next((part for part in parts if (part.kind, part.local_ref) == (kind, ref)), None)
        if found is None:
            known = ", ".join(f"{part.kind}:{part.local_ref}" for part in parts)
            raise InvalidInput(f"{kind}:{ref}", f"is no object of this deployment; it has {known}")
        if name not in MUTABLE.get(platform, {}).get(kind, frozenset()):
            reason = _WHY_NOT.get(kind, "the platform does not let it change in place; launch anew with it")
            raise InvalidInput(f"{kind}:{ref}.{name}", reason)
        if name in BUDGET_FIELDS:
            raise InvalidInput(f"{kind}:{ref}.{name}", "is money: ask for a daily budget of the whole deployment instead")
        if name == "ends_on":
            # Each day more is money too: only an end of the whole deployment is reserved for and approved.
            raise InvalidInput(f"{kind}:{ref}.{name}", "is the flight's end: ask for an end of the whole deployment instead")
        wanted.setdefault(found.obj_key, {})[name] = checked(kind, ref, name, value)
    by_key = {part.obj_key: part for part in parts}
    changed = {
        key: {name: value for name, value in values.items() if comparable(by_key[key].spec.get(name)) != comparable(value)}
        for key, values in wanted.items()
    }
    return {key: values for key, values in changed.items() if values}


def _budgets(platform: str, currency: str, parts: Sequence[Part], daily: int) -> dict[UUID, dict[str, Any]]:
    if not 0 < daily <= LARGEST_DAILY:
        raise InvalidInput("daily_budget", f"{daily} micros a day is out of range: it must be above 0 and at most {LARGEST_DAILY}")
    money = Money(daily, currency)
    money.minor_units()
    if platform == "google_ads":
        paid = [part for part in parts if part.kind == "budget"]
        if money < minimum_daily("google_ads", currency):
            raise InvalidInput("daily_budget", f"{money} a day is below the platform's minimum of {minimum_daily('google_ads', currency)}")
        return {part.obj_key: {"amount_micros": daily} for part in paid}
    holders = [part for part in parts if part.spec.get("daily_budget") is not None]
    least = meta_money.least_units(minimum_daily("meta_ads", currency))
    if not holders or meta_money.units(money) // len(holders) < least:
        raise InvalidInput("daily_budget", f"{money} a day does not give each of {len(holders)} budgets the platform's minimum")
    shares = meta_money.split(meta_money.units(money), len(holders))
    return {part.obj_key: {"daily_budget": share} for part, share in zip(holders, shares, strict=True)}


def budget_micros(spec: Mapping[str, Any]) -> int | None:
    """Micros a day that an object may spend by its spec; None when it has no budget of its own."""
    if "amount_micros" in spec:
        return int(spec["amount_micros"])
    units = spec.get("daily_budget")
    return None if units is None else int(units) * meta_money.unit_micros(spec["currency"])


def _end(request: Request, today: date) -> str | None:
    if request.open_end and request.ends_on is not None:
        raise InvalidInput("ends_on", "say either an end or none, not both")
    if request.ends_on is None:
        return None
    if request.ends_on < today:
        raise InvalidInput("ends_on", f"{request.ends_on} has passed; `zamc end` ends a deployment now")
    if request.ends_on > _LATEST_END:
        raise InvalidInput("ends_on", f"must be {_LATEST_END} or earlier")
    return request.ends_on.isoformat()


def differences(
    parts: Sequence[Part], wanted: Mapping[UUID, Mapping[str, Any]], seen: Mapping[UUID, Mapping[str, Any]]
) -> list[Difference]:
    """What a person reviews, in the order of the tree."""
    return [
        Difference(part.obj_key, part.kind, part.local_ref, name, seen.get(part.obj_key, {}).get(name), part.spec.get(name), value)
        for part in parts
        for name, value in wanted.get(part.obj_key, {}).items()
    ]


def change_hash(**facts: Any) -> str:
    """What an approval of a change is bound to: everything that was shown, and everything it was computed from."""
    return fingerprint(facts)


def judge(before: Mapping[str, Any], after: Mapping[str, Any], seen: Mapping[str, Any] | None) -> Seen:
    """What the platform shows of a change that was sent. None: the object is not there."""
    if seen is None:
        return Seen.GONE
    if all(comparable(seen.get(name)) == comparable(value) for name, value in after.items()):
        return Seen.NEW
    if all(comparable(seen.get(name)) == comparable(before.get(name)) for name in after):
        return Seen.OLD
    return Seen.OTHER


def why_not_update(operation_generation: int, facts: Facts) -> str | None:
    """Why a change of what is live or paused may not be sent now, or None. Asked with the rows locked."""
    reasons = (
        (facts.kill_switch, "the kill switch is on"),
        (facts.hold, "the installation is on hold after a restore"),
        (facts.desired not in (Desired.ENABLED, Desired.PAUSED), f"it is wanted {facts.desired}"),
        (operation_generation != facts.generation, "a newer intention exists"),
        (facts.approved_hash is None or facts.approved_hash != facts.plan_hash, "the approval is for another plan"),
        (facts.reserved_micros <= 0, "no spend is reserved for it"),
    )
    return next((why for holds, why in reasons if holds), None)
