"""Lists: what lies behind an edge, filtered and cut into pages with cursors."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from sandbox.meta import activities
from sandbox.meta.errors import named, param
from sandbox.meta.fields import Field
from sandbox.meta.nodes import default_fields, render, value_of
from sandbox.meta.schema import check, fields_of
from sandbox.meta.status import effective_status, thumbnails
from sandbox.meta.view import DELIVERABLE, EDGES, PLATFORM, View
from sandbox.store import Obj

DEFAULT_LIMIT: Final = 25
MAX_LIMIT: Final = 5000


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


def members(view: View, obj: Obj, edge: str) -> list[Obj]:
    """Everything behind an edge, deleted and archived too."""
    kind = EDGES[obj.kind, edge]
    if kind == "thumbnail":
        return thumbnails(view, obj)
    if obj.kind == "user":
        return view.tx.find(PLATFORM, None, kind)
    if obj.kind == "adaccount":
        return view.tx.find(PLATFORM, obj.account, kind, removed=None)
    if edge == "adcreatives":
        ads = [obj] if obj.kind == "ad" else view.tx.find(PLATFORM, obj.account, "ad", parent=obj.id)
        found = [view.get(obj.account, "adcreative", str(ad.body.get("creative_id"))) for ad in ads]
        return list({c.id: c for c in found if c is not None}.values())
    if obj.kind == "campaign" and kind == "ad":
        sets = view.tx.find(PLATFORM, obj.account, "adset", parent=obj.id, removed=None)
        return [a for s in sets for a in view.tx.find(PLATFORM, obj.account, "ad", parent=s.id, removed=None)]
    return view.tx.find(PLATFORM, obj.account, kind, parent=obj.id, removed=None)


def _filter_value(view: View, obj: Obj, field: str) -> Any:
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


def select(view: View, kind: str, objects: Iterable[Obj], params: Mapping[str, str]) -> list[Obj]:
    """The objects that a list shows. Deleted and archived ones only when their status is asked for."""
    values = check(kind, "list", params)
    filters = parse_filtering(params.get("filtering"))
    if "effective_status" in values:
        filters.append(("effective_status", "IN", values["effective_status"]))
    if values.get("hashes"):
        filters.append(("hash", "IN", values["hashes"]))
    for name in ("name", "title"):
        if kind in ("adimage", "advideo") and values.get(name):
            filters.append((name, "EQUAL", values[name]))
    if "updated_since" in values:
        filters.append(("updated_time", "GREATER_THAN_OR_EQUAL", values["updated_since"]))
    asked = any(field.rpartition(".")[2] in ("effective_status", "configured_status", "status") for field, _, _ in filters)
    chosen = []
    for obj in objects:
        if kind in DELIVERABLE and not asked and effective_status(view, obj) in ("DELETED", "ARCHIVED"):
            continue
        if kind not in DELIVERABLE and obj.removed:
            continue
        if all(passes(operator, _filter_value(view, obj, field), value) for field, operator, value in filters):
            chosen.append(obj)
    # The newest come first, as on the platform.
    return chosen[::-1] if kind in (*DELIVERABLE, "adcreative", "adimage", "advideo") else chosen


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def page(rows: list[Any], keys: list[str], params: Mapping[str, str], url: str) -> tuple[list[Any], dict[str, Any]]:
    """One page of rows and its `paging`. `keys` identify the rows; a cursor that names none of them is an error."""
    limit = _limit(params.get("limit"))
    start, end = 0, len(rows)
    if params.get("after"):
        start = _position(keys, params["after"]) + 1
        end = min(len(rows), start + limit)
    elif params.get("before"):
        end = _position(keys, params["before"])
        start = max(0, end - limit)
    else:
        end = min(len(rows), limit)
    if start >= end:
        return [], {}
    paging: dict[str, Any] = {"cursors": {"before": cursor(keys[start]), "after": cursor(keys[end - 1])}}
    kept = {k: v for k, v in params.items() if k not in ("after", "before", "access_token", "appsecret_proof")}
    if end < len(rows):
        paging["next"] = f"{url}?{urlencode({**kept, 'limit': limit, 'after': cursor(keys[end - 1])})}"
    if start > 0:
        paging["previous"] = f"{url}?{urlencode({**kept, 'limit': limit, 'before': cursor(keys[start])})}"
    return rows[start:end], paging


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not str(text).isdigit() or int(text) < 1:
        raise param("Param limit must be an integer greater than 0", "limit")
    if int(text) > MAX_LIMIT:
        raise named("reduce_data")
    return int(text)


def _position(keys: list[str], text: str) -> int:
    try:
        return keys.index(base64.urlsafe_b64decode(text.encode()).decode())
    except (ValueError, UnicodeDecodeError):
        raise param("Invalid cursors values", "after") from None


def list_edge(view: View, obj: Obj, edge: str, params: Mapping[str, str], wanted: tuple[Field, ...]) -> dict[str, Any]:
    """The answer of GET /NODE/EDGE: {"data": [...], "paging": {...}, "summary": {...}}."""
    kind = EDGES.get((obj.kind, edge))
    if kind is None:
        raise param(f"Tried accessing nonexisting field ({edge})")
    chosen = activities.listed(view, obj, params) if kind == "activity" else select(view, kind, members(view, obj, edge), params)
    rows, paging = page(chosen, [o.id for o in chosen], params, f"{view.url}/{obj.id}/{edge}")
    fields = wanted or default_fields(kind, edge=True)
    answer: dict[str, Any] = {"data": [render(view, o, fields) for o in rows]}
    if paging:
        answer["paging"] = paging
    if str(params.get("summary", "")).lower() in ("true", "1", "total_count"):
        answer["summary"] = {"total_count": len(chosen)}
    return answer
