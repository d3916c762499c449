"""The schema is reviewed like code, what clients rely on does not go at once, and the dashboard's documents fit it."""

import json
import re

from graphql import build_schema, find_breaking_changes

from api.graphql import trust
from api.graphql.documents import MANIFEST, Documents, id_of
from api.graphql.schema import TEXT, executable, make_schema, text


def test_the_committed_schema_is_the_schema() -> None:
    assert TEXT.read_text() == text(), "run `python -m api.graphql.schema`, and have the difference reviewed"


def test_everything_is_described() -> None:
    schema = executable(make_schema())
    ours = [kind for name, kind in schema.type_map.items() if not name.startswith("__") and kind.extensions.get("strawberry-definition")]
    assert len(ours) > 50
    assert [kind.name for kind in ours if not kind.description and not kind.name.endswith(("Connection", "Edge", "Result"))] == []
    for root in (schema.query_type, schema.mutation_type):
        assert root is not None
        assert [name for name, field in root.fields.items() if not field.description] == []


def test_the_dashboards_documents_are_registered() -> None:
    found = trust.operations()
    registered = json.loads(MANIFEST.read_text())["documents"]
    assert {id_of(document): document for document in found.values()}.items() <= registered.items(), "run `python -m api.graphql.trust`"
    assert trust.typescript_of(found) == trust.TYPESCRIPT.read_text(), "run `python -m api.graphql.trust`"
    assert all(id_of(document) == key for key, document in registered.items())


def test_every_registered_document_fits_the_schema() -> None:
    """A page that was opened yesterday still works: what it asks for is deprecated before it goes."""
    registered = json.loads(MANIFEST.read_text())["documents"]
    Documents(executable(make_schema()), trusted=registered, only_trusted=True, silent=True)


def test_a_field_that_goes_would_be_noticed() -> None:
    without = re.sub(r'  """[^"]*"""\n  pauseProject\(.*\n', "", TEXT.read_text())
    broken = find_breaking_changes(build_schema(TEXT.read_text()), build_schema(without))
    assert [change.description for change in broken] == ["Mutation.pauseProject was removed."]
