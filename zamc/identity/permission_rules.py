"""Who may do what: one row per operation. What is not in the table is allowed to nobody."""

from enum import StrEnum


class Role(StrEnum):
    """A member's role in a project; each includes the ones below it."""

    OWNER = "owner"
    MANAGER = "manager"
    ANALYST = "analyst"
    VIEWER = "viewer"


_EVERYBODY = frozenset(Role)
_MANAGERS = frozenset({Role.OWNER, Role.MANAGER})

PERMISSIONS: dict[str, frozenset[Role]] = {
    "read": _EVERYBODY,
    "request_strategy": _MANAGERS,
    "pause": _MANAGERS,
}


def allowed(role: str | None, permission: str) -> bool:
    """Whether a role (None for a stranger) may do something."""
    return role is not None and Role(role) in PERMISSIONS.get(permission, frozenset())


def permissions_of(role: str) -> list[str]:
    """Everything that a role may do, sorted: what a screen offers and what it leaves out."""
    return sorted(name for name in PERMISSIONS if allowed(role, name))
