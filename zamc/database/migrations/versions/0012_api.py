"""Idempotency keys, trusted documents and data versions."""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Idempotency keys, trusted documents and data versions."""
