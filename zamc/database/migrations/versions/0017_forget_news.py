"""Old news may be forgotten: by the notifier, and by no request."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is older than ZAMC_NEWS_KEPT_DAYS leaves with its deliveries."""
    op.execute("GRANT DELETE ON public.notifications, public.notification_deliveries TO zamc_app")
