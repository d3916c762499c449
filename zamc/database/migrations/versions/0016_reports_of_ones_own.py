"""Requests read reports as the role that sees its caller's projects alone; dbt grants the reports themselves (dbt/macros/second_wall.sql)."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """zamc_api may look into the schema of the reports, and at the exchange rates that they convert with, which are nobody's."""
    op.execute("GRANT USAGE ON SCHEMA reporting TO zamc_api")
    op.execute("GRANT SELECT ON public.fx_rates TO zamc_api")
