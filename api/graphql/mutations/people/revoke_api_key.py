"""revokeApiKey: a key of one's own works no more."""

from typing import Annotated
from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.failures import Refused, failure_of
from zamc.errors import ZamcError


@strawberry.type
class ApiKeyRevoked:
    """It works nowhere any more, a second from now."""

    id: UUID


RevokeApiKeyResult = Annotated[ApiKeyRevoked | Refused, strawberry.union("RevokeApiKeyResult")]


@strawberry.mutation
async def revoke_api_key(info: Info, key_id: UUID) -> RevokeApiKeyResult:
    """Revoke one of the caller's keys. Somebody else's is not there."""
    context = info.context
    try:
        await context.as_application(
            lambda session: context.services.identity.service.revoke_key(session, context.caller, key_id, now=context.services.clock.now())
        )
    except ZamcError as error:
        if (failure := failure_of(error)) is None:
            raise
        return failure
    return ApiKeyRevoked(id=key_id)
