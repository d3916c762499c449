"""Every query of news, its recipients and its deliveries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.identity.tables import Membership, User
from zamc.notifications.delivery_tables import Delivery, DigestDay, Endpoint, Notification, Preference
from zamc.notifications.preference_rules import Channel
from zamc.notifications.words_rules import News
from zamc.projects.tables import AdAccount, Project

CHANNEL = "zamc_deliveries"


@dataclass(frozen=True)
class Member:
    """Somebody with a role in a project, and what they have chosen for mail, by kind."""

    user_id: UUID
    role: str
    chosen: Mapping[str, str]


@dataclass(frozen=True)
class Whole:
    """A claimed delivery with what its letter says and whom it goes to. email, sealed: None when the recipient is gone since."""

    notification: Notification
    project: str
    email: str | None
    endpoint: Endpoint | None


def add_news(session: Session, news: News) -> UUID | None:
    """None when the same news was told before."""
    values = {
        "id": uuid7(), "key": news.key, "project_id": news.project_id, "kind": news.kind, "severity": news.severity, "title": news.title,
        "body": news.body, "about": dict(news.about),
    }  # fmt: skip
    return session.scalar(insert(Notification).values(values).on_conflict_do_nothing().returning(Notification.id))


def add_deliveries(session: Session, rows: Iterable[Mapping[str, Any]], *, at: datetime) -> int:
    """Due at once; whoever delivers is woken at the commit. A recipient that has one of this news already gets no second one."""
    values = [{"id": uuid7(), "state": "pending", "next_attempt_at": at, "user_id": None, "endpoint_id": None, **row} for row in rows]
    if not values:
        return 0
    made = session.execute(insert(Delivery).values(values).on_conflict_do_nothing().returning(Delivery.id)).all()
    session.execute(text(f"NOTIFY {CHANNEL}"))
    return len(made)


def members(session: Session, project_id: UUID) -> list[Member]:
    """Whoever may be written to: not disabled, and the address is proven to be theirs. Two statements."""
    people = select(User.id, Membership.role).join(Membership, Membership.user_id == User.id)
    rows = session.execute(people.where(Membership.project_id == project_id, *_REACHABLE).order_by(User.id)).tuples().all()
    chosen: dict[UUID, dict[str, str]] = {}
    for row in session.scalars(select(Preference).where(Preference.project_id == project_id, Preference.channel == Channel.MAIL)):
        chosen.setdefault(row.user_id, {})[row.kind] = row.least
    return [Member(user_id, role, chosen.get(user_id, {})) for user_id, role in rows]


_REACHABLE = (User.disabled_at.is_(None), User.email_verified_at.is_not(None))


def all_owners(session: Session) -> Sequence[UUID]:
    """Owners of any project, each once: they hear of what concerns the whole installation."""
    owners = select(User.id).join(Membership, Membership.user_id == User.id).where(Membership.role == "owner", *_REACHABLE)
    return session.scalars(owners.distinct().order_by(User.id)).all()


def endpoints(session: Session, project_id: UUID) -> Sequence[Endpoint]:
    """A project's, without those that were removed, oldest first."""
    return session.scalars(
        select(Endpoint).where(Endpoint.project_id == project_id, Endpoint.removed_at.is_(None)).order_by(Endpoint.id)
    ).all()


def endpoint(session: Session, endpoint_id: UUID, *, lock: bool = False) -> Endpoint | None:
    named = select(Endpoint).where(Endpoint.id == endpoint_id).execution_options(populate_existing=True)
    return session.scalars(named.with_for_update() if lock else named).one_or_none()


def whole(session: Session, rows: Sequence[Delivery]) -> dict[UUID, Whole]:
    """By delivery. One statement: what is read is what is true when the claim is made, not when the news was told."""
    joined = (
        select(Delivery.id, Notification, Project.name, User.email, Endpoint)
        .join(Notification, Notification.id == Delivery.notification_id)
        .outerjoin(Project, Project.id == Delivery.project_id)
        .outerjoin(User, (User.id == Delivery.user_id) & _REACHABLE[0] & _REACHABLE[1] & _still_told())
        .outerjoin(Endpoint, (Endpoint.id == Delivery.endpoint_id) & Endpoint.removed_at.is_(None))
        .where(Delivery.id.in_([row.id for row in rows]))
    )
    found = session.execute(joined.execution_options(populate_existing=True)).tuples()
    return {row[0]: Whole(row[1], row[2] or "", row[3], row[4]) for row in found}


