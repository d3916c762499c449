"""Versions of plans, and who made them."""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Versions of plans, and who made them."""
