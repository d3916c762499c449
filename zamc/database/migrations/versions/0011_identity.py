"""Sessions, tokens, second factors; row-level security."""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sessions, tokens, second factors; row-level security."""
