"""Performance facts, bitemporal: a revised value is a new as_of row, and nothing is overwritten."""

from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, ForeignKey, Index, Numeric, Sequence, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, Key


class Fact(Base):
    """One object of one grain on one day, as it was known at `as_of` (business time). Partitioned by month of `date`.

    date is a reporting day in the ad account's time zone. object_id is the platform's own id (Google: the last part of the
    resource name, such as "123" or "456~789"), campaign_id and ad_group_id are those of the parents. segment is "", except for
    creatives, which several campaigns may share: there it is the campaign's id; and for what cuts a campaign or an ad another way:
    "geo:2276", "device:MOBILE", "age:25-34|gender:female", "url:https://example.com/shoes" (zamc.analytics.rules.Grain).
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
    """The newest reading of an account's day. `ticket` orders readings by when they began: an older one never replaces a newer one.

    impressions to value_micros: what all campaigns of our deployments came to on that day by this reading, conversions those that are
    counted; NULL where nobody added it up, which is then done from the facts.
    """

    __tablename__ = "analytics_days"

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
    date: Mapped[Date] = mapped_column(primary_key=True)
    ticket: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[datetime]
    recorded_at: Mapped[datetime]
    impressions: Mapped[int | None] = mapped_column(BigInteger)
    clicks: Mapped[int | None] = mapped_column(BigInteger)
    spend_micros: Mapped[int | None] = mapped_column(BigInteger)
    conversions: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    value_micros: Mapped[int | None] = mapped_column(BigInteger)


class Reading(Base):
    """One reading of an account: the days from first_day to last_day and, with look_back, those before that are still open.

    finished_at is empty while it goes on, and after it was killed: then whoever reads the same again takes its ticket and does only the
    days that are missing. Times are wall time.
    """

    __tablename__ = "analytics_readings"
    __table_args__ = (Index("ix_analytics_readings_open", "ad_account_id", postgresql_where=text("finished_at IS NULL")),)

    ticket: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"))
    first_day: Mapped[Date]
    last_day: Mapped[Date]
    look_back: Mapped[bool]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ReportJob(Base):
    """A report that a platform makes in its own time, asked for once: a worker that takes over polls it instead of asking again.

    piece: "" for the whole account, else the campaigns that it is about, separated by commas. asked_at is wall time.
    """

    __tablename__ = "report_jobs"
    __table_args__ = (
        UniqueConstraint("ticket", "grain", "piece", "first_day", "last_day"),
        CheckConstraint("state IN ('asked', 'done', 'failed', 'split')", name="state"),
    )

    id: Mapped[Key]
    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), index=True)
    ticket: Mapped[int] = mapped_column(BigInteger)
    grain: Mapped[str]
    piece: Mapped[str]
    first_day: Mapped[Date]
    last_day: Mapped[Date]
    external_id: Mapped[str | None]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class ConversionAction(Base):
    """A conversion action as its platform describes it. Facts carry `action`, the first name that it was known by: renaming one on the
    platform changes `name` alone, so that no history is cut in two. click_days, view_days: how long after a click or a view it may come.
    """

    __tablename__ = "conversion_actions"
    __table_args__ = (UniqueConstraint("ad_account_id", "action"),)

    ad_account_id: Mapped[UUID] = mapped_column(ForeignKey("ad_accounts.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    name: Mapped[str]
    click_days: Mapped[int | None]
    view_days: Mapped[int | None]
    seen_at: Mapped[datetime]


class FxRate(Base):
    """On `date`, one unit of `base` was `rate` units of `quote`. Rows are only ever added; a day without one has no rate."""

    __tablename__ = "fx_rates"
    __table_args__ = (CheckConstraint("rate > 0 AND rate < 'Infinity'", name="rate"),)

    date: Mapped[Date] = mapped_column(primary_key=True)
    base: Mapped[str] = mapped_column(CHAR(3), primary_key=True)
    quote: Mapped[str] = mapped_column(CHAR(3), primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric())
    source: Mapped[str]
    fetched_at: Mapped[datetime]


TICKETS = Sequence("analytics_tickets", metadata=Base.metadata, schema="public")
