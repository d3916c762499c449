"""GoogleAdsService.Search and SearchStream: parse, check, collect rows, measure, filter, sort, cut."""

import base64
import datetime as dt
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.google.account import Account
from sandbox.google.api import Api
from sandbox.google.bodies import Body, from_body, get_path, set_path
from sandbox.google.errors import AdsError
from sandbox.google.facts import Counts, Measure
from sandbox.google.gaql.catalogue import Category
from sandbox.google.gaql.check import Plan, check
from sandbox.google.gaql.parser import parse
from sandbox.google.hints import Hints
from sandbox.google.report_rows import ReportRows
from sandbox.google.rows import Row, Rows
from sandbox.store import Transaction

# The platform's fixed page size; SearchStream sends batches of the same size.
PAGE_ROWS = 10_000


@dataclass(frozen=True)
class Found:
    """The answer of a query: rows as bodies, the selected names, and the sums over all rows."""

    rows: list[Body]
    fields: tuple[str, ...]
    summary: Body


class _Pages:
    """The latest answers of more than one page, so that each further page does not do all of the work again."""

    def __init__(self, most: int = 4) -> None:
        self._lock = threading.Lock()
        self._most = most
        self._found: dict[tuple[str, ...], Found] = {}

    def put(self, key: tuple[str, ...], found: Found) -> None:
        with self._lock:
            self._found.pop(key, None)
            self._found[key] = found
            while len(self._found) > self._most:
                del self._found[next(iter(self._found))]

    def take(self, key: tuple[str, ...]) -> Found | None:
        """The answer, which is forgotten: whoever has another page to come puts it back."""
        with self._lock:
            return self._found.pop(key, None)


PAGES = _Pages()


def run(api: Api, tx: Transaction, account: Account, text: str) -> Found:
    """Answer a query. Raises AdsError or Refused as `parse` and `check` do."""
    if not text.strip():
        raise AdsError("query_error", "UNEXPECTED_END_OF_QUERY", "Error in query: the query is empty.", ("query",))
    today = account.now.date()
    plan = check(api, parse(text), today=today, manager=bool(account.body.get("manager")))
    rows = ReportRows(tx, account, plan.fields, Hints(plan.query.where))
    kept, total = [], Counts()
    for body, counts in _measured(plan, tx, account, rows):
        if plan.keeps(body):
            kept.append(body)
            total += counts
    kept = _sorted(plan, kept)
    if plan.query.limit is not None:
        kept = kept[: plan.query.limit]
    summary = {"metrics": _chosen(plan, total.metrics())} if _has_metrics(plan) else {}
    return Found([_shown(plan, body) for body in kept], plan.query.select, summary)


def _has_metrics(plan: Plan) -> bool:
    return any(plan.fields[name].category is Category.METRIC for name in plan.query.select)


def _chosen(plan: Plan, metrics: Body) -> Body:
    names = [name.removeprefix("metrics.") for name in plan.query.select if name.startswith("metrics.")]
    return {name: metrics[name] for name in names}


def _measured(plan: Plan, tx: Transaction, account: Account, rows: Rows) -> Iterator[tuple[Body, Counts]]:
    if not plan.metrics:
        for row in _rows(plan, rows):
            yield {**row.bodies}, Counts()
        return
    today = account.now.date()
    first = max(plan.dates.first or dt.date.min, rows.first_day())
    last = min(plan.dates.last or dt.date.max, today)
    span = range((last - first).days + 1)
    days = [day for day in (first + dt.timedelta(days=index) for index in span) if plan.covers(day)]
    measure = Measure(tx, account, days)
    wanted = [name.removeprefix("metrics.") for name in plan.query.select if name.startswith("metrics.")]
    for row in _rows(plan, rows):
        for segments, counts in measure.split(row, plan.segments):
            metrics = counts.metrics()
            # A segmented report has no rows in which all selected metrics are zero.
            if plan.segments and not any(metrics[name] for name in wanted or ("impressions", "cost_micros", "conversions")):
                continue
            yield {**row.bodies, "metrics": metrics, "segments": segments}, counts


def _rows(plan: Plan, rows: Rows) -> Iterator[Row]:
    split = plan.resource == "campaign_budget" and any(field.resource == "campaign" for field in plan.fields.values())
    for row in rows.of(plan.resource):
        if split:
            yield from rows.split_by_campaign(row)
        else:
            yield row


def _sorted(plan: Plan, bodies: list[Body]) -> list[Body]:
    for ordering in reversed(plan.query.order_by):
        bodies = sorted(bodies, key=lambda body: _order(get_path(body, ordering.field)), reverse=ordering.descending)
    return bodies


