"""The grammar: what is written comes back, and what is not GAQL is named by its QueryError."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.google.errors import AdsError
from sandbox.google.gaql.parser import parse
from sandbox.google.gaql.syntax import (
    LIST_OPERATORS,
    NULL_OPERATORS,
    Condition,
    Operator,
    Ordering,
    Query,
    Value,
    ValueKind,
)

CLAUSES = {"select", "from", "where", "order", "by", "limit", "parameters", "and", "asc", "desc", "not", "is", "null"}

words = st.text(string.ascii_lowercase, min_size=1, max_size=8).filter(lambda word: word not in CLAUSES)
fields = st.lists(words, min_size=1, max_size=3).map(".".join)
resources = words
strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda text: Value(ValueKind.STRING, text))
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9).map(
    lambda number: Value(ValueKind.NUMBER, f"{number:f}")
)
literals = st.text(string.ascii_uppercase + "_", min_size=1, max_size=10).map(lambda text: Value(ValueKind.LITERAL, text))
values = st.one_of(strings, numbers, literals)
lists = st.one_of(*(st.lists(kind, min_size=1, max_size=4).map(tuple) for kind in (strings, numbers, literals)))


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    operator = draw(st.sampled_from(Operator))
    if operator in NULL_OPERATORS:
        given_values: tuple[Value, ...] = ()
    elif operator in LIST_OPERATORS:
        given_values = draw(lists)
    else:
        count = 2 if operator is Operator.BETWEEN else 1
        given_values = tuple(draw(values) for _ in range(count))
    return Condition(draw(fields), operator, given_values)


parameters = st.sampled_from([(), (("include_drafts", "true"),), (("omit_unselected_resource_names", "false"),)])
queries = st.builds(
    Query,
    select=st.lists(fields, min_size=1, max_size=4).map(tuple),
    resource=resources,
    where=st.lists(conditions(), max_size=4).map(tuple),
    order_by=st.lists(st.builds(Ordering, fields, st.booleans()), max_size=2).map(tuple),
    limit=st.none() | st.integers(1, 10**6),
    parameters=parameters,
)


@given(queries)
def test_a_query_that_is_written_out_parses_to_itself(query: Query) -> None:
    assert parse(str(query)) == query


@given(queries, st.sampled_from(["\n", "\t", "  "]))
def test_space_and_the_case_of_keywords_do_not_matter(query: Query, space: str) -> None:
    simple = Query(query.select, query.resource, order_by=query.order_by, limit=query.limit)
    text = str(simple).replace("SELECT", "select").replace("FROM", "From").replace(" BY ", " by ").replace(" ", space)
    assert parse(text) == simple


def _outcome(text: str) -> Query | AdsError:
    try:
        return parse(text)
    except AdsError as error:
        return error


@given(st.text(max_size=60))
def test_whatever_is_sent_is_a_query_or_a_query_error(text: str) -> None:
    outcome = _outcome(text)
    assert isinstance(outcome, Query) or (outcome.kind, outcome.path) == ("query_error", ("query",))


@given(queries, st.integers(0, 200))
def test_a_query_cut_short_is_a_query_or_a_query_error(query: Query, length: int) -> None:
    outcome = _outcome(str(query)[:length])
    assert isinstance(outcome, Query) or outcome.kind == "query_error"


START = "SELECT campaign.id FROM campaign"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "UNEXPECTED_END_OF_QUERY"),
        ("campaign.id FROM campaign", "EXPECTED_SELECT"),
        ("SELECT FROM campaign", "BAD_FIELD_NAME"),
        ("SELECT campaign.id,", "UNEXPECTED_END_OF_QUERY"),
        ("SELECT Campaign.id FROM campaign", "BAD_FIELD_NAME"),
        ("SELECT campaign.id", "EXPECTED_FROM"),
        ("SELECT campaign.id FROM", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT campaign.id FROM campaign, ad_group", "UNEXPECTED_INPUT"),
        (f"{START} WHERE", "UNEXPECTED_END_OF_QUERY"),
        (f"{START} WHERE campaign.id", "UNEXPECTED_END_OF_QUERY"),
        (f"{START} WHERE campaign.id LIKES 'x'", "BAD_OPERATOR"),
        (f"{START} WHERE campaign.id IS 5", "BAD_OPERATOR"),
        (f"{START} WHERE campaign.id =", "UNEXPECTED_END_OF_QUERY"),
        (f"{START} WHERE campaign.id = campaign.name", "BAD_VALUE"),
        (f"{START} WHERE campaign.id = (1)", "EXPECTED_SINGLE_VALUE"),
        (f"{START} WHERE campaign.id IN 1", "EXPECTED_LIST"),
        (f"{START} WHERE campaign.id IN ()", "PROHIBITED_EMPTY_LIST_IN_CONDITION"),
        (f"{START} WHERE campaign.id IN (1, 'a')", "PROHIBITED_VALUE_COMBINATION_IN_LIST"),
        (f"{START} WHERE campaign.id IN (1", "UNEXPECTED_END_OF_QUERY"),
        (f"{START} WHERE campaign.id BETWEEN 1, 2", "EXPECTED_AND"),
        (f"{START} WHERE campaign.id = 1 OR campaign.id = 2", "UNEXPECTED_INPUT"),
        (f"{START} WHERE campaign.name = 'x", "STRING_NOT_TERMINATED"),
        (f"{START} WHERE campaign.name = 'x\\", "STRING_NOT_TERMINATED"),
        (f"{START} WHERE campaign.name = 'x\ny'", "PROHIBITED_NEWLINE_IN_STRING"),
        (f"{START} WHERE campaign.name = 'x\\y'", "BAD_ESCAPE_SEQUENCE"),
        (f"{START} WHERE campaign.id = 12abc", "BAD_NUMBER"),
        (f"{START} WHERE campaign.id = #", "BAD_SYMBOL"),
        (f"{START} ORDER campaign.id", "EXPECTED_BY"),
        (f"{START} LIMIT x", "BAD_LIMIT_VALUE"),
        (f"{START} LIMIT 1.5", "BAD_LIMIT_VALUE"),
        (f"{START} LIMIT 0", "LIMIT_VALUE_TOO_LOW"),
        (f"{START} LIMIT 5 5", "UNEXPECTED_INPUT"),
        (f"{START} PARAMETERS x = 1", "BAD_PARAMETER_NAME"),
        (f"{START} PARAMETERS include_drafts = maybe", "BAD_PARAMETER_VALUE"),
        (f"{START} PARAMETERS include_drafts true", "UNEXPECTED_INPUT"),
        (f"{START};", "BAD_SYMBOL"),
    ],
)
def test_what_the_grammar_does_not_allow_is_named(query: str, code: str) -> None:
    with pytest.raises(AdsError) as caught:
        parse(query)
    assert caught.value.code == code


def test_the_field_service_has_no_from_clause() -> None:
    assert parse("SELECT name WHERE name LIKE 'campaign%'", from_clause=False).resource is None
    with pytest.raises(AdsError) as caught:
        parse("SELECT name FROM campaign", from_clause=False)
    assert caught.value.code == "UNEXPECTED_FROM_CLAUSE"
