"""News for people: preferences, endpoints, deliveries and digests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Five tables, and dead letters of a kind of their own."""
    _news()
    _recipients()
    _deliveries()
    op.drop_constraint(op.f("ck_dead_letters_kind"), "dead_letters", schema="events", type_="check")
    op.create_check_constraint(
        op.f("ck_dead_letters_kind"),
        "dead_letters",
        "kind IN ('message', 'strategy', 'creatives', 'deployment', 'sync', 'notification')",
        schema="events",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON public.notifications, public.notification_endpoints TO zamc_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON public.notification_deliveries, public.notification_digest_days TO zamc_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON public.notification_preferences TO zamc_app")
    for table in ("notifications", "notification_endpoints", "notification_deliveries", "notification_digest_days"):
        op.execute(f"SELECT public.bind_to_projects('public.{table}')")
    # What a member wants to hear is theirs alone, and only of projects in which they have a role.
    op.execute(
        "SELECT public.bind_to_projects('public.notification_preferences', "
        "'user_id = (SELECT public.my_user()) AND project_id = ANY ((SELECT public.my_projects())::uuid[])')"
    )


def _news() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("about", postgresql.JSONB(), server_default=text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('alert', 'approval', 'digest', 'test')", name=op.f("ck_notifications_kind")),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_notifications_severity")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_notifications_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("key", name=op.f("uq_notifications_key")),
    )
    op.create_index(op.f("ix_notifications_project_id_created_at"), "notifications", ["project_id", "created_at"])
    op.create_table(
        "notification_digest_days",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_notification_digest_days_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_notification_digest_days")),
    )


def _recipients() -> None:
    op.create_table(
        "notification_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("wants", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('slack', 'webhook')", name=op.f("ck_notification_endpoints_channel")),
        sa.CheckConstraint("(sealed IS NULL) = (removed_at IS NOT NULL)", name=op.f("ck_notification_endpoints_sealed")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_notification_endpoints_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_endpoints")),
    )
    op.create_index(op.f("ix_notification_endpoints_project_id"), "notification_endpoints", ["project_id"])
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("least", sa.Text(), nullable=False),
        sa.CheckConstraint("channel IN ('mail')", name=op.f("ck_notification_preferences_channel")),
        sa.CheckConstraint("kind IN ('alert', 'approval', 'digest')", name=op.f("ck_notification_preferences_kind")),
        sa.CheckConstraint("least IN ('off', 'info', 'warning', 'critical')", name=op.f("ck_notification_preferences_least")),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_notification_preferences_user_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_notification_preferences_project_id")),
        sa.PrimaryKeyConstraint("user_id", "project_id", "channel", "kind", name=op.f("pk_notification_preferences")),
    )
    op.create_index(op.f("ix_notification_preferences_project_id"), "notification_preferences", ["project_id"])


def _deliveries() -> None:
    op.create_table(
        "notification_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("endpoint_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=text("now()"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'slack', 'webhook')", name=op.f("ck_notification_deliveries_channel")),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'in_doubt', 'failed', 'skipped')", name=op.f("ck_notification_deliveries_state")
        ),
        sa.CheckConstraint(
            "(user_id IS NULL) <> (endpoint_id IS NULL) AND (channel = 'mail') = (user_id IS NOT NULL)",
            name=op.f("ck_notification_deliveries_recipient"),
        ),
        sa.ForeignKeyConstraint(["notification_id"], ["notifications.id"], name=op.f("fk_notification_deliveries_notification_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_notification_deliveries_project_id")),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_notification_deliveries_user_id")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["notification_endpoints.id"], name=op.f("fk_notification_deliveries_endpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_deliveries")),
    )
    op.create_index(
        "uq_notification_deliveries_once",
        "notification_deliveries",
        ["notification_id", "channel", "user_id", "endpoint_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "ix_notification_deliveries_due", "notification_deliveries", ["next_attempt_at"], postgresql_where=text("state = 'pending'")
    )
    op.create_index(
        "ix_notification_deliveries_sending", "notification_deliveries", ["lease_until"], postgresql_where=text("state = 'sending'")
    )
    op.create_index(op.f("ix_notification_deliveries_endpoint_id"), "notification_deliveries", ["endpoint_id"])
    op.create_index(op.f("ix_notification_deliveries_user_id"), "notification_deliveries", ["user_id"])
