"""Performance facts, bitemporal: a revised value is a new as_of row, and nothing is overwritten."""

from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base


class Fact(Base):
    """One object of one grain on one day, as it was known at `as_of` (business time). Partitioned by month of `date`.

    date is a reporting day in the ad account's time zone. campaign_id and ad_group_id are external ids of the parents.
    """

    __tablename__ = "analytics"
    __table_args__ = (
        Index(None, "deployment_id", "date"),
        {"schema": "public", "postgresql_partition_by": "RANGE (date)"},
    )

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("public.ad_accounts.id"), primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True, default="", server_default="")
    date: Mapped[Date] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]
    deployment_id: Mapped[UUID | None]
    campaign_id: Mapped[str | None]
    ad_group_id: Mapped[str | None]
    label: Mapped[str | None]
    currency: Mapped[str]
    impressions: Mapped[int] = mapped_column(BigInteger)
    clicks: Mapped[int] = mapped_column(BigInteger)
    spend_micros: Mapped[int] = mapped_column(BigInteger)


class ConversionFact(Base):
    """Conversions of a fact by action and attribution window. Keyed like its fact; fractions come from shared credit."""

    __tablename__ = "analytics_conversions"
    __table_args__ = ({"schema": "public", "postgresql_partition_by": "RANGE (date)"},)

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("public.ad_accounts.id"), primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True, default="", server_default="")
    date: Mapped[Date] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    attribution_window: Mapped[str] = mapped_column(primary_key=True)
    conversions: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    value_micros: Mapped[int] = mapped_column(BigInteger)
