"""Performance facts, bitemporal: a revised value is a new as_of row, and nothing is overwritten."""

from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base


class Fact(Base):
    """One object of one grain on one day, as it was known at `as_of` (business time). Partitioned by month of `date`.

    date is a reporting day in the ad account's time zone. object_id is the platform's own id (Google: the last part of the
    resource name, such as "123" or "456~789"), campaign_id and ad_group_id are those of the parents. segment is "", except for
    creatives, which several campaigns may share: there it is the campaign's id.
    """

    __tablename__ = "analytics"
    __table_args__ = (
        Index(None, "deployment_id", "date"),
        Index(None, "ad_account_id", "date"),
        {"postgresql_partition_by": "RANGE (date)"},
    )

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
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
    """Conversions of a fact by action and attribution window. Keyed like its fact; fractions come from shared credit.

    Windows overlap, and one sale may be several actions (add to cart, purchase): only rows with `counted` add up.
    """

    __tablename__ = "analytics_conversions"
    __table_args__ = (
        Index(None, "ad_account_id", "date"),
        {"postgresql_partition_by": "RANGE (date)"},
    )

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True, default="", server_default="")
    date: Mapped[Date] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    attribution_window: Mapped[str] = mapped_column(primary_key=True)
    counted: Mapped[bool]
    conversions: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    value_micros: Mapped[int] = mapped_column(BigInteger)


class SyncedDay(Base):
    """The newest reading of an account's day. `ticket` orders readings by when they began: an older one never replaces a newer one."""

    __tablename__ = "analytics_days"

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
    date: Mapped[Date] = mapped_column(primary_key=True)
    ticket: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[datetime]
    recorded_at: Mapped[datetime]


TICKETS = Sequence("analytics_tickets", metadata=Base.metadata, schema="public")
