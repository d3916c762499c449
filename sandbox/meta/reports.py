"""Insights as answers: at once with GET, or as a report that is ordered, polled and read."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.meta import edges, insights_query
from sandbox.meta import insights as made
from sandbox.meta.errors import named, unsupported
from sandbox.meta.view import DELIVERABLE, PLATFORM, View
from sandbox.store import Obj

REPORTING: Final = ("adaccount", *DELIVERABLE)
# A synchronous question for more rows than this is refused, as the platform refuses too much data.
MOST_SYNCHRONOUS_CELLS: Final = 50_000
# What may become of a report, as a fault orders it; the name stands in the order's parameters.
MISHAPS: Final = ("job_never_ends", "job_fails", "job_expires")
MISHAP: Final = "__mishap"
STATES: Final = (("Job Not Started", 0), ("Job Started", 10), ("Job Running", 60), ("Job Completed", 100))


def _query(view: View, node: Obj, params: Mapping[str, str]) -> insights_query.Query:
    if node.kind not in REPORTING:
        raise unsupported("get", node.id)
    zone = ZoneInfo(str(view.account(node).body["timezone_name"]))
    return insights_query.parse(params, kind=node.kind, today=view.now.astimezone(zone).date())


def insights(view: View, node: Obj, params: Mapping[str, str]) -> dict[str, Any]:
    """GET /NODE/insights, and GET /REPORT/insights once the report is complete. Raises GraphError."""
    if node.kind == "report":
        return _report_rows(view, node, params)
    query = _query(view, node, params)
    if _cells(view, node, query) > MOST_SYNCHRONOUS_CELLS:
        raise named("reduce_data")
    return _paged(view, node, query, params, url=f"{view.url}/{node.id}/insights")


def _cells(view: View, node: Obj, query: insights_query.Query) -> int:
    """How many rows the answer may have, filters on campaigns counted."""
    kind = {"account": "campaign"}.get(query.level, query.level)
    named_campaigns = [value for field, operator, value in query.filtering if field == "campaign.id" and operator == "IN"]
    objects = view.tx.find(PLATFORM, node.account, kind, removed=None)
    if named_campaigns:
        chosen = set(map(str, named_campaigns[0]))
        objects = [o for o in objects if (o.id if kind == "campaign" else str(o.body.get("campaign_id"))) in chosen]
    return len(query.spans) * len(objects)


def _paged(view: View, node: Obj, query: insights_query.Query, params: Mapping[str, str], *, url: str) -> dict[str, Any]:
    found = made.rows(view, node, query)
    rows, paging = edges.page(found, [str(n) for n in range(len(found))], params, url)
    answer: dict[str, Any] = {"data": rows}
    if paging:
        answer["paging"] = paging
    if query.summary:
        answer["summary"] = made.summary(view, node, query, found)
    return answer


def order(view: View, node: Obj, params: Mapping[str, str]) -> dict[str, Any]:
    """POST /NODE/insights: a report that will be made. {"report_run_id": ...}."""
    mishap, status = params.get(MISHAP), params.get("status") if MISHAP in params else None
    asked = {k: v for k, v in params.items() if k not in (MISHAP, "status")} if mishap else params
    query = _query(view, node, asked)
    kept = {k: v for k, v in asked.items() if k not in ("access_token", "appsecret_proof")}
    body: dict[str, Any] = {"node": node.id, "params": kept, "polls": 0, "ordered": view.now.isoformat()}
    most = float(view.tx.setting("meta_report_cells") or 0)
    if most and _cells(view, node, query) > most:
        body["error"] = {"error_code": 100, "error_subcode": 1504018}
    if mishap:
        body["mishap"], body["status"] = mishap, status or "Job Failed"
        if mishap == "job_fails":
            body["error"] = {"error_code": 2, "error_subcode": 1504043}
    key = view.tx.insert(PLATFORM, node.account, "report", body, parent=node.id)
    return {"report_run_id": key}


def poll(view: View, report: Obj) -> Obj:
    """The report as it stands: it gets ready in a few seconds of business time."""
    seconds = (view.now - report.created_at) / timedelta(seconds=1)
    per_state = float(view.tx.setting("meta_report_seconds") or 0.05)
    state, percent = STATES[min(len(STATES) - 1, int(seconds / per_state))]
    failed, mishap = report.body.get("error"), report.body.get("mishap")
    if mishap == "job_expires":
        raise unsupported("get", report.id)
    if mishap == "job_never_ends":
        state, percent = STATES[min(2, STATES.index((state, percent)))]
    if failed and percent == 100:
        state = str(report.body.get("status") or "Job Failed")
    shown = {
        **report.body["params"],
        "async_status": state,
        "async_percent_completion": percent,
        "is_running": percent < 100,
        "time_ref": int(report.created_at.timestamp()),
        **({"time_completed": int(view.now.timestamp())} if percent == 100 else {}),
        **(failed or {} if percent == 100 else {}),
    }
    return replace(report, body=shown)


def _report_rows(view: View, report: Obj, params: Mapping[str, str]) -> dict[str, Any]:
    state = poll(view, report)
    if state.body["async_status"] != "Job Completed":
        raise unsupported("get", report.id) if state.body["is_running"] else named("insights_failed")
    # A report is of the moment it was ordered, however long its pages are read.
    view = replace(view, now=min(view.now, report.created_at))
    node = view.tx.locate(PLATFORM, str(report.body["node"]))
    if node is None:
        raise LookupError(f"report {report.id} speaks of nothing")
    zone_now = view.now.astimezone(ZoneInfo(str(view.account(node).body["timezone_name"]))).date()
    query = insights_query.parse(json.loads(json.dumps(report.body["params"])), kind=node.kind, today=zone_now)
    return _paged(view, node, query, params, url=f"{view.url}/{report.id}/insights")
