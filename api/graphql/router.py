"""/graphql: who calls, the limits, and the schema."""

from collections.abc import Callable

import strawberry
from fastapi import HTTPException, Request
from graphql import GraphQLError
from strawberry.extensions import DisableIntrospection, MaskErrors, MaxAliasesLimiter, MaxTokensLimiter
from strawberry.extensions.base_extension import SchemaExtension
from strawberry.fastapi import GraphQLRouter
from strawberry.schema.config import StrawberryConfig

from api.auth.callers import caller_of
from api.graphql.context import Context
from api.graphql.mutations import Mutation
from api.graphql.queries import Query
from zamc.bootstrap import Services
from zamc.errors import ZamcError


def _is_a_bug(error: GraphQLError) -> bool:
    """Expected errors keep their sentence, and so do a caller's own mistakes in the document; anything else is masked."""
    return error.original_error is not None and not isinstance(error.original_error, ZamcError)


def make_schema(*, production: bool) -> strawberry.Schema:
    """The schema with its limits. In production it tells nobody what it could be asked."""
    extensions: list[Callable[[], SchemaExtension]] = [
        lambda: MaxAliasesLimiter(max_alias_count=15),
        lambda: MaxTokensLimiter(max_token_count=1_000),
        lambda: MaskErrors(should_mask_error=_is_a_bug, error_message="Something went wrong on our side."),
    ]
    if production:
        extensions.append(DisableIntrospection)
    config = StrawberryConfig(disable_field_suggestions=production)
    return strawberry.Schema(query=Query, mutation=Mutation, extensions=extensions, config=config)


def graphql_router(wired: Services) -> "GraphQLRouter[Context, None]":
    """The route. Every request names an API key: `Authorization: Bearer zamc_...`."""

    async def context(request: Request) -> Context:
        caller = await caller_of(request)
        if caller is None:
            raise HTTPException(401, "name an API key: Authorization: Bearer zamc_... (`zamc api-key` makes one)")
        return Context(wired, caller)

    production = wired.settings.environment == "production"
    return GraphQLRouter(make_schema(production=production), context_getter=context, graphql_ide=None, allow_queries_via_get=False)
