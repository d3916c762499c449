"""Of a project's changes, those of its settings alone are counted, so that whoever keeps what shows no settings may go on keeping it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None of those until now is known to be one: a writer that does not count them has changed everything, an older release's too."""
    op.add_column("data_versions", sa.Column("settings_changes", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
