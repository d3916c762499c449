"""Filters of lists: `filtering=[{"field", "operator", "value"}]`, and what of them an index can serve."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sandbox.meta.errors import param
from sandbox.meta.nodes import value_of
from sandbox.meta.schema import check, fields_of
from sandbox.meta.view import DELIVERABLE, PLATFORM, View
from sandbox.store import Obj


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _items(value: Any) -> list[str]:
    return [str(v) for v in (value if isinstance(value, list) else [value])]


OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "EQUAL": lambda have, want: str(have) == str(want),
    "NOT_EQUAL": lambda have, want: str(have) != str(want),
    "GREATER_THAN": lambda have, want: _number(have) > _number(want),
    "GREATER_THAN_OR_EQUAL": lambda have, want: _number(have) >= _number(want),
    "LESS_THAN": lambda have, want: _number(have) < _number(want),
    "LESS_THAN_OR_EQUAL": lambda have, want: _number(have) <= _number(want),
    "IN_RANGE": lambda have, want: _number(want[0]) <= _number(have) <= _number(want[1]),
    "NOT_IN_RANGE": lambda have, want: not _number(want[0]) <= _number(have) <= _number(want[1]),
    "CONTAIN": lambda have, want: any(w.lower() in str(have or "").lower() for w in _items(want)),
    "NOT_CONTAIN": lambda have, want: not any(w.lower() in str(have or "").lower() for w in _items(want)),
    "STARTS_WITH": lambda have, want: str(have or "").lower().startswith(str(want).lower()),
    "IN": lambda have, want: str(have) in _items(want),
    "NOT_IN": lambda have, want: str(have) not in _items(want),
    "ANY": lambda have, want: bool(set(_items(have or [])) & set(_items(want))),
    "ALL": lambda have, want: set(_items(want)) <= set(_items(have or [])),
    "NONE": lambda have, want: not set(_items(have or [])) & set(_items(want)),
}


def passes(operator: str, have: Any, want: Any) -> bool:
    """Whether a value passes one filter. Raises GraphError 100 for a filter value of the wrong shape."""
    try:
        return OPERATORS[operator](have, want)
    except (TypeError, IndexError, KeyError):
        raise param(f"The value {want!r} does not go with the operator {operator}", "filtering") from None


def parse_filtering(text: str | None) -> list[tuple[str, str, Any]]:
    """[{"field","operator","value"}] as triples. Raises GraphError 100."""
    if not text:
        return []
    try:
        raw = json.loads(text)
    except ValueError:
        raise param("Param filtering must be an array", "filtering") from None
    if not isinstance(raw, list):
        raise param("Param filtering must be an array", "filtering")
    triples = []
    for number, item in enumerate(raw):
        if not isinstance(item, dict) or {"field", "operator"} - item.keys():
            raise param(f"Param filtering[{number}] must have a field, an operator and a value", "filtering")
        operator = str(item["operator"])
        if operator not in OPERATORS:
            raise param(f"filtering[{number}][operator] must be one of the following values: {', '.join(OPERATORS)}", "filtering")
        triples.append((str(item["field"]), operator, item.get("value")))
    return triples


def value(view: View, obj: Obj, field: str) -> Any:
    """The value that a filter speaks of; `campaign.name` on an ad looks at its campaign."""
    kind, _, name = field.rpartition(".")
    if kind and kind != obj.kind:
        key = {"campaign": "campaign_id", "adset": "adset_id"}.get(kind)
        target = view.get(obj.account, kind, str(obj.body.get(key))) if key and key in obj.body else None
        if target is None:
            raise param(f"Filtering field {field} is invalid", "filtering")
        obj = target
    if name in ("created_time", "updated_time"):
        return (obj.created_at if name == "created_time" else obj.updated_at).timestamp()
    if name not in fields_of(obj.kind) and name != "hash":
        raise param(f"Filtering field {field} is invalid", "filtering")
    return value_of(view, obj, name)


class Filter(NamedTuple):
    """One condition of a list."""

    field: str
    operator: str
    value: Any

    @property
    def wanted(self) -> list[str] | None:
        """The values of which one must be met; None when the operator asks for something else."""
        return _items(self.value) if self.operator in ("EQUAL", "IN") else None


# Every effective status that a kind can have: to name them all is to filter nothing.
STATUSES: Final[Mapping[str, frozenset[str]]] = {
    "campaign": frozenset("ACTIVE PAUSED DELETED ARCHIVED IN_PROCESS WITH_ISSUES".split()),
    "adset": frozenset("ACTIVE PAUSED DELETED ARCHIVED IN_PROCESS WITH_ISSUES CAMPAIGN_PAUSED".split()),
    "ad": frozenset(
        "ACTIVE PAUSED DELETED ARCHIVED IN_PROCESS WITH_ISSUES CAMPAIGN_PAUSED ADSET_PAUSED PENDING_REVIEW DISAPPROVED "
        "PENDING_BILLING_INFO".split()
    ),
}
PARENT_FIELDS: Final = ("campaign.id", "campaign_id", "adset.id", "adset_id")
STATUS_FIELDS: Final = ("effective_status", "configured_status", "status")


class Filters:
    """What a list asks for."""

    def __init__(self, kind: str, params: Mapping[str, str]) -> None:
        """Raises GraphError 100."""
        values = check(kind, "list", params)
        found = [Filter(*triple) for triple in parse_filtering(params.get("filtering"))]
        if "effective_status" in values:
            found.append(Filter("effective_status", "IN", values["effective_status"]))
        if values.get("hashes"):
            found.append(Filter("hash", "IN", values["hashes"]))
        named = ("name", "title") if kind in ("adimage", "advideo") else ()
        found += [Filter(name, "EQUAL", values[name]) for name in named if values.get(name)]
        if "updated_since" in values:
            found.append(Filter("updated_time", "GREATER_THAN_OR_EQUAL", values["updated_since"]))
        self.kind = kind
        # Deleted and archived objects are shown only when a status is asked for.
        self.all_statuses = kind not in STATUSES or any(f.field.rpartition(".")[2] in STATUS_FIELDS for f in found)
        self.rest: Sequence[Filter] = [f for f in found if not self._says_nothing(f)]

    def _says_nothing(self, one: Filter) -> bool:
        return (
            one.field in ("effective_status", f"{self.kind}.effective_status")
            and one.operator == "IN"
            and STATUSES.get(self.kind, frozenset("x")) <= set(one.wanted or ())
        )

    def narrowed(self, view: View, account: str) -> dict[str, Any]:
        """The conditions that an index serves, as arguments of the store's find; {} when there is none."""
        found: dict[str, Any] = {}
        for one in self.rest:
            field = one.field.removeprefix(f"{self.kind}.")
            if field == "id" and one.wanted is not None:
                found.setdefault("ids", one.wanted)
            elif field == "name" and one.operator in ("CONTAIN", "STARTS_WITH") and len(_items(one.value)) == 1:
                found.setdefault("like", _items(one.value)[0])
            elif field == "name" and one.operator == "EQUAL":
                found.setdefault("name", str(one.value))
            elif (
                field in ("campaign.id", "campaign_id", "adset.id", "adset_id") and one.wanted is not None and self.kind in ("adset", "ad")
            ):
                found.setdefault("parents", _parents(view, account, self.kind, field, one.wanted))
        return found

    def pass_(self, view: View, obj: Obj) -> bool:
        """Whether an object is shown. Raises GraphError 100 for a filter that does not go with it."""
        if self.kind not in DELIVERABLE and obj.removed:
            return False
        if not self.all_statuses and value_of(view, obj, "effective_status") in ("DELETED", "ARCHIVED"):
            return False
        return all(passes(one.operator, value(view, obj, one.field), one.value) for one in self.rest)


def _parents(view: View, account: str, kind: str, field: str, ids: Iterable[str]) -> list[str]:
    """Ids of the direct parents under which the objects lie."""
    if kind == "ad" and field.startswith("campaign"):
        return [o.id for o in view.tx.find(PLATFORM, account, "adset", parents=ids, removed=None)]
    return list(ids)
