"""API keys: what one looks like, and what of it is kept. Roles and what they allow."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

_PREFIX = "zamc_"
_SHOWN = 12


class Role(StrEnum):
    """A member's role in a project; each includes the ones below it."""

    OWNER = "owner"
    MANAGER = "manager"
    ANALYST = "analyst"
    VIEWER = "viewer"


# Who may do what. Operations ask by name; a name that is not here is allowed to nobody.
PERMISSIONS: dict[str, frozenset[Role]] = {
    "read": frozenset(Role),
    "request_strategy": frozenset({Role.OWNER, Role.MANAGER}),
    "pause": frozenset({Role.OWNER, Role.MANAGER}),
}


@dataclass(frozen=True)
class NewKey:
    """A fresh key: `text` is shown once; prefix tells people which one it is; key_hash is what the database keeps."""

    text: str
    prefix: str
    key_hash: str


def new_key() -> NewKey:
    """256 random bits: too many to guess, so a plain SHA-256 protects what is stored."""
    text = _PREFIX + secrets.token_urlsafe(32)
    return NewKey(text, text[:_SHOWN], hash_key(text))


def hash_key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def allowed(role: str | None, permission: str) -> bool:
    """Whether a role (None for a stranger) may do something."""
    return role is not None and Role(role) in PERMISSIONS.get(permission, frozenset())


def permissions_of(role: str) -> list[str]:
    """Everything that a role may do, sorted: what a screen offers and what it leaves out."""
    return sorted(name for name in PERMISSIONS if allowed(role, name))
