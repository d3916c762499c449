"""Changes of what is live, drift, verdicts, and alerts that are told once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())
_NOW = sa.text("now()")


def upgrade() -> None:
    """Tables, what zamc_app may do with them, and a lane for strays."""
    _changes()
    _drifts()
    _verdicts()
    _alerts()
    for table in ("deployment_changes", "drifts", "verdicts", "account_looks", "alerts"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON public.{table} TO zamc_app")
    # What becomes of an outside change is decided by people, as a spend policy is.
    op.execute("GRANT SELECT ON public.drift_policies TO zamc_app")
    # Strays are paused and removed in a lane of their own, in generations below zero: no intention speaks of them.
    op.drop_constraint(op.f("ck_operations_lane"), "operations", type_="check")
    op.create_check_constraint(
        op.f("ck_operations_lane"),
        "operations",
        "lane IN ('change', 'stop', 'sweep') AND (lane <> 'stop' OR verb = 'pause') AND (verb <> 'pause' OR lane <> 'change')"
        " AND (lane = 'sweep') = (generation < 0)",
    )


def _changes() -> None:
    op.create_table(
        "deployment_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("change_hash", sa.Text(), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("request", _JSON, nullable=False),
        sa.Column("objects", _JSON, nullable=False),
        sa.Column("daily_before_micros", sa.BigInteger(), nullable=False),
        sa.Column("daily_after_micros", sa.BigInteger(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("ends_after", sa.Date(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=True),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("released", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('proposed', 'applying', 'done', 'refused', 'superseded')", name=op.f("ck_deployment_changes_state")),
        sa.CheckConstraint("kind IN ('change', 'revert', 'accept')", name=op.f("ck_deployment_changes_kind")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_deployment_changes_project_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_deployment_changes_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment_changes")),
    )
    op.create_index(
        "uq_deployment_changes_generation",
        "deployment_changes",
        ["deployment_id", "generation"],
        unique=True,
        postgresql_where=sa.text("state <> 'proposed'"),
    )
    op.create_index(
        "ix_deployment_changes_open",
        "deployment_changes",
        ["deployment_id"],
        postgresql_where=sa.text("state = 'applying' OR (state = 'done' AND NOT released)"),
    )
    op.create_index("ix_deployment_changes_hash", "deployment_changes", ["deployment_id", "change_hash"])


def _drifts() -> None:
    op.create_table(
        "drifts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("obj_key", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("wanted", _JSON, nullable=False),
        sa.Column("seen", _JSON, nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("through", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'accepting', 'reverting', 'accepted', 'reverted', 'paused', 'gone')", name=op.f("ck_drifts_state")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_drifts_project_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_drifts_deployment_id")),
        sa.ForeignKeyConstraint(["obj_key"], ["platform_objects.obj_key"], name=op.f("fk_drifts_obj_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drifts")),
    )
    op.create_index(
        "uq_drifts_open",
        "drifts",
        ["obj_key", "field"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'accepting', 'reverting')"),
    )
    op.create_index(op.f("ix_drifts_deployment_id"), "drifts", ["deployment_id"])
    op.create_index(op.f("ix_drifts_project_id_created_at"), "drifts", ["project_id", "created_at"])
    op.create_table(
        "drift_policies",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("rules", _JSON, nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_drift_policies_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_drift_policies")),
    )


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("details", _JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_verdicts_project_id")),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_verdicts_ad_account_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_verdicts_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    op.create_index(
        "uq_verdicts_subject",
        "verdicts",
        ["ad_account_id", "deployment_id", "aspect"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(op.f("ix_verdicts_deployment_id"), "verdicts", ["deployment_id"])
    op.create_index(op.f("ix_verdicts_aspect_verdict"), "verdicts", ["aspect", "verdict"])
    op.create_table(
        "account_looks",
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("seen_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("swept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_account_looks_ad_account_id")),
        sa.PrimaryKeyConstraint("ad_account_id", name=op.f("pk_account_looks")),
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("details", _JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_alerts_severity")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_alerts_project_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_alerts_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("uq_alerts_open_key", "alerts", ["key"], unique=True, postgresql_where=sa.text("cleared_at IS NULL"))
    op.create_index(op.f("ix_alerts_project_id_created_at"), "alerts", ["project_id", "created_at"])
    op.create_index(op.f("ix_alerts_deployment_id"), "alerts", ["deployment_id"])
