"""makeApiKey: a key for a script of one's own."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.failures import Refused, failure_of
from api.graphql.types.people import RoleName
from zamc.errors import ZamcError


@strawberry.input
class KeyScope:
    """The most that a key may in a project."""

    project_id: UUID
    role: RoleName


@strawberry.type
class ApiKeyMade:
    """The key, shown this once."""

    key: str


MakeApiKeyResult = Annotated[ApiKeyMade | Refused, strawberry.union("MakeApiKeyResult")]


@strawberry.mutation
async def make_api_key(info: Info, name: str, scopes: list[KeyScope] | None = None, expires_at: datetime | None = None) -> MakeApiKeyResult:
    """Make a key that may no more than the caller; scopes narrow it. A key cannot make keys. An Idempotency-Key is not kept for this."""
    context = info.context
    most = None if scopes is None else {each.project_id: each.role.value for each in scopes}
    try:
        text = await context.as_application(
            lambda session: context.services.identity.service.make_key(
                session, context.caller, name=name, scopes=most, expires_at=expires_at
            )
        )
    except ZamcError as error:
        if (failure := failure_of(error)) is None:
            raise
        return failure
    return ApiKeyMade(key=text)
