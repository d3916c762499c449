"""What the ledger, the spend policy and a restore need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LEDGER_KEY = ["deployment_id", "generation", "kind", "period"]


def upgrade() -> None:
    """Settlement, budgets over time, approvals by several people, and the rest of a spend policy."""
    op.add_column("spend_ledger", sa.Column("number", sa.Integer(), server_default="0", nullable=False))
    op.drop_constraint("uq_spend_ledger_deployment_id_generation_kind_period", "spend_ledger", type_="unique")
    op.create_unique_constraint(
        op.f("uq_spend_ledger_deployment_id_generation_kind_period_number"), "spend_ledger", [*_LEDGER_KEY, "number"]
    )
    _policies()
    op.create_table(
        "budget_spans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("daily_budget_micros", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("change_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_budget_spans_deployment_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_budget_spans_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_spans")),
        sa.UniqueConstraint("deployment_id", "generation", name=op.f("uq_budget_spans_deployment_id_generation")),
    )
    op.create_index(op.f("ix_budget_spans_project_id_changed_at"), "budget_spans", ["project_id", "changed_at"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_approvals_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("deployment_id", "plan_hash", "approved_by", name=op.f("uq_approvals_deployment_id_plan_hash_approved_by")),
    )
    op.create_table(
        "spend_settlements",
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_spend_settlements_ad_account_id")),
        sa.PrimaryKeyConstraint("ad_account_id", name=op.f("pk_spend_settlements")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON public.budget_spans, public.spend_settlements TO zamc_app")
    op.execute("GRANT SELECT, INSERT ON public.approvals TO zamc_app")
    # What is there already was begun with one budget, at the earliest when its row was made.
    op.execute(
        """
        INSERT INTO public.budget_spans
            (id, project_id, deployment_id, generation, daily_budget_micros, first_day, last_day, changed_at)
        SELECT gen_random_uuid(), d.project_id, d.id, 1, d.daily_budget_micros,
            greatest(d.starts_on, (d.created_at AT TIME ZONE a.time_zone)::date), d.ends_on, d.created_at
        FROM public.deployments d JOIN public.ad_accounts a ON a.id = d.ad_account_id
        WHERE EXISTS (SELECT FROM public.spend_ledger l WHERE l.deployment_id = d.id)
        """
    )


def _policies() -> None:
    for column in (
        sa.Column("platform_caps", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("largest_raise_micros", sa.BigInteger(), nullable=True),
        sa.Column("largest_raise_share", sa.Numeric(9, 4), nullable=True),
        sa.Column("daily_raise_micros", sa.BigInteger(), nullable=True),
        sa.Column("cooldown_seconds", sa.Integer(), nullable=True),
        sa.Column("approval_above_micros", sa.BigInteger(), nullable=True),
        sa.Column("approvers", sa.Integer(), server_default="1", nullable=False),
        sa.Column("overspend", sa.Text(), server_default="pause", nullable=False),
    ):
        op.add_column("spend_policies", column)
    op.create_check_constraint(
        op.f("ck_spend_policies_not_negative"),
        "spend_policies",
        "largest_raise_micros >= 0 AND largest_raise_share >= 0 AND daily_raise_micros >= 0 AND cooldown_seconds >= 0 "
        "AND approval_above_micros >= 0",
    )
    op.create_check_constraint(op.f("ck_spend_policies_approvers"), "spend_policies", "approvers IN (1, 2)")
    op.create_check_constraint(op.f("ck_spend_policies_overspend"), "spend_policies", "overspend IN ('alert', 'pause')")
