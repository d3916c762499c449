"""Finer grains, report jobs and exchange rates."""

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Finer grains, report jobs and exchange rates."""
