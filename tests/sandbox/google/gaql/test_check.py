"""Queries against the field catalogue: names, what goes together, dates, values."""

# ruff: noqa: S608 -- the platform's own query language, not SQL

import datetime as dt

import pytest

from sandbox.google.api import api
from sandbox.google.errors import AdsError, Refused
from sandbox.google.gaql.catalogue import Category, DataType, catalogue
from sandbox.google.gaql.check import Plan, check
from sandbox.google.gaql.parser import parse
from sandbox.google.gaql.schema import METRICS, QUERYABLE, SEGMENTS, joined

TODAY = dt.date(2027, 3, 10)


def _check(query: str) -> Plan:
    return check(api(), parse(query), today=TODAY)


FINITE = "segments.date DURING LAST_7_DAYS"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT campaign.id FROM campaigns", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT metrics.clicks FROM metrics", "PROHIBITED_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT campaign.nonsense FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT nonsense.id FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT metrics.nonsense FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.type_ FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign FROM campaign", "PROHIBITED_FIELD_IN_SELECT_CLAUSE"),
        ("SELECT campaign.network_settings FROM campaign", "PROHIBITED_FIELD_IN_SELECT_CLAUSE"),
        ("SELECT ad_group.id FROM campaign", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        ("SELECT campaign.id FROM campaign WHERE ad_group.id = 1", "PROHIBITED_RESOURCE_TYPE_IN_WHERE_CLAUSE"),
        ("SELECT campaign.id FROM campaign ORDER BY campaign.labels", "PROHIBITED_FIELD_IN_ORDER_BY_CLAUSE"),
        (
            "SELECT ad_group_ad.ad.id FROM ad_group_ad WHERE ad_group_ad.policy_summary.policy_topic_entries IS NULL",
            "PROHIBITED_FIELD_IN_WHERE_CLAUSE",
        ),
        ("SELECT asset.id, metrics.clicks FROM asset", "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
        ("SELECT asset.id, segments.date FROM asset", "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE"),
        (
            "SELECT segments.conversion_action, metrics.clicks FROM campaign",
            "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
        ),
        ("SELECT campaign.id FROM campaign WHERE segments.device = MOBILE", "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE"),
        ("SELECT campaign.id, segments.date FROM campaign", "EXPECTED_FILTERS_ON_DATE_RANGE"),
        ("SELECT segments.date FROM campaign WHERE segments.date >= '2027-03-01'", "EXPECTED_FILTERS_ON_DATE_RANGE"),
        ("SELECT metrics.clicks FROM campaign WHERE segments.date != '2027-03-01'", "EXPECTED_FILTERS_ON_DATE_RANGE"),
        (
            "SELECT metrics.clicks FROM campaign WHERE segments.date BETWEEN '2027-03-02' AND '2027-03-01'",
            "DATE_RANGE_TOO_NARROW",
        ),
        ("SELECT metrics.clicks FROM campaign WHERE segments.date DURING LAST_2_DAYS", "INVALID_VALUE_WITH_DURING_OPERATOR"),
        ("SELECT metrics.clicks FROM campaign WHERE segments.date = 'yesterday'", "INVALID_DATE_FORMAT"),
        ("SELECT metrics.clicks FROM campaign WHERE segments.date = '2027-02-30'", "INVALID_DATE_FORMAT"),
        ("SELECT metrics.clicks FROM campaign WHERE segments.month = '2027-03-02'", "MISALIGNED_DATE_FOR_FILTER"),
        ("SELECT campaign.id FROM campaign WHERE campaign.status = RUNNING", "BAD_ENUM_CONSTANT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.status = UNKNOWN", "PROHIBITED_ENUM_CONSTANT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.status > ENABLED", "OPERATOR_FIELD_MISMATCH"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id LIKE '1%'", "OPERATOR_FIELD_MISMATCH"),
        ("SELECT campaign.id FROM campaign WHERE campaign.labels = 'x'", "OPERATOR_FIELD_MISMATCH"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id DURING TODAY", "OPERATOR_FIELD_MISMATCH"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id = 'abc'", "BAD_NUMBER"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name = ENABLED", "BAD_VALUE"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name LIKE 5", "INVALID_VALUE_WITH_LIKE_OPERATOR"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name REGEXP_MATCH '('", "INVALID_STRING_VALUE"),
        ("SELECT campaign_criterion.negative FROM campaign_criterion WHERE campaign_criterion.negative = 1", "BAD_VALUE"),
    ],
)
def test_what_does_not_hold_is_named(query: str, code: str) -> None:
    with pytest.raises(AdsError) as caught:
        _check(query)
    assert (caught.value.kind, caught.value.code) == ("query_error", code)


def test_what_exists_on_the_platform_and_is_not_simulated_says_so() -> None:
    for query in (
        "SELECT video.id FROM video",
        "SELECT metrics.search_impression_share FROM campaign",
        f"SELECT segments.hour, metrics.clicks FROM campaign WHERE {FINITE}",
    ):
        with pytest.raises(Refused, match="does not simulate"):
            _check(query)


@pytest.mark.parametrize("resource", sorted(QUERYABLE))
def test_every_simple_field_of_a_joined_resource_can_be_selected(resource: str) -> None:
    names = catalogue(api())
    fields = [field.name for other in joined(resource) for field in names.fields(other)]
    assert f"{resource}.resource_name" in fields
    rest = " WHERE change_event.change_date_time DURING TODAY LIMIT 1" if resource == "change_event" else ""
    plan = _check(f"SELECT {', '.join(fields)} FROM {resource}{rest}")
    assert set(plan.fields) >= set(fields)
    assert not plan.metrics


@pytest.mark.parametrize("resource", sorted(name for name, about in QUERYABLE.items() if about.measured))
def test_every_metric_goes_with_every_measured_resource(resource: str) -> None:
    assert _check(f"SELECT {', '.join(sorted(METRICS))} FROM {resource}").metrics


def test_metrics_and_segments_of_the_schema_exist_in_the_sdks_types() -> None:
    names = catalogue(api())
    found = {name: names.field(name) for name in METRICS | SEGMENTS}
    assert [name for name, field in found.items() if field is None] == []


def test_types_come_from_the_descriptors() -> None:
    names = catalogue(api())
    expected = {
        "campaign.id": DataType.INT64,
        "campaign.name": DataType.STRING,
        "campaign.status": DataType.ENUM,
        "campaign.start_date_time": DataType.DATE,
        "campaign.optimization_score": DataType.DOUBLE,
        "campaign.resource_name": DataType.RESOURCE_NAME,
        "ad_group.type": DataType.ENUM,
        "ad_group_criterion.negative": DataType.BOOLEAN,
        "ad_group_ad.ad.responsive_search_ad.headlines": DataType.MESSAGE,
        "segments.date": DataType.DATE,
    }
    for name, data_type in expected.items():
        field = names.field(name)
        assert field is not None, name
        assert (field.data_type, field.selectable) == (data_type, True), name
    clicks = names.field("metrics.clicks")
    assert clicks is not None
    assert clicks.category is Category.METRIC


@pytest.mark.parametrize(
    ("condition", "first", "last"),
    [
        ("segments.date DURING YESTERDAY", "2027-03-09", "2027-03-09"),
        ("segments.date DURING LAST_7_DAYS", "2027-03-03", "2027-03-09"),
        ("segments.date DURING LAST_30_DAYS", "2027-02-08", "2027-03-09"),
        ("segments.date DURING THIS_MONTH", "2027-03-01", "2027-03-10"),
        ("segments.date DURING LAST_MONTH", "2027-02-01", "2027-02-28"),
        ("segments.date DURING THIS_WEEK_MON_TODAY", "2027-03-08", "2027-03-10"),
        ("segments.date DURING THIS_WEEK_SUN_TODAY", "2027-03-07", "2027-03-10"),
        ("segments.date DURING LAST_WEEK_MON_SUN", "2027-03-01", "2027-03-07"),
        ("segments.date DURING LAST_WEEK_SUN_SAT", "2027-02-28", "2027-03-06"),
        ("segments.date DURING LAST_BUSINESS_WEEK", "2027-03-01", "2027-03-05"),
        ("segments.date > '2027-03-01' AND segments.date < '2027-03-05'", "2027-03-02", "2027-03-04"),
        ("segments.date IN ('2027-03-05', '20270301')", "2027-03-01", "2027-03-05"),
        ("segments.month = '2027-02-01'", "2027-02-01", "2027-02-28"),
        ("segments.quarter = '2027-01-01'", "2027-01-01", "2027-03-31"),
        ("segments.week = '2027-03-01'", "2027-03-01", "2027-03-07"),
        ("segments.year = 2027", "2027-01-01", "2027-12-31"),
        ("segments.date BETWEEN '2027-01-01' AND '2027-03-31' AND segments.date <= '2027-02-01'", "2027-01-01", "2027-02-01"),
    ],
)
def test_conditions_leave_a_range_of_days(condition: str, first: str, last: str) -> None:
    plan = _check(f"SELECT metrics.clicks FROM campaign WHERE {condition}")
    assert (str(plan.dates.first), str(plan.dates.last)) == (first, last)


def test_days_inside_the_range_can_still_be_left_out() -> None:
    plan = _check(
        "SELECT metrics.clicks FROM campaign"
        " WHERE segments.date DURING LAST_7_DAYS AND segments.date NOT IN ('2027-03-04') AND segments.date != '2027-03-05'"
    )
    days = [dt.date(2027, 3, number) for number in range(3, 10)]
    assert [day.day for day in days if plan.covers(day)] == [3, 6, 7, 8, 9]
