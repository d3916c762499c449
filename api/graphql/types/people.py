"""Members of a project, and API keys of whoever asks."""

from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry

from zamc.identity.tables import ApiKey
from zamc.identity.views import MemberView


@strawberry.enum
class RoleName(Enum):
    """What a member may do; each role includes the ones below it."""

    OWNER = "owner"
    MANAGER = "manager"
    ANALYST = "analyst"
    VIEWER = "viewer"


@strawberry.type(name="Member")
class MemberType:
    """Somebody with a role in a project. active: they have not been disabled."""

    user_id: UUID
    email: str
    role: RoleName
    active: bool
    since: datetime

    @classmethod
    def of(cls, view: MemberView) -> Self:
        return cls(**{**vars(view), "role": RoleName(view.role)})


@strawberry.type(name="ApiKey")
class ApiKeyType:
    """A key of the caller's. prefix: its first characters, to know it by; the key itself is shown when it is made, and never again."""

    id: UUID
    name: str | None
    prefix: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, row: ApiKey) -> Self:
        return cls(
            id=row.id, name=row.name, prefix=row.prefix, created_at=row.created_at, expires_at=row.expires_at, last_used_at=row.last_used_at
        )
