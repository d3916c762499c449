"""Which documents show a project's work and no setting: decided from what they select, whatever it is called and wherever it stands."""

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from api.graphql.documents import Documents
from api.graphql.trust import operations as dashboards
from api.graphql.work import PARTS, WHOLE
from tests.api.operations import SCHEMA

DOCUMENTS = Documents(SCHEMA, trusted={}, only_trusted=False, silent=False)


def shows_work_alone(document: str) -> bool:
    return DOCUMENTS.find(text=document, document_id=None, operation_name=None).is_work_alone


@pytest.mark.parametrize(
    "document",
    [
        "query ($p: UUID!) { deployments(projectId: $p) { __typename edges { node { id dailyBudget { amount } } } } }",
        "query ($p: UUID!) { project(id: $p) { id name role permissions createdAt } accounts(projectId: $p) { id connection } }",
        "query ($p: UUID!) { gates: project(id: $p) { gates: name } }",
        "query ($p: UUID!) { ... on Query { strategies(projectId: $p) { edges { node { ...of } } } } } fragment of on Strategy { id plan }",
        'query ($p: UUID!) { performance(projectId: $p, range: {first: "2026-01-01", last: "2026-01-02"}) { total { clicks } } }',
        "{ projects { edges { node { name } } } }",
    ],
)
def test_what_shows_work_alone(document: str) -> None:
    assert shows_work_alone(document)


@pytest.mark.parametrize(
    "document",
    [
        "query ($p: UUID!) { project(id: $p) { id gates { launch } } }",
        "query ($p: UUID!) { deployments(projectId: $p) { edges { cursor } } members(projectId: $p) { edges { cursor } } }",
        "query ($p: UUID!) { members(projectId: $p) { pageInfo { hasNextPage } } }",
        "query ($p: UUID!) { strategies: audit(projectId: $p) { edges { node { id } } } }",
        "query ($p: UUID!) { project(id: $p) { ... { ... on Project { name: gates { launch } } } } }",
        "query ($p: UUID!) { project(id: $p) { ...one } } fragment one on Project { ...two } fragment two on Project { gates { budget } }",
        "query ($p: UUID!) { ...root } fragment root on Query { deployments(projectId: $p) { edges { cursor } } apiKeys { id } }",
        "query ($p: UUID!, $no: Boolean! = false) { project(id: $p) { id gates @include(if: $no) { launch } } }",
        "{ projects { edges { node { gates { launch } } } } }",
        "{ myNotificationPreferences { project } }",
        "query ($p: UUID!) { notificationEndpoints(projectId: $p) { name } }",
        "query ($p: UUID!) { notifications(projectId: $p) { edges { node { title } } } }",
        "{ __schema { types { name } } }",
        "mutation ($p: UUID!) { setGates(projectId: $p, gates: {launch: AUTO}) { __typename } }",
        "subscription ($p: UUID!) { changes(projectId: $p) { version } }",
    ],
)
def test_what_shows_settings_too(document: str) -> None:
    assert not shows_work_alone(document)


def test_of_the_dashboards_own_documents_the_lists_are_of_work() -> None:
    assert {name: shows_work_alone(text) for name, text in dashboards().items() if text.startswith("query")} == {
        "Projects": True,
        "Strategies": True,
    }


def test_a_document_as_deep_as_may_be_is_read_to_its_end() -> None:
    deep = "query ($p: UUID!) { " + "... { " * 60 + "audit(projectId: $p) { edges { cursor } }" + " }" * 60 + " }"
    assert not shows_work_alone(deep)


def test_nothing_is_named_that_the_schema_does_not_have() -> None:
    assert {name for name in WHOLE if not isinstance(SCHEMA.get_type(name), GraphQLObjectType)} == set()
    for name, fields in PARTS.items():
        kind = SCHEMA.get_type(name)
        assert isinstance(kind, GraphQLObjectType)
        assert fields - set(kind.fields) == set()


def test_from_a_type_without_settings_no_path_leads_to_one_that_was_not_looked_at() -> None:
    """Or that type would be named in vain: what selects it whole could not be of work alone."""
    reached = {
        get_named_type(field.type).name
        for name in WHOLE
        for field in SCHEMA.type_map[name].fields.values()  # type: ignore[attr-defined]  # each is an object, says the test before
        if not is_leaf_type(get_named_type(field.type))
    }
    assert reached - WHOLE - set(PARTS) == set()
