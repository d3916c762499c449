"""Semantic checks of a parsed query against the catalogue: names, compatibility, dates."""

import datetime as dt
from dataclasses import dataclass

import grpc

from sandbox.google.api import Api
from sandbox.google.bodies import Body, get_path
from sandbox.google.errors import AdsError, Refused
from sandbox.google.gaql.catalogue import Catalogue, Category, Field, catalogue
from sandbox.google.gaql.conditions import Predicate, predicate
from sandbox.google.gaql.dates import Bounds, bounds, segment_values
from sandbox.google.gaql.schema import (
    CONVERSION_METRICS,
    CONVERSION_SEGMENTS,
    CORE_DATE_SEGMENTS,
    METRICS,
    QUERYABLE,
    ROW_ONLY,
    SEGMENTS,
    joined,
)
from sandbox.google.gaql.syntax import Operator, Query
from sandbox.google.gaql.tokens import query_error

# change_event looks 30 days back and gives 10,000 rows.
_CHANGE_DAYS, _CHANGE_ROWS = 30, 10_000


@dataclass(frozen=True)
class Plan:
    """A query that holds. `fields` are all that it names; predicates go with the names they test."""

    query: Query
    resource: str
    fields: dict[str, Field]
    predicates: tuple[tuple[str, Predicate], ...]
    dates: Bounds

    def covers(self, day: dt.date) -> bool:
        """Whether the conditions on date segments let a day pass; they hold for days, selected or not."""
        values = {f"segments.{name}": value for name, value in segment_values(day).items()}
        return all(test(values[name]) for name, test in self.predicates if name in CORE_DATE_SEGMENTS)

    def keeps(self, row: Body) -> bool:
        """Whether all other conditions let a row pass."""
        return all(test(get_path(row, name)) for name, test in self.predicates if name not in CORE_DATE_SEGMENTS)

    @property
    def metrics(self) -> bool:
        """Whether rows are measured, that is whether a metric or segment is named."""
        return any(field.category in (Category.METRIC, Category.SEGMENT) for field in self.fields.values())

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(name for name in self.query.select if self.fields[name].category is Category.SEGMENT)


def check(api: Api, query: Query, *, today: dt.date, manager: bool = False) -> Plan:
    """Raises AdsError QueryError or ChangeEventError as documented; Refused UNIMPLEMENTED for what is not simulated."""
    names = catalogue(api)
    resource = _from(names, query.resource or "")
    selected = {name: _usable(names, resource, name, "SELECT") for name in query.select}
    tested = {condition.field: _usable(names, resource, condition.field, "WHERE") for condition in query.where}
    ordered = {ordering.field: _usable(names, resource, ordering.field, "ORDER_BY") for ordering in query.order_by}
    fields = {**selected, **tested, **ordered}
    _selected_segments(selected, {**tested, **ordered})
    _conversions(fields)
    if manager and any(field.category is Category.METRIC for field in fields.values()):
        message = "metrics cannot be requested for a manager account; query its clients."
        raise query_error("REQUESTED_METRICS_FOR_MANAGER", message)
    predicates = tuple((condition.field, predicate(tested[condition.field], condition, today)) for condition in query.where)
    if resource == "change_event":
        _change_event(query, today)
    return Plan(query, resource, fields, predicates, _dates(query, fields, today))


def _from(names: Catalogue, resource: str) -> str:
    if resource in QUERYABLE:
        return resource
    if resource in ROW_ONLY:
        message = f"{resource!r} cannot be used in the FROM clause."
        raise query_error("PROHIBITED_RESOURCE_TYPE_IN_FROM_CLAUSE", message, resource)
    if resource in names.resources():
        raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox does not simulate the resource {resource}")
    message = f"{resource!r} is not a valid resource name."
    raise query_error("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", message, resource)


