"""News and what became of its deliveries, as screens list them. No address of a person or an endpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zamc.database.paging import Order, Page, read_page
from zamc.notifications import delivery_repository as repository
from zamc.notifications.delivery_tables import Delivery, Endpoint, Notification
from zamc.notifications.preference_rules import CHOSEN, Channel, Kind, Threshold, member_threshold
from zamc.projects.tables import Project

NEWEST = Order("newest", (Notification.created_at, Notification.id), (datetime, UUID))


@dataclass(frozen=True)
class DeliveryCount:
    """How many deliveries of one piece of news are in one state on one channel."""

    channel: str
    state: str
    count: int


@dataclass(frozen=True)
class NotificationView:
    """One piece of news, and how far it has come."""

    id: UUID
    kind: str
    severity: str
    title: str
    body: str
    created_at: datetime
    deliveries: tuple[DeliveryCount, ...]


@dataclass(frozen=True)
class DeliveryView:
    """One delivery. error: why it was not sent, in a sentence without secrets."""

    id: UUID
    project_id: UUID | None
    channel: str
    state: str
    attempts: int
    error: str | None
    sent_at: datetime | None


@dataclass(frozen=True)
class PreferenceView:
    """What a member is told about a project by mail, by kind; chosen: they said so themselves, it is not their role's default."""

    project_id: UUID
    project: str
    kind: str
    least: str
    chosen: bool


def page(
    session: Session, project_id: UUID, *, kind: str | None = None, after: Sequence[Any] | None = None, limit: int = 50
) -> Page[NotificationView]:
    """A project's news, newest first. Two statements."""
    statement = select(Notification).where(Notification.project_id == project_id)
    if kind is not None:
        statement = statement.where(Notification.kind == kind)
    found = read_page(session, statement, NEWEST, after=after, limit=limit)
    rows = [row[0] for row in found.rows]
    counted = select(Delivery.notification_id, Delivery.channel, Delivery.state, func.count())
    counted = counted.where(Delivery.notification_id.in_([row.id for row in rows]))
    by_news: dict[UUID, list[DeliveryCount]] = {}
    grouped = counted.group_by(Delivery.notification_id, Delivery.channel, Delivery.state).order_by(Delivery.channel, Delivery.state)
    for notification_id, channel, state, count in session.execute(grouped).tuples():
        by_news.setdefault(notification_id, []).append(DeliveryCount(channel, state, count))
    views = [
        NotificationView(row.id, row.kind, row.severity, row.title, row.body, row.created_at, tuple(by_news.get(row.id, ())))
        for row in rows
    ]
    return Page(views, found.keys, found.more)


def delivery(session: Session, delivery_id: UUID) -> DeliveryView | None:
    row = session.get(Delivery, delivery_id, populate_existing=True)
    if row is None:
        return None
    return DeliveryView(row.id, row.project_id, row.channel, row.state, row.attempts, row.last_error, row.sent_at)


def project_of_endpoint(session: Session, endpoint_id: UUID) -> UUID | None:
    """Whose it is, or was."""
    return session.scalar(select(Endpoint.project_id).where(Endpoint.id == endpoint_id))


def preferences(session: Session, user_id: UUID, roles: "dict[UUID, str]") -> list[PreferenceView]:
    """What a user is told by mail about each project in which they have a role, by the project's name. Two statements."""
    rows = repository.preferences(session, user_id, list(roles))
    chosen = {(row.project_id, row.kind): row.least for row in rows if row.channel == Channel.MAIL}
    names = session.execute(select(Project.id, Project.name).where(Project.id.in_(roles)).order_by(Project.name, Project.id)).tuples()
    return [_preference(project_id, name, kind, roles[project_id], chosen) for project_id, name in names for kind in CHOSEN]


def _preference(project_id: UUID, name: str, kind: Kind, role: str, chosen: "dict[tuple[UUID, str], str]") -> PreferenceView:
    said = chosen.get((project_id, kind))
    least = member_threshold(role, kind, {kind: Threshold(said)} if said else {})
    return PreferenceView(project_id, name, kind.value, least.value, said is not None)
