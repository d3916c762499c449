"""The schema, and its text: api/graphql/schema.graphql is written by `python -m api.graphql.schema` and reviewed like code."""

import inspect
from functools import cache
from pathlib import Path
from typing import Any

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from api.graphql.mutations import Mutation
from api.graphql.queries import Query
from api.graphql.subscriptions import Subscription
from api.graphql.types.performance import SCALARS

TEXT = Path(__file__).with_name("schema.graphql")


@cache
def make_schema() -> strawberry.Schema:
    """Everything that can be asked."""
    schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription, config=StrawberryConfig(scalar_map=SCALARS))
    _describe(executable(schema))
    return schema


def executable(schema: strawberry.Schema) -> GraphQLSchema:
    """What graphql-core executes: documents are parsed and checked once (api.graphql.documents), so strawberry's own way in is not used."""
    return schema._schema  # noqa: SLF001 - strawberry has no public name for it


def _describe(schema: GraphQLSchema) -> None:
    """What stands in the docstrings is what a reader of the schema needs."""
    for kind in schema.type_map.values():
        definition: Any = kind.extensions.get("strawberry-definition")
        if definition is None:
            continue
        origin = getattr(definition, "origin", None) or getattr(definition, "wrapped_cls", None)
        kind.description = kind.description or _words(origin)
        for field in getattr(kind, "fields", {}).values():
            made: Any = field.extensions.get("strawberry-definition")
            resolver = getattr(made, "base_resolver", None)
            if resolver is not None:
                field.description = field.description or _words(resolver.wrapped_func)


def _words(thing: Any) -> str | None:
    return inspect.cleandoc(thing.__doc__) if getattr(thing, "__doc__", None) else None


def text() -> str:
    """The schema as SDL."""
    return make_schema().as_str() + "\n"


if __name__ == "__main__":
    TEXT.write_text(text())
