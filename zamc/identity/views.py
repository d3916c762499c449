"""Who works in a project, as its members see it: addresses and roles, and nothing of how anybody signs in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from zamc.database.paging import Order, Page, read_page
from zamc.identity.tables import Membership, User

BY_EMAIL = Order("email", (User.email, User.id), (str, UUID), descending=False)


@dataclass(frozen=True)
class MemberView:
    """A member. active: they have not been disabled."""

    user_id: UUID
    email: str
    role: str
    active: bool
    since: datetime


def member_page(session: Session, project_id: UUID, *, after: Sequence[Any] | None = None, limit: int = 50) -> Page[MemberView]:
    """By address."""
    columns = select(User.id, User.email, Membership.role, User.disabled_at, User.created_at)
    mine = columns.join(Membership, Membership.user_id == User.id).where(Membership.project_id == project_id)
    found = read_page(session, mine, BY_EMAIL, after=after, limit=limit)
    return Page([MemberView(row[0], row[1], row[2], row[3] is None, row[4]) for row in found.rows], found.keys, found.more)


def member(session: Session, project_id: UUID, user_id: UUID) -> MemberView | None:
    """None when they have no role there."""
    columns = select(User.id, User.email, Membership.role, User.disabled_at, User.created_at)
    named = (Membership.project_id == project_id, Membership.user_id == user_id)
    row = session.execute(columns.join(Membership, Membership.user_id == User.id).where(*named)).one_or_none()
    return MemberView(row[0], row[1], row[2], row[3] is None, row[4]) if row is not None else None
