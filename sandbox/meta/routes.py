"""What the Graph API answers: one entry per verb, kind of node and edge. docs/reference/sandbox-meta.md lists the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.meta import edges, places, reports, videos, writes
from sandbox.meta import fields as grammar
from sandbox.meta.errors import param, unsupported
from sandbox.meta.nodes import default_fields, render
from sandbox.meta.rules.targeting import locale_rows
from sandbox.meta.view import DELIVERABLE, EDGES, PLATFORM, View
from sandbox.store import Obj
from sandbox.web import Upload


@dataclass(frozen=True)
class Call:
    """One call after parsing: of its own, or out of a batch. `path` has no version; `name` is what logs and faults know."""

    method: str
    path: tuple[str, ...]
    params: Mapping[str, str]
    files: Mapping[str, Upload]
    url: str

    @property
    def edge(self) -> str:
        return self.path[1] if len(self.path) > 1 else ""


Handler = Callable[[View, Obj, Call], dict[str, Any]]


def virtual(kind: str, now: datetime) -> Obj:
    """A node that nobody made: the caller, the search."""
    return Obj(PLATFORM, "", kind, "1", None, "Sandbox", None, {}, created_at=now, updated_at=now, removed=False)


def _wanted(call: Call) -> tuple[grammar.Field, ...]:
    return grammar.parse(call.params["fields"]) if call.params.get("fields") else ()


def _node(view: View, obj: Obj, call: Call) -> dict[str, Any]:
    shown = reports.poll(view, obj) if obj.kind == "report" else obj
    return render(view, shown, _wanted(call) or default_fields(obj.kind, edge=False))


def _list(view: View, obj: Obj, call: Call) -> dict[str, Any]:
    return edges.list_edge(view, obj, call.edge, call.params, _wanted(call))


def _insights(view: View, obj: Obj, call: Call) -> dict[str, Any]:
    return reports.insights(view, obj, call.params)


def _order(view: View, obj: Obj, call: Call) -> dict[str, Any]:
    return reports.order(view, obj, call.params)


def _search(_: View, __: Obj, call: Call) -> dict[str, Any]:
    """GET /search?type=adgeolocation|adlocale&q=..."""
    kind, query = call.params.get("type"), call.params.get("q", "")
    if kind == "adlocale":
        return {"data": locale_rows(query)}
    if kind == "adgeolocation":
        return {
            "data": [
                {"key": key, "name": c.name, "type": "city", "country_code": c.country, "region": c.region,
                 "supports_city": True, "supports_region": True}
                for key, c in places.CITIES.items()
                if c.name.lower().startswith(query.lower())
            ]
        }  # fmt: skip
    raise param("type must be one of the following values: adgeolocation, adlocale", "type")


def _create(view: View, obj: Obj, call: Call) -> dict[str, Any]:
    fields = grammar.parse(call.params.get("fields"))
    return writes.create(view, obj, call.edge, writes.Input(call.params, call.files, fields))


def _update(view: View, obj: Obj, call: Call) -> dict[str, Any]:
    return writes.update(view, obj, call.params)


def _delete(view: View, obj: Obj, _: Call) -> dict[str, Any]:
    return writes.delete(view, obj)


def _delete_image(view: View, obj: Obj, call: Call) -> dict[str, Any]:
    return writes.delete_image(view, obj, call.params)


def _delete_video(view: View, obj: Obj, call: Call) -> dict[str, Any]:
    found = view.get(obj.id, "advideo", call.params.get("video_id") or "")
    if found is None or found.removed:
        raise param("The video does not exist", "video_id")
    return videos.delete(view, found)


ROUTES: Final[Mapping[tuple[str, str, str], Handler]] = {
    ("GET", "search", ""): _search,
    **{
        ("GET", kind, ""): _node
        for kind in ("user", "adaccount", *DELIVERABLE, "adcreative", "adimage", "advideo", "page", "pixel", "report")
    },
    **{("GET", kind, edge): _list for kind, edge in EDGES},
    **{("GET", kind, "insights"): _insights for kind in ("adaccount", *DELIVERABLE, "report")},
    **{("POST", kind, "insights"): _order for kind in ("adaccount", *DELIVERABLE)},
    **{("POST", "adaccount", edge): _create for edge in ("campaigns", "adsets", "ads", "adcreatives", "adimages", "advideos")},
    **{("POST", kind, ""): _update for kind in (*DELIVERABLE, "adcreative")},
    **{("DELETE", kind, ""): _delete for kind in (*DELIVERABLE, "adcreative", "advideo")},
    ("DELETE", "adaccount", "adimages"): _delete_image,
    ("DELETE", "adaccount", "advideos"): _delete_video,
}


def answer(view: View, obj: Obj, call: Call) -> dict[str, Any]:
    """Raises GraphError: also for what the node does not have."""
    handler = ROUTES.get((call.method, obj.kind, call.edge))
    if handler is not None:
        return handler(view, obj, call)
    if call.method == "GET" and call.edge and obj.kind != "report":
        raise param(f"Tried accessing nonexisting field ({call.edge})")
    raise unsupported(call.method, obj.id)
