"""Who may do what: one row per operation. What is not in the table is allowed to nobody."""

from collections.abc import Collection
from enum import StrEnum

from zamc.errors import NotFound, ZamcError


class Role(StrEnum):
    """A member's role in a project; each includes the ones below it."""

    OWNER = "owner"
    MANAGER = "manager"
    ANALYST = "analyst"
    VIEWER = "viewer"


class Forbidden(ZamcError):
    """A member's role does not allow it. A stranger gets NotFound instead: they must not learn that the project exists."""


_EVERYBODY = frozenset(Role)
_ANALYSTS = frozenset({Role.OWNER, Role.MANAGER, Role.ANALYST})
_MANAGERS = frozenset({Role.OWNER, Role.MANAGER})
_OWNERS = frozenset({Role.OWNER})

# What concerns the caller alone: it needs no role, and shows nobody else's.
PERSONAL = frozenset({"projects", "pause_everything", "api_keys", "make_api_key", "revoke_api_key", "my_notification_preferences"})

# What begins a project, and so is done in none: by the roles of which its caller must have one in some project, whichever that is.
ANYWHERE: dict[str, frozenset[Role]] = {"create_project": _OWNERS}

# What is done in a project, by the name of the operation (a field of the GraphQL schema in snake case) or of a plain route.
PERMISSIONS: dict[str, frozenset[Role]] = {
    "read": _EVERYBODY,
    "pause": _MANAGERS,
    # queries
    "project": _EVERYBODY,
    "strategies": _EVERYBODY,
    "strategy": _EVERYBODY,
    "plan_versions": _EVERYBODY,
    "plan_version": _EVERYBODY,
    "plan_diff": _EVERYBODY,
    "performance": _EVERYBODY,
    "creative_sets": _EVERYBODY,
    "creative_set": _EVERYBODY,
    "deployments": _EVERYBODY,
    "deployment": _EVERYBODY,
    "drifts": _EVERYBODY,
    "alerts": _EVERYBODY,
    "spend_policies": _EVERYBODY,
    "accounts": _EVERYBODY,
    "verdicts": _EVERYBODY,
    "members": _EVERYBODY,
    "approvals": _EVERYBODY,
    "audit": _ANALYSTS,
    "notifications": _EVERYBODY,
    "notification_endpoints": _MANAGERS,
    # mutations
    "request_strategy": _MANAGERS,
    "edit_strategy": _MANAGERS,
    "approve_strategy": _MANAGERS,
    "reject_strategy": _MANAGERS,
    "retry_strategy": _MANAGERS,
    "approve_creatives": _MANAGERS,
    "reject_creatives": _MANAGERS,
    "retry_creatives": _MANAGERS,
    "approve_deployment": _MANAGERS,
    "retry_deployment": _MANAGERS,
    "plan_change": _MANAGERS,
    "apply_change": _MANAGERS,
    "pause_deployment": _MANAGERS,
    "resume_deployment": _MANAGERS,
    "end_deployment": _MANAGERS,
    "pause_project": _MANAGERS,
    "accept_drift": _MANAGERS,
    "revert_drift": _MANAGERS,
    "set_gates": _OWNERS,
    "set_member_role": _OWNERS,
    "remove_member": _OWNERS,
    "add_account": _OWNERS,
    "connect_account": _OWNERS,
    "check_account": _MANAGERS,
    "remove_account": _OWNERS,
    "choose_notifications": _EVERYBODY,
    "check_notification_endpoint": _MANAGERS,
    "add_notification_endpoint": _OWNERS,
    "remove_notification_endpoint": _OWNERS,
}


def allowed(role: str | None, permission: str) -> bool:
    """Whether a role (None for a stranger) may do something."""
    return role is not None and Role(role) in PERMISSIONS.get(permission, frozenset())


def permissions_of(role: str) -> list[str]:
    """Everything that a role may do, sorted: what a screen offers and what it leaves out."""
    return sorted(name for name in PERMISSIONS if allowed(role, name))


def check(role: str | None, operation: str, *, missing: str) -> None:
    """Whether a role (None for a stranger) may do something in a project. Raises NotFound(missing) or Forbidden."""
    if role is None:
        raise NotFound(missing)
    if not allowed(role, operation):
        who = ", ".join(sorted(PERMISSIONS.get(operation, frozenset()))) or "nobody"
        raise Forbidden(f"your role in this project is {role}; this is for: {who}")


def check_anywhere(roles: Collection[str], operation: str) -> None:
    """Whether somebody with these roles, in whichever projects, may begin something. Raises Forbidden."""
    may = ANYWHERE.get(operation, frozenset())
    if not may & {Role(role) for role in roles}:
        who = ", ".join(sorted(may)) or "nobody"
        raise Forbidden(f"this is for who is in some project: {who}; an operator can do it for you")
