"""Schemas, tables, partitions and the rights of zamc_app."""

from alembic import op

from zamc.database.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for schema in ("auth", "events", "reporting"):
        op.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    metadata.create_all(op.get_bind())
    for table in ("analytics", "analytics_conversions"):
        # Rows of a month without a partition of its own land here until `zamc db partitions` makes it.
        op.execute(f"CREATE TABLE public.{table}_rest PARTITION OF public.{table} DEFAULT")
    for schema in ("public", "auth", "events"):
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO zamc_app")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO zamc_app")
        op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO zamc_app")
    op.execute("GRANT USAGE, CREATE ON SCHEMA reporting TO zamc_app")
    # Facts and audits are only ever added to; spend policies are changed by people through zamc_owner alone.
    for table in ("analytics", "analytics_conversions", "audit_log", "operation_attempts", "decisions"):
        op.execute(f"REVOKE UPDATE, DELETE ON public.{table} FROM zamc_app")
    op.execute("REVOKE ALL ON public.alembic_version FROM zamc_app")
