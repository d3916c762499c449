"""Campaign kinds, and what goes with them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A set may have several campaigns on one account, one of each kind. What exists is what there was: Search, or Meta's one kind."""
    op.add_column("deployments", sa.Column("kind", sa.Text(), nullable=True))
    op.execute("UPDATE public.deployments SET kind = CASE platform WHEN 'meta_ads' THEN 'meta' ELSE 'search' END")
    op.alter_column("deployments", "kind", nullable=False)
    op.create_check_constraint(op.f("ck_deployments_kind"), "deployments", "kind IN ('search', 'performance_max', 'display', 'meta')")
    op.drop_constraint(op.f("uq_deployments_asset_id_ad_account_id"), "deployments", type_="unique")
    op.create_unique_constraint(op.f("uq_deployments_asset_id_ad_account_id_kind"), "deployments", ["asset_id", "ad_account_id", "kind"])