def _order(value: Any) -> tuple[bool, Any]:
    # Unset values come first; booleans and numbers of a field are of one type.
    return (value is not None, value if value is not None else 0)


def _shown(plan: Plan, body: Body) -> Body:
    """The selected fields, and the resource names of the resources they belong to."""
    out: Body = {}
    for name in plan.query.select:
        value = get_path(body, name)
        if value is not None:
            set_path(out, name, value)
    if dict(plan.query.parameters).get("omit_unselected_resource_names") != "true":
        for resource in {plan.resource, *(name.split(".", 1)[0] for name in plan.query.select)}:
            if "resource_name" in body.get(resource, {}):
                out.setdefault(resource, {})["resource_name"] = body[resource]["resource_name"]
        if "ad" in out.get("ad_group_ad", {}):
            out["ad_group_ad"]["ad"] = {**out["ad_group_ad"]["ad"], "resource_name": body["ad_group_ad"]["ad"]["resource_name"]}
    return out


def search(api: Api, tx: Transaction, account: Account, request: Any) -> Any:
    """One page of SearchGoogleAdsResponse. Raises AdsError PAGE_SIZE_NOT_SUPPORTED, INVALID_PAGE_TOKEN."""
    if request.page_size:
        message = "Setting the page size is not supported. Search results have a fixed page size of 10,000 rows."
        raise AdsError("request_error", "PAGE_SIZE_NOT_SUPPORTED", message, ("page_size",))
    if request.validate_only and request.page_token:
        message = "A validate_only request has no page token."
        raise AdsError("request_error", "VALIDATE_ONLY_REQUEST_HAS_PAGE_TOKEN", message, ("page_token",))
    key = (tx.version()[0], account.id, request.query)
    offset = _offset(request.page_token, request.query)
    found = (PAGES.take(key) if offset else None) or run(api, tx, account, request.query)
    response = api.message("services.SearchGoogleAdsResponse")()
    if request.validate_only:
        return response
    settings = request.search_settings
    response.field_mask.paths.extend(found.fields)
    if settings.return_total_results_count:
        response.total_results_count = len(found.rows)
    if settings.return_summary_row:
        if not found.summary:
            code = "CANNOT_RETURN_SUMMARY_ROW_FOR_REQUEST_WITHOUT_METRICS"
            message = "A summary row needs metrics in SELECT."
            raise AdsError("request_error", code, message, ("search_settings", "return_summary_row"))
        response.summary_row.CopyFrom(from_body(api.message("services.GoogleAdsRow"), found.summary))
    if settings.omit_results:
        return response
    _fill(api, response, found.rows[offset : offset + PAGE_ROWS])
    if len(found.rows) > offset + PAGE_ROWS:
        response.next_page_token = _token(offset + PAGE_ROWS, request.query)
        PAGES.put(key, found)
    return response


def search_stream(api: Api, tx: Transaction, account: Account, request: Any, request_id: str) -> list[Any]:
    """All batches of SearchGoogleAdsStreamResponse; one without rows where nothing was found."""
    found = run(api, tx, account, request.query)
    setting = api.enum("SummaryRowSetting").values_by_number[request.summary_row_setting].name
    batches = [found.rows[at : at + PAGE_ROWS] for at in range(0, len(found.rows), PAGE_ROWS)] or [[]]
    if setting == "SUMMARY_ROW_ONLY":
        batches = [[]]
    responses = []
    for batch in batches:
        response = api.message("services.SearchGoogleAdsStreamResponse")(request_id=request_id)
        response.field_mask.paths.extend(found.fields)
        _fill(api, response, batch)
        responses.append(response)
    if found.summary and setting in ("SUMMARY_ROW_WITH_RESULTS", "SUMMARY_ROW_ONLY"):
        responses[-1].summary_row.CopyFrom(from_body(api.message("services.GoogleAdsRow"), found.summary))
    return responses


def _fill(api: Api, response: Any, rows: list[Body]) -> None:
    cls = api.message("services.GoogleAdsRow")
    response.results.extend(from_body(cls, row) for row in rows)


def _token(offset: int, query: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([offset, _digest(query)]).encode()).decode()


def _offset(token: str, query: str) -> int:
    if not token:
        return 0
    try:
        offset, digest = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        digest = None
    if digest != _digest(query):
        raise AdsError("request_error", "INVALID_PAGE_TOKEN", "The page token is invalid.", ("page_token",), trigger=token)
    return int(offset)


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:16]
