"""Completeness of late conversions, and verdicts on performance."""

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Completeness of late conversions, and verdicts on performance."""
