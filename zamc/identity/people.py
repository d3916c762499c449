"""What an operator decides about people: who they are, what they may do, how they get in."""

from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.errors import NotFound
from zamc.identity import repository
from zamc.identity.email_rules import normalised_email
from zamc.identity.permission_rules import Role
from zamc.identity.recovery import Link, Purpose, make_link
from zamc.identity.tables import User
from zamc.projects.repository import audit

# Of an installation in which nobody has signed in yet.
FIRST_OWNER = "owner@localhost"


def named(session: Session, email: str) -> User:
    """Raises InvalidInput, NotFound."""
    address = normalised_email(email)
    found = repository.user_by_email(session, address)
    if found is None:
        raise NotFound(f"nobody has the address {address}; `zamc users add {address}` makes a user")
    return found


def add(session: Session, email: str, *, by: str) -> UUID:
    """The user with that address, made if there is none. Raises InvalidInput."""
    user_id = repository.put_user(session, normalised_email(email))
    audit(session, actor=by, action="user.added", project_id=None, subject_id=user_id)
    return user_id


def own_what_nobody_owns(session: Session, user_id: UUID, *, by: str) -> int:
    """Make a user owner of every project that has none. Returns how many."""
    projects = repository.projects_without_owner(session)
    for project_id in projects:
        repository.put_membership(session, user_id=user_id, project_id=project_id, role=Role.OWNER)
        audit(session, actor=by, action="member.role", project_id=project_id, subject_id=user_id, role=Role.OWNER)
    return len(projects)


def set_disabled(session: Session, clock: Clock, email: str, *, disabled: bool, by: str) -> UUID:
    """A disabled user cannot sign in, and neither their sessions nor their tokens and keys work. Raises NotFound."""
    user = named(session, email)
    repository.change_user(session, user.id, disabled_at=clock.now() if disabled else None)
    repository.raise_version(session, user.id)
    audit(session, actor=by, action="user.disabled" if disabled else "user.enabled", project_id=None, subject_id=user.id)
    return user.id


def sign_in_link(session: Session, clock: Clock, email: str, *, public_url: str, by: str) -> Link:
    """Good once, for 15 minutes; passes by the password and the second factor, as an operator may. Raises NotFound."""
    user = named(session, email)
    audit(session, actor=by, action="user.sign_in_link", project_id=None, subject_id=user.id)
    return make_link(session, clock, user_id=user.id, purpose=Purpose.SIGN_IN, public_url=public_url)


def first_owner_link(session: Session, clock: Clock, *, public_url: str) -> Link | None:
    """While nobody has ever signed in: a link for the first owner, who owns what nobody else does. None afterwards."""
    if repository.anybody_signed_in(session):
        return None
    user_id = add(session, FIRST_OWNER, by="installation")
    own_what_nobody_owns(session, user_id, by="installation")
    return sign_in_link(session, clock, FIRST_OWNER, public_url=public_url, by="installation")
