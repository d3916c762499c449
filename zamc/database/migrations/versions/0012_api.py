"""Idempotency keys, data versions, and the indexes of lists that a person pages through."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Idempotency keys, data versions, and the indexes of lists that a person pages through."""
    op.create_table(
        "remembered_requests",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_remembered_requests_user_id")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_remembered_requests")),
    )
    op.create_index(op.f("ix_remembered_requests_created_at"), "remembered_requests", ["created_at"])
    op.create_table(
        "data_versions",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_data_versions_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_data_versions")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON public.remembered_requests TO zamc_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON public.data_versions TO zamc_app")
    op.execute("SELECT public.bind_to_projects('public.remembered_requests', 'user_id = (SELECT public.my_user())')")
    op.execute("SELECT public.bind_to_projects('public.data_versions')")
    # When it was written comes back from the database with its number.
    op.execute("GRANT SELECT (created_at) ON events.outbox TO zamc_api")
    op.create_index("ix_strategies_project_status", "strategies", ["project_id", "status", "created_at"])
    op.create_index("ix_assets_sets", "assets", ["project_id", "created_at"], postgresql_where=text("kind = 'set'"))
    op.create_index("ix_deployments_project_status", "deployments", ["project_id", "status", "created_at"])
    op.create_index("ix_deployments_project_name", "deployments", ["project_id", "name"])
    op.create_index("ix_deployments_project_budget", "deployments", ["project_id", "daily_budget_micros"])
    op.create_index("ix_alerts_open", "alerts", ["project_id", "created_at"], postgresql_where=text("cleared_at IS NULL"))
    op.create_index("ix_audit_log_action", "audit_log", ["project_id", "action", "created_at"])
    op.create_index("ix_audit_log_subject", "audit_log", ["subject_id", "created_at"])
