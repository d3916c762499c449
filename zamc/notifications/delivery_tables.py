"""News for people, whom it goes to, and what became of each delivery."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key, WorkItem


class Notification(Base):
    """One piece of news. `key` says what it is about ("alert:<event id>", "approval:strategy:<id>:<version>", "digest:<project>:<day>"):
    the same news told again is the same row, and so the same deliveries.

    project_id: NULL for what concerns the whole installation. body: plain lines. about: ids and codes for programs; no credential, no
    address of a person.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("kind IN ('alert', 'approval', 'digest', 'test')", name="kind"),
        CheckConstraint("severity IN ('info', 'warning', 'critical')", name="severity"),
        Index(None, "project_id", "created_at"),
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    kind: Mapped[str]
    severity: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    about: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]


class Endpoint(Base):
    """Where a project's news goes beside its members' mail: a Slack incoming webhook, or a webhook of one's own.

    sealed: the address, and a webhook's signing secret, encrypted (zamc.accounts.vault); host is what of it may be shown. wants: the
    threshold by kind of news. A removed one forgets both and keeps its history.
    """

    __tablename__ = "notification_endpoints"
    __table_args__ = (
        CheckConstraint("channel IN ('slack', 'webhook')", name="channel"),
        CheckConstraint("(sealed IS NULL) = (removed_at IS NOT NULL)", name="sealed"),
        Index(None, "project_id"),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    channel: Mapped[str]
    name: Mapped[str]
    host: Mapped[str]
    sealed: Mapped[str | None]
    wants: Mapped[dict[str, Any]]
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[datetime | None]


class Preference(Base):
    """What a member has chosen to be told about a project; without a row their role's default holds (preference_rules)."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        CheckConstraint("channel IN ('mail')", name="channel"),
        CheckConstraint("kind IN ('alert', 'approval', 'digest')", name="kind"),
        CheckConstraint("least IN ('off', 'info', 'warning', 'critical')", name="least"),
        Index(None, "project_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("auth.users.id"), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    least: Mapped[str]


class Delivery(WorkItem, Base):
    """One piece of news for one recipient on one channel: to a member (user_id), or to an endpoint of the project.

    pending -> sending -> sent | failed | skipped | in_doubt; a failed try is pending again. `sending` is committed before anything leaves:
    whoever dies there leaves a lease behind, and when it ends a webhook is pending again under the same id, while a mail or a message to
    Slack, which may have arrived, is in_doubt and is not sent again by itself. skipped: the recipient has left meanwhile.
    """

    __tablename__ = "notification_deliveries"
    __table_args__ = (
        CheckConstraint("channel IN ('mail', 'slack', 'webhook')", name="channel"),
        CheckConstraint("state IN ('pending', 'sending', 'sent', 'in_doubt', 'failed', 'skipped')", name="state"),
        CheckConstraint("(user_id IS NULL) <> (endpoint_id IS NULL) AND (channel = 'mail') = (user_id IS NOT NULL)", name="recipient"),
        Index(
            "uq_notification_deliveries_once",
            "notification_id",
            "channel",
            "user_id",
            "endpoint_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_notification_deliveries_due", "next_attempt_at", postgresql_where=text("state = 'pending'")),
        Index("ix_notification_deliveries_sending", "lease_until", postgresql_where=text("state = 'sending'")),
        Index(None, "endpoint_id"),
        Index(None, "user_id"),
    )

    id: Mapped[Key]
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.id"))
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    channel: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("auth.users.id"))
    endpoint_id: Mapped[UUID | None] = mapped_column(ForeignKey("notification_endpoints.id"))
    state: Mapped[str]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class DigestDay(Base):
    """The last day (in the project's time zone) for which a project's digest was made or found to be empty."""

    __tablename__ = "notification_digest_days"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    day: Mapped[date]