def _still_told() -> Any:
    """Still a member of the project; of what concerns the whole installation, still somebody's owner."""
    mine = select(Membership.user_id).where(Membership.user_id == Delivery.user_id)
    in_project = mine.where(Membership.project_id == Delivery.project_id).exists()
    owns = mine.where(Membership.role == "owner").exists()
    return (Delivery.project_id.is_not(None) & in_project) | (Delivery.project_id.is_(None) & owns)


def lost(session: Session, *, now: datetime, limit: int) -> Sequence[Delivery]:
    """Deliveries whose worker is gone: it was sending, and its lease is over. Locked."""
    over = select(Delivery).where(Delivery.state == "sending", Delivery.lease_until < now).order_by(Delivery.lease_until).limit(limit)
    return session.scalars(over.with_for_update(skip_locked=True)).all()


def postpone(session: Session, endpoint_id: UUID, *, until: datetime) -> None:
    """The endpoint does not answer: what else waits for it waits with it, so that it holds up nobody else's news."""
    waiting = (Delivery.endpoint_id == endpoint_id, Delivery.state == "pending", Delivery.next_attempt_at < until)
    session.execute(update(Delivery).where(*waiting).values(next_attempt_at=until).execution_options(synchronize_session=False))


def send_again(session: Session, delivery_id: UUID, *, at: datetime) -> Delivery | None:
    """A person wants it sent once more, under its own id. None unless it was given up or is in doubt."""
    row = session.scalars(select(Delivery).where(Delivery.id == delivery_id).with_for_update()).one_or_none()
    if row is None or row.state not in ("failed", "in_doubt"):
        return None
    row.state, row.attempts, row.next_attempt_at = "pending", 0, at
    session.execute(text(f"NOTIFY {CHANNEL}"))
    return row


def take_day(session: Session, project_id: UUID, day: date) -> bool:
    """Make a day's digest this transaction's own. False when it was made, or a later one."""
    fresh = insert(DigestDay).values(project_id=project_id, day=day)
    later = fresh.on_conflict_do_update(index_elements=["project_id"], set_={"day": day}, where=DigestDay.day < day)
    return session.execute(later.returning(DigestDay.day)).first() is not None


def digest_days(session: Session) -> dict[UUID, date | None]:
    """Every project with the last day for which it had a digest."""
    rows = session.execute(select(Project.id, DigestDay.day).outerjoin(DigestDay, DigestDay.project_id == Project.id))
    return {row[0]: row[1] for row in rows}


def time_zones(session: Session) -> dict[UUID, str]:
    """By project, the time zone that most of its ad accounts in use have, of two the older one. A project without accounts has none."""
    counted = (
        select(AdAccount.project_id, AdAccount.time_zone, func.count().label("number"), func.min(AdAccount.created_at).label("since"))
        .where(AdAccount.removed_at.is_(None))
        .group_by(AdAccount.project_id, AdAccount.time_zone)
        .subquery()
    )
    chosen = select(counted.c.project_id, counted.c.time_zone).distinct(counted.c.project_id)
    ordered = chosen.order_by(counted.c.project_id, counted.c.number.desc(), counted.c.since, counted.c.time_zone)
    return dict(session.execute(ordered).tuples().all())


def preferences(session: Session, user_id: UUID, project_ids: Collection[UUID]) -> Sequence[Preference]:
    return session.scalars(select(Preference).where(Preference.user_id == user_id, Preference.project_id.in_(project_ids))).all()


def put_preference(session: Session, values: Mapping[str, Any]) -> None:
    keys = ["user_id", "project_id", "channel", "kind"]
    session.execute(insert(Preference).values(values).on_conflict_do_update(index_elements=keys, set_={"least": values["least"]}))
