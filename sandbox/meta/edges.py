"""Lists: what lies behind an edge, filtered and cut into pages with cursors."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from sandbox.meta import activities
from sandbox.meta.errors import named, param
from sandbox.meta.fields import Field
from sandbox.meta.filters import Filters
from sandbox.meta.nodes import default_fields, render
from sandbox.meta.status import thumbnails
from sandbox.meta.view import DELIVERABLE, EDGES, PLATFORM, View
from sandbox.store import Obj

DEFAULT_LIMIT: Final = 25
MAX_LIMIT: Final = 5000
NEWEST_FIRST: Final = (*DELIVERABLE, "adcreative", "adimage", "advideo")
MOST_COUNTS: Final = 1000


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


def select(view: View, filters: Filters, objects: Iterable[Obj]) -> list[Obj]:
    """The objects that a list shows."""
    chosen = [obj for obj in objects if filters.pass_(view, obj)]
    # The newest come first, as on the platform.
    return chosen[::-1] if filters.kind in NEWEST_FIRST else chosen


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
    kept = _kept(params)
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


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text.encode()).decode()
    except ValueError:
        raise param("Invalid cursors values", "after") from None


def _position(keys: list[str], text: str) -> int:
    try:
        return keys.index(_decoded(text))
    except ValueError:
        raise param("Invalid cursors values", "after") from None


def list_edge(view: View, obj: Obj, edge: str, params: Mapping[str, str], wanted: tuple[Field, ...]) -> dict[str, Any]:
    """The answer of GET /NODE/EDGE: {"data": [...], "paging": {...}, "summary": {...}}."""
    kind = EDGES.get((obj.kind, edge))
    if kind is None:
        raise param(f"Tried accessing nonexisting field ({edge})")
    url = f"{view.url}/{obj.id}/{edge}"
    fields = wanted or default_fields(kind, edge=True)
    summary = str(params.get("summary", "")).lower() in ("true", "1", "total_count")
    if kind == "activity":
        rows, paging = _log(view, obj, params, url)
        return _answer(view, rows, paging, fields, total=None)
    filters = Filters(kind, params)
    narrowed = filters.narrowed(view, obj.account) if obj.kind == "adaccount" else {}
    if obj.kind == "adaccount" and kind in NEWEST_FIRST and not narrowed and not params.get("before") and not view.tx.lags:
        rows, paging = walk(view, obj.account, filters, params, url)
        return _answer(view, rows, paging, fields, total=count(view, obj.account, filters) if summary else None)
    found = view.tx.find(PLATFORM, obj.account, kind, removed=None, **narrowed) if narrowed else members(view, obj, edge)
    chosen = select(view, filters, found)
    rows, paging = page(chosen, [o.id for o in chosen], params, url)
    return _answer(view, rows, paging, fields, total=len(chosen) if summary else None)


def _log(view: View, account: Obj, params: Mapping[str, str], url: str) -> tuple[list[Obj], dict[str, Any]]:
    limit = _limit(params.get("limit"))
    after = _decoded(params["after"]) if params.get("after") else None
    rows, place = activities.listed(view, account, params, limit=limit, after=after)
    if not rows:
        return [], {}
    paging: dict[str, Any] = {"cursors": {"before": cursor(rows[0].id), "after": cursor(rows[-1].id)}}
    if place is not None:
        paging["next"] = f"{url}?{urlencode({**_kept(params), 'limit': limit, 'after': cursor(place)})}"
    return rows, paging


def _kept(params: Mapping[str, str]) -> dict[str, str]:
    """What the address of the next page repeats."""
    return {k: v for k, v in params.items() if k not in ("after", "before", "access_token", "appsecret_proof")}


def _answer(view: View, rows: list[Obj], paging: dict[str, Any], fields: tuple[Field, ...], *, total: int | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"data": [render(view, o, fields) for o in rows]}
    if paging:
        answer["paging"] = paging
    if total is not None:
        answer["summary"] = {"total_count": total}
    return answer


def walk(view: View, account: str, filters: Filters, params: Mapping[str, str], url: str) -> tuple[list[Obj], dict[str, Any]]:
    """One page of everything that an account has of a kind, read from the cursor on and no further than needed."""
    limit, after = _limit(params.get("limit")), None
    if params.get("after"):
        after = _decoded(params["after"])
        if view.get(account, filters.kind, after) is None:
            raise param("Invalid cursors values", "after")
    rows: list[Obj] = []
    for obj in view.tx.walk(PLATFORM, account, filters.kind, below=after):
        if filters.pass_(view, obj):
            rows.append(obj)
            if len(rows) > limit:
                break
    shown = rows[:limit]
    if not shown:
        return [], {}
    paging: dict[str, Any] = {"cursors": {"before": cursor(shown[0].id), "after": cursor(shown[-1].id)}}
    kept = _kept(params)
    if len(rows) > limit:
        paging["next"] = f"{url}?{urlencode({**kept, 'limit': limit, 'after': cursor(shown[-1].id)})}"
    if after is not None:
        paging["previous"] = f"{url}?{urlencode({**kept, 'limit': limit, 'before': cursor(shown[0].id)})}"
    return shown, paging


_COUNTED: dict[tuple[str, str, str], tuple[str, int, int]] = {}


def count(view: View, account: str, filters: Filters) -> int:
    """How many objects an account's list has; remembered until something is written, because clients ask with every page."""
    version = view.tx.version()
    key = (account, filters.kind, json.dumps([filters.rest, filters.all_statuses], default=str))
    known = _COUNTED.get(key)
    if known is not None and known[:2] == version:
        return known[2]
    if filters.rest:
        total = sum(filters.pass_(view, obj) for obj in view.tx.walk(PLATFORM, account, filters.kind))
    else:
        total = view.tx.total(PLATFORM, account, filters.kind, without=() if filters.all_statuses else ("DELETED", "ARCHIVED"))
    if len(_COUNTED) > MOST_COUNTS:
        _COUNTED.clear()
    _COUNTED[key] = (*version, total)
    return total
