"""What watching and reconciling remember of an object: that it rests, and when its settings were last compared."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns; adding them rewrites no row."""
    op.add_column("platform_objects", sa.Column("rests", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("platform_objects", sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True))
