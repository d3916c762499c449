"""Model calls, and what a project allows of models."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())
_NOW = sa.text("now()")


def upgrade() -> None:
    """A call is reserved, then answered, failed or in doubt; a project's providers and monthly budget are decided by people."""
    for column in (
        sa.Column("variant", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cache_hit", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
    ):
        op.add_column("model_calls", column)
    op.execute("UPDATE public.model_calls SET status = 'answered'")
    op.create_check_constraint(op.f("ck_model_calls_status"), "model_calls", "status IN ('reserved', 'answered', 'in_doubt', 'failed')")
    op.create_index(
        "uq_model_calls_bought",
        "model_calls",
        ["project_id", "request_hash"],
        unique=True,
        postgresql_where=sa.text("status <> 'failed' AND NOT cache_hit AND provider <> 'offline'"),
    )
    op.create_table(
        "model_policies",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("providers", _JSON, nullable=True),
        sa.Column("offline", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("monthly_budget_micros", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint("monthly_budget_micros >= 0", name=op.f("ck_model_policies_not_negative")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_model_policies_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_model_policies")),
    )
    # What may be spent on models is decided by people, as a spend policy is.
    op.execute("GRANT SELECT ON public.model_policies TO zamc_app")
