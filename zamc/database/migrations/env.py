"""Alembic's entry: migrations run as zamc_owner over the connection that zamc.database.migrate opened."""

from alembic import context

from zamc.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
    version_table_schema="public",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
