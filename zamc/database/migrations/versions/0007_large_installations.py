"""What keeps a launch as cheap at 100,000 deployments as at 1,000."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


# Runs as the owner: zamc_app may add movements and read balances, and nothing else. Every movement is written under the project's lock,
# so that no two transactions wait for each other's balances.
ADD_UP = """
CREATE FUNCTION public.add_to_spend_balances() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    INSERT INTO public.spend_balances AS b (project_id, currency, platform, period, held_micros)
    SELECT n.project_id, n.currency, d.platform, split_part(n.period, ':', 1), sum(n.amount_micros)
    FROM added n JOIN public.deployments d ON d.id = n.deployment_id
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (project_id, currency, platform, period) DO UPDATE SET held_micros = b.held_micros + excluded.held_micros;
    RETURN NULL;
END
$body$
"""


def upgrade() -> None:
    """Indexes for what each round of a launch asks, and sums that are kept instead of added up."""
    op.create_index("ix_operations_refused", "operations", ["deployment_id"], postgresql_where=text("state = 'refused'"))
    op.create_index(op.f("ix_deployments_launched_at"), "deployments", ["launched_at"])
    op.create_table(
        "spend_balances",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("held_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_spend_balances_project_id")),
        sa.PrimaryKeyConstraint("project_id", "currency", "platform", "period", name=op.f("pk_spend_balances")),
    )
    op.execute(
        """
        INSERT INTO spend_balances (project_id, currency, platform, period, held_micros)
        SELECT l.project_id, l.currency, d.platform, split_part(l.period, ':', 1), sum(l.amount_micros)
        FROM spend_ledger l JOIN deployments d ON d.id = l.deployment_id GROUP BY 1, 2, 3, 4
        """
    )
    op.execute(ADD_UP)
    op.execute(
        """
        CREATE TRIGGER add_to_spend_balances AFTER INSERT ON spend_ledger
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.add_to_spend_balances()
        """
    )
    op.execute("GRANT SELECT ON spend_balances TO zamc_app")
