"""What keeps a launch as cheap at 100,000 deployments as at 1,000."""

from alembic import op
from sqlalchemy import text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Indexes for what each round of a launch asks."""
    op.create_index("ix_operations_refused", "operations", ["deployment_id"], postgresql_where=text("state = 'refused'"))
    op.create_index(op.f("ix_deployments_launched_at"), "deployments", ["launched_at"])
