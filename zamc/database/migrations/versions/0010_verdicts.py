"""Completeness of late conversions, and verdicts on performance."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


# Runs as whoever writes analytics_days: what one may mark as read, one may add here.
REMEMBER = """
CREATE FUNCTION public.remember_day_reading() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    INSERT INTO public.analytics_day_readings (ad_account_id, date, as_of, recorded_at)
    SELECT NEW.ad_account_id, NEW.date, NEW.as_of, NEW.recorded_at ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$body$
"""


def upgrade() -> None:
    """Completeness of late conversions, and verdicts on performance."""
    op.create_table(
        "analytics_day_readings",
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_analytics_day_readings_ad_account_id")),
        sa.PrimaryKeyConstraint("ad_account_id", "date", "as_of", name=op.f("pk_analytics_day_readings")),
    )
    op.execute(
        """
        INSERT INTO analytics_day_readings (ad_account_id, date, as_of, recorded_at)
        SELECT ad_account_id, date, as_of, recorded_at FROM analytics_days
        """
    )
    op.execute(REMEMBER)
    op.execute(
        """
        CREATE TRIGGER remember_day_reading AFTER INSERT OR UPDATE ON analytics_days
        FOR EACH ROW EXECUTE FUNCTION public.remember_day_reading()
        """
    )
    op.create_table(
        "completeness",
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("attribution_window", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day_age", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("share", sa.Numeric(6, 4), nullable=False),
        sa.Column("error", sa.Numeric(6, 4), nullable=False),
        sa.Column("own", sa.Numeric(6, 4), nullable=False),
        sa.Column("conversions", sa.Numeric(18, 6), nullable=False),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_completeness_ad_account_id")),
        sa.PrimaryKeyConstraint("ad_account_id", "action", "attribution_window", "as_of", "day_age", name=op.f("pk_completeness")),
    )
    op.create_table(
        "nowcasts",
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("reported", sa.Numeric(18, 6), nullable=False),
        sa.Column("conversions", sa.Numeric(18, 6), nullable=False),
        sa.Column("low", sa.Numeric(18, 6), nullable=False),
        sa.Column("high", sa.Numeric(18, 6), nullable=False),
        sa.Column("completeness", sa.Numeric(6, 4), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_nowcasts_ad_account_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_nowcasts_deployment_id")),
        sa.PrimaryKeyConstraint("ad_account_id", "grain", "object_id", "date", "action", "as_of", name=op.f("pk_nowcasts")),
    )
    op.create_index(op.f("ix_nowcasts_deployment_id_date"), "nowcasts", ["deployment_id", "date"])
    op.create_index(op.f("ix_nowcasts_ad_account_id_date"), "nowcasts", ["ad_account_id", "date"])
    op.create_table(
        "performance_verdicts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), server_default="", nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=text("now()"), nullable=False),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_performance_verdicts_severity")),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_performance_verdicts_ad_account_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_performance_verdicts_deployment_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_performance_verdicts_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_verdicts")),
    )
    op.create_index(
        "uq_performance_verdicts_open",
        "performance_verdicts",
        ["ad_account_id", "grain", "object_id", "kind", "action"],
        unique=True,
        postgresql_where=text("resolved_at IS NULL"),
    )
    op.create_index(op.f("ix_performance_verdicts_project_id_found_at"), "performance_verdicts", ["project_id", "found_at"])
    op.create_index(op.f("ix_performance_verdicts_deployment_id"), "performance_verdicts", ["deployment_id"])
    op.execute("GRANT SELECT, INSERT ON analytics_day_readings, completeness, nowcasts TO zamc_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON performance_verdicts TO zamc_app")
