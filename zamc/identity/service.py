"""Who calls: a key becomes a caller with a role per project. Who is let in, and as what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.identity import repository
from zamc.identity.email_rules import normalised_email
from zamc.identity.keyring import Keyring
from zamc.identity.permission_rules import Role, allowed
from zamc.identity.rules import PURPOSE, hash_key, may_be_key, new_key
from zamc.identity.tables import ApiKey
from zamc.projects.repository import audit

_LONGEST_NAME = 100
# How exactly a key's last use is known; not every request shall write.
_USE_KNOWN_TO = timedelta(minutes=5)


@dataclass(frozen=True)
class Caller:
    """A signed-in user. A project that is not in roles does not exist for them.

    via: what they showed. session_id: of a browser's session, or of the token family of another client; None for an API key.
    expires_at: when what they showed stops working; None when it does not by itself. permission_version: rises whenever what
    the user may do changes; whoever keeps a Caller longer than a request asks again when it has moved. narrowed: a key that may only what
    its scopes name.
    """

    user_id: UUID
    email: str
    roles: Mapping[UUID, str] = field(default_factory=dict)
    via: Literal["key", "session", "token"] = "key"
    session_id: UUID | None = None
    expires_at: datetime | None = None
    permission_version: int = 0
    narrowed: bool = False

    def projects(self, permission: str) -> list[UUID]:
        """The projects in which the caller may do something."""
        return [project_id for project_id, role in self.roles.items() if allowed(role, permission)]

    def require(self, project_id: UUID, permission: str) -> None:
        """Raises NotFound, also for a project that exists: a stranger must not learn that it does."""
        if not allowed(self.roles.get(project_id), permission):
            raise NotFound(f"no project {project_id} in which you may do that")


class IdentityService:
    """Use cases take the caller's session. keyring: None where no ZAMC_IDENTITY_KEY is set: keys are then kept as plain SHA-256."""

    def __init__(self, keyring: Keyring | None = None) -> None:
        self._keyring = keyring

    def caller(self, session: Session, key: str, *, now: datetime | None = None) -> Caller | None:
        """The caller of an API key; None when the key is unknown, over or revoked, or its user disabled."""
        if not may_be_key(key):
            return None
        moment = now or datetime.now(UTC)
        # A key that was kept in an older way is kept in today's from now on.
        found = repository.use_key(session, [*self._macs(key), hash_key(key)], now=moment, told_since=moment - _USE_KNOWN_TO)
        if found is None:
            return None
        roles, scopes = found.roles, found.scopes
        if scopes is not None:
            roles = {project: least(roles[project], scopes[str(project)]) for project in roles if str(project) in scopes}
        return Caller(
            found.user_id, found.email, roles, "key", None, found.expires_at, found.permission_version, narrowed=scopes is not None
        )

    def grant_key(self, session: Session, *, email: str, roles: Mapping[UUID, str]) -> str:
        """A new API key for a user who gets these roles. The text is returned once and never stored. Raises InvalidInput."""
        user_id = repository.put_user(session, normalised_email(email))
        for project_id, role in roles.items():
            repository.put_membership(session, user_id=user_id, project_id=project_id, role=Role(role).value)
        return self._add_key(session, user_id, name=None, scopes=None, expires_at=None)

    def make_key(
        self,
        session: Session,
        caller: Caller,
        *,
        name: str,
        scopes: Mapping[UUID, str] | None = None,
        expires_at: datetime | None = None,
    ) -> str:
        """A key for oneself, never with more than oneself may: scopes names the most that it may per project.

        Raises InvalidInput, NotFound.
        """
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise InvalidInput("name", f"needs 1 to {_LONGEST_NAME} printable characters")
        if expires_at is not None and (expires_at.tzinfo is None or expires_at <= datetime.now(UTC)):
            raise InvalidInput("expires_at", "must lie in the future, with a time zone")
        for project_id, role in (scopes or {}).items():
            if role not in set(Role):
                raise InvalidInput("scopes", f"a role is one of {', '.join(Role)}")
            caller.require(project_id, "read")
            if least(caller.roles[project_id], role) != role:
                raise InvalidInput("scopes", f"you are no {role} of project {project_id} yourself")
        if caller.via == "key":
            raise InvalidInput("credentials", "a key cannot make keys; sign in")
        written = None if scopes is None else {str(project_id): Role(role).value for project_id, role in scopes.items()}
        text = self._add_key(session, caller.user_id, name=name.strip(), scopes=written, expires_at=expires_at)
        audit(session, actor=caller.email, action="key.made", project_id=None, subject_id=caller.user_id, name=name.strip())
        return text

    def keys(self, session: Session, caller: Caller) -> list[ApiKey]:
        """The caller's own, newest first; of each the prefix, never the key."""
        return list(repository.keys(session, caller.user_id))

    def revoke_key(self, session: Session, caller: Caller, key_id: UUID, *, now: datetime | None = None) -> None:
        """Works at once here, within a second elsewhere. Raises NotFound, for a key of somebody else too."""
        if not repository.revoke_key(session, key_id, user_id=caller.user_id, now=now or datetime.now(UTC)):
            raise NotFound(f"you have no key {key_id}")
        audit(session, actor=caller.email, action="key.revoked", project_id=None, subject_id=key_id)

    def set_role(self, session: Session, *, email: str, project_id: UUID, role: str | None, by: str) -> UUID:
        """Give a user (made if there is none) a role in a project, or take theirs away (None). Returns the user's id.

        Raises InvalidInput, NotFound (they have none to take away), and Conflict for the last owner of a project.
        """
        if role is not None and role not in set(Role):
            raise InvalidInput("role", f"a role is one of {', '.join(Role)}")
        user_id = repository.put_user(session, normalised_email(email))
        if role != Role.OWNER and repository.owners(session, project_id) == [user_id]:
            raise Conflict("a project keeps one owner: make somebody else owner first")
        if role is None:
            if not repository.remove_membership(session, user_id=user_id, project_id=project_id):
                raise NotFound(f"{email} has no role in project {project_id}")
        else:
            repository.put_membership(session, user_id=user_id, project_id=project_id, role=role)
        audit(session, actor=by, action="member.role", project_id=project_id, subject_id=user_id, role=role)
        return user_id

    def _add_key(
        self, session: Session, user_id: UUID, *, name: str | None, scopes: dict[str, str] | None, expires_at: datetime | None
    ) -> str:
        key = new_key()
        kept = next(iter(self._macs(key.text)), hash_key(key.text))
        repository.add_key(session, user_id=user_id, prefix=key.prefix, key_hash=kept, name=name, scopes=scopes, expires_at=expires_at)
        return key.text

    def _macs(self, key: str) -> list[str]:
        return self._keyring.macs(PURPOSE, key.encode()) if self._keyring else []


_BY_RANK = [Role.VIEWER, Role.ANALYST, Role.MANAGER, Role.OWNER]


def least(one: str, other: str) -> str:
    """The role of the two that may do less."""
    return min(Role(one), Role(other), key=_BY_RANK.index).value
