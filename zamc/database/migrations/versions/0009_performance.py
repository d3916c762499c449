"""Finer grains, report jobs and exchange rates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What a sync that was interrupted goes on from, what an account's conversion actions are, and the day's rates. Grains are text."""
    op.add_column("projects", sa.Column("reporting_currency", sa.Text(), nullable=True))
    op.add_column("ad_accounts", sa.Column("look_back", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))
    _rates()
    _actions()
    _readings()
    op.execute("GRANT SELECT, INSERT ON fx_rates TO zamc_app")
    op.execute("REVOKE UPDATE, DELETE ON fx_rates FROM zamc_app")
    for table in ("conversion_actions", "analytics_readings", "report_jobs"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO zamc_app")


def _rates() -> None:
    op.create_table(
        "fx_rates",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("base", sa.CHAR(3), nullable=False),
        sa.Column("quote", sa.CHAR(3), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rate > 0 AND rate < 'Infinity'", name=op.f("ck_fx_rates_rate")),
        sa.PrimaryKeyConstraint("date", "base", "quote", name=op.f("pk_fx_rates")),
    )


def _actions() -> None:
    op.create_table(
        "conversion_actions",
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("click_days", sa.Integer(), nullable=True),
        sa.Column("view_days", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_conversion_actions_ad_account_id")),
        sa.PrimaryKeyConstraint("ad_account_id", "external_id", name=op.f("pk_conversion_actions")),
        sa.UniqueConstraint("ad_account_id", "action", name=op.f("uq_conversion_actions_ad_account_id_action")),
    )


def _readings() -> None:
    op.create_table(
        "analytics_readings",
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("look_back", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_analytics_readings_ad_account_id")),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_analytics_readings")),
    )
    op.create_index("ix_analytics_readings_open", "analytics_readings", ["ad_account_id"], postgresql_where=sa.text("finished_at IS NULL"))
    op.create_table(
        "report_jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("piece", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'done', 'failed', 'split')", name=op.f("ck_report_jobs_state")),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_report_jobs_ad_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_jobs")),
        sa.UniqueConstraint(
            "ticket", "grain", "piece", "first_day", "last_day", name=op.f("uq_report_jobs_ticket_grain_piece_first_day_last_day")
        ),
    )
    op.create_index(op.f("ix_report_jobs_ad_account_id"), "report_jobs", ["ad_account_id"])
