"""Dead letters of the core, and credentials of ad accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table for messages that cannot be read and items that were given up; how an ad account is connected."""
    _dead_letters()
    op.add_column("ad_accounts", sa.Column("credentials_expire_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ad_accounts", sa.Column("connection", sa.Text(), server_default="connected", nullable=False))
    op.add_column("ad_accounts", sa.Column("connection_reason", sa.Text(), nullable=True))
    op.add_column("ad_accounts", sa.Column("connection_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ad_accounts", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_ad_accounts_connection"), "ad_accounts", "connection IN ('connected', 'refused', 'blocked')")


def _dead_letters() -> None:
    table, schema = "dead_letters", "events"
    for column in (
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing", sa.Text(), nullable=True),
    ):
        op.add_column(table, column, schema=schema)
    op.execute("UPDATE events.dead_letters SET kind = 'message', key = stream_created || ':' || stream_sequence")
    for name in ("kind", "key"):
        op.alter_column(table, name, nullable=False, schema=schema)
    for name in ("stream_created", "stream_sequence", "payload"):
        op.alter_column(table, name, nullable=True, schema=schema)
    op.drop_constraint("uq_dead_letters_stream_created_stream_sequence", table, type_="unique", schema=schema)
    op.create_unique_constraint(op.f("uq_dead_letters_kind_key"), table, ["kind", "key"], schema=schema)
    checks = {
        "kind": "kind IN ('message', 'strategy', 'creatives', 'deployment', 'sync')",
        "state": "state IN ('open', 'replayed', 'resolved', 'dropped')",
        "message": "kind <> 'message' OR (payload IS NOT NULL AND stream_sequence IS NOT NULL)",
    }
    for name, condition in checks.items():
        op.create_check_constraint(op.f(f"ck_dead_letters_{name}"), table, condition, schema=schema)
    op.create_index("ix_dead_letters_open", table, ["created_at"], unique=False, schema=schema, postgresql_where=sa.text("state = 'open'"))
