"""Who calls: a key becomes a caller with a role per project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.errors import InvalidInput, NotFound
from zamc.identity import repository
from zamc.identity.permission_rules import Role, allowed
from zamc.identity.rules import hash_key, new_key


@dataclass(frozen=True)
class Caller:
    """A signed-in user. A project that is not in roles does not exist for them.

    via: what they showed. session_id: of a browser's session, or of the token family of another client; None for an API key.
    expires_at: when what they showed stops working; None when it does not by itself. permission_version: rises whenever what
    the user may do changes; whoever keeps a Caller longer than a request asks again when it has moved.
    """

    user_id: UUID
    email: str
    roles: Mapping[UUID, str] = field(default_factory=dict)
    via: Literal["key", "session", "token"] = "key"
    session_id: UUID | None = None
    expires_at: datetime | None = None
    permission_version: int = 0

    def projects(self, permission: str) -> list[UUID]:
        """The projects in which the caller may do something."""
        return [project_id for project_id, role in self.roles.items() if allowed(role, permission)]

    def require(self, project_id: UUID, permission: str) -> None:
        """Raises NotFound, also for a project that exists: a stranger must not learn that it does."""
        if not allowed(self.roles.get(project_id), permission):
            raise NotFound(f"no project {project_id} in which you may do that")


class IdentityService:
    """Use cases take the caller's session."""

    def caller(self, session: Session, key: str) -> Caller | None:
        """The caller of an API key; None when the key is unknown or revoked."""
        user = repository.user_of_key(session, hash_key(key))
        return Caller(user.id, user.email, repository.roles(session, user.id)) if user else None

    def grant_key(self, session: Session, *, email: str, roles: Mapping[UUID, str]) -> str:
        """A new API key for a user who gets these roles. The text is returned once and never stored. Raises InvalidInput."""
        if "@" not in email or len(email) > 320:
            raise InvalidInput("email", f"{email!r} is not an e-mail address")
        user_id = repository.put_user(session, email)
        for project_id, role in roles.items():
            repository.put_membership(session, user_id=user_id, project_id=project_id, role=Role(role).value)
        key = new_key()
        repository.add_key(session, user_id=user_id, prefix=key.prefix, key_hash=key.key_hash)
        return key.text
