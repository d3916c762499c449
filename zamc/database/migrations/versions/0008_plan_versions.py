"""Versions of plans, and who made them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Whoever asks, and by whichever role: what a version says stays as it was written, and a decision is all that is added.
KEEP = """
CREATE FUNCTION public.keep_plan_versions() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF (OLD.strategy_id, OLD.version, OLD.project_id, OLD.parent, OLD.origin, OLD.author, OLD.note, OLD.plan, OLD.plan_hash, OLD.written_at)
        IS DISTINCT FROM
       (NEW.strategy_id, NEW.version, NEW.project_id, NEW.parent, NEW.origin, NEW.author, NEW.note, NEW.plan, NEW.plan_hash, NEW.written_at)
    THEN
        RAISE EXCEPTION 'permission denied: a version of a plan is never rewritten' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $body$
"""


def upgrade() -> None:
    """What a plan said, version by version. Its words are never rewritten."""
    op.create_table(
        "plan_versions",
        sa.Column("strategy_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("origin IN ('writer', 'person')", name=op.f("ck_plan_versions_origin")),
        sa.CheckConstraint("status IN ('waiting', 'approved', 'rejected', 'superseded')", name=op.f("ck_plan_versions_status")),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategies.id"], name=op.f("fk_plan_versions_strategy_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_plan_versions_project_id")),
        sa.PrimaryKeyConstraint("strategy_id", "version", name=op.f("pk_plan_versions")),
    )
    op.create_index(
        "uq_plan_versions_waiting", "plan_versions", ["strategy_id"], unique=True, postgresql_where=sa.text("status = 'waiting'")
    )
    op.create_index(op.f("ix_plan_versions_project_id"), "plan_versions", ["project_id"])
    op.execute(KEEP)
    op.execute("CREATE TRIGGER keep_plan_versions BEFORE UPDATE ON plan_versions FOR EACH ROW EXECUTE FUNCTION public.keep_plan_versions()")
    op.execute("GRANT SELECT, INSERT, UPDATE ON plan_versions TO zamc_app")
    op.add_column("model_policies", sa.Column("pages", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "landing_pages",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_landing_pages_project_id")),
        sa.PrimaryKeyConstraint("project_id", "url", name=op.f("pk_landing_pages")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON landing_pages TO zamc_app")
    op.execute(
        """
        INSERT INTO plan_versions (strategy_id, version, project_id, origin, author, plan, plan_hash, status, decided_by, decided_at, written_at)
        SELECT id, version, project_id, 'writer', coalesce(nullif(concat_ws(' ', provenance->>'provider', provenance->>'model'), ''), 'unknown'),
               plan, plan_hash,
               CASE status WHEN 'approved' THEN 'approved' WHEN 'drafted' THEN 'waiting' ELSE 'rejected' END,
               approved_by, approved_at, created_at
        FROM strategies WHERE plan IS NOT NULL AND plan_hash IS NOT NULL
        """
    )