def _usable(names: Catalogue, resource: str, name: str, clause: str) -> Field:
    field = names.field(name)
    if field is None:
        raise query_error("UNRECOGNIZED_FIELD", f"unrecognized field in the query: {name!r}.", name)
    words = {"SELECT": field.selectable, "WHERE": field.filterable, "ORDER_BY": field.sortable}
    if not words[clause]:
        message = f"the field {name!r} cannot be used in {clause.replace('_', ' ')}."
        raise query_error(f"PROHIBITED_FIELD_IN_{clause}_CLAUSE", message, name)
    about = QUERYABLE[resource]
    if field.category is Category.ATTRIBUTE:
        if field.resource not in joined(resource):
            where = "WHERE" if clause == "WHERE" else "SELECT"
            message = f"the resource {field.resource!r} cannot be used with FROM {resource}."
            raise query_error(f"PROHIBITED_RESOURCE_TYPE_IN_{where}_CLAUSE", message, name)
        return field
    word = "METRIC" if field.category is Category.METRIC else "SEGMENT"
    if not about.measured:
        message = f"{name!r} cannot be used with FROM {resource}."
        raise query_error(f"PROHIBITED_{word}_IN_SELECT_OR_WHERE_CLAUSE", message, name)
    if name not in (METRICS if word == "METRIC" else SEGMENTS):
        raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox does not simulate {name}")
    return field


def _selected_segments(selected: dict[str, Field], others: dict[str, Field]) -> None:
    """Segments other than dates split rows, so a filter or order on one needs it in SELECT."""
    for name, field in others.items():
        if field.category is Category.SEGMENT and name not in selected and name not in CORE_DATE_SEGMENTS:
            message = f"the field {name!r} must be present in the SELECT clause."
            raise query_error("EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE", message, name)


def _conversions(fields: dict[str, Field]) -> None:
    segment = next((name for name in fields if name in CONVERSION_SEGMENTS), None)
    if segment is None:
        return
    for name, field in fields.items():
        if field.category is Category.METRIC and name not in CONVERSION_METRICS:
            message = f"the segment {segment!r} cannot be combined with the metric {name!r}."
            raise query_error("PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE", message, name)


def _dates(query: Query, fields: dict[str, Field], today: dt.date) -> Bounds:
    conditions = [condition for condition in query.where if condition.field in CORE_DATE_SEGMENTS]
    found = bounds(conditions, today)
    if any(name in CORE_DATE_SEGMENTS for name in fields) and (found.first is None or found.last is None):
        message = "a finite range of dates is expected in WHERE when a date segment is used."
        raise query_error("EXPECTED_FILTERS_ON_DATE_RANGE", message)
    if found.first is not None and found.last is not None and found.first > found.last:
        raise query_error("DATE_RANGE_TOO_NARROW", "the range of dates is empty.")
    return found


def _change_event(query: Query, today: dt.date) -> None:
    if query.limit is None:
        raise AdsError("change_event_error", "LIMIT_NOT_SPECIFIED", "A change_event query needs a LIMIT.", ("query",))
    if query.limit > _CHANGE_ROWS:
        message = f"The LIMIT of a change_event query is at most {_CHANGE_ROWS}."
        raise AdsError("change_event_error", "INVALID_LIMIT_CLAUSE", message, ("query",))
    conditions = [condition for condition in query.where if condition.field == "change_event.change_date_time"]
    lower = {Operator.GREATER, Operator.GREATER_EQUAL, Operator.BETWEEN, Operator.DURING, Operator.EQUAL}
    upper = {Operator.LESS, Operator.LESS_EQUAL, Operator.BETWEEN, Operator.DURING, Operator.EQUAL}
    operators = {condition.operator for condition in conditions}
    if not operators & lower or not operators & upper:
        message = "A change_event query needs a finite range of change_event.change_date_time."
        raise AdsError("change_event_error", "CHANGE_DATE_RANGE_INFINITE", message, ("query",))
    oldest = (today - dt.timedelta(days=_CHANGE_DAYS)).isoformat()
    for condition in conditions:
        if condition.operator in lower - {Operator.DURING} and _iso(condition.values[0].text) < oldest:
            message = f"The start date is more than {_CHANGE_DAYS} days ago."
            raise AdsError("change_event_error", "START_DATE_TOO_OLD", message, ("query",))


def _iso(text: str) -> str:
    return text[:10] if "-" in text[:10] else f"{text[:4]}-{text[4:6]}-{text[6:8]}"
