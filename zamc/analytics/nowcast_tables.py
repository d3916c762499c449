"""What is known of late conversions: how complete a day is at each age, and what is still to come. Only ever added, by as_of."""

from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base


class Completeness(Base):
    """One point of a completeness curve: which share of a click day's conversions has shown `day_age` days later.

    error: standard error of the share. own: how much of the curve the account's own history made up (0 to 1), the rest is the platform's
    prior. conversions: how many it was learned from. A curve that did not change is not written again: the newest as_of of an account,
    action and window is the curve that holds. as_of is business time.
    """

    __tablename__ = "completeness"

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    attribution_window: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    day_age: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str]
    share: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    error: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    own: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    conversions: Mapped[Decimal] = mapped_column(Numeric(18, 6))


class DayReading(Base):
    """One row of analytics_days as it once was: a day of an account was read at as_of (business time). A trigger adds them.

    analytics_days itself keeps the newest reading alone; an unchanged day leaves no fact, and "nothing more came" is knowledge too.
    """

    __tablename__ = "analytics_day_readings"

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
    date: Mapped[Date] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]


class Nowcast(Base):
    """How many conversions a click day will have in the end, as it was estimated at as_of (business time): the newest as_of holds.

    Of campaigns and accounts, by action, for counted conversions. date is in the account's time zone. reported: what the platform has
    shown so far. low to high is an 80 % interval. A settled day has nothing more to come: its conversions are those reported.
    """

    __tablename__ = "nowcasts"
    __table_args__ = (Index(None, "deployment_id", "date"), Index(None, "ad_account_id", "date"))

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[str] = mapped_column(primary_key=True)
    date: Mapped[Date] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    deployment_id: Mapped[UUID | None] = mapped_column(ForeignKey("deployments.id"))
    reported: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    conversions: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    low: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    high: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    completeness: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    settled: Mapped[bool]
