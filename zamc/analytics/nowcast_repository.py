"""Every query of completeness curves and nowcasts, and of what was known of an account at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.analytics.nowcast_tables import Completeness, DayReading, Nowcast
from zamc.analytics.rules import Grain
from zamc.analytics.tables import ConversionAction, ConversionFact, Fact, SyncedDay
from zamc.projects.tables import AdAccount


@dataclass(frozen=True, slots=True)
class Moment:
    """Whose facts, and when: at in business time, recorded_by in wall time."""

    account_id: UUID
    at: datetime
    recorded_by: datetime

    def known(self, first_day: date) -> list[ColumnElement[bool]]:
        """Facts from first_day on, as far as they were known then."""
        return [
            Fact.ad_account_id == self.account_id, Fact.date >= first_day, Fact.as_of <= self.at, Fact.recorded_at <= self.recorded_by,
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownFact:
    """The newest values of one object and day at a moment."""

    grain: str
    object_id: str
    day: date
    deployment_id: UUID | None
    campaign_id: str | None
    label: str | None
    impressions: int
    clicks: int
    spend_micros: int


@dataclass(frozen=True, slots=True)
class KnownConversions:
    """Counted conversions of a fact by action, at a moment."""

    grain: str
    object_id: str
    day: date
    action: str
    conversions: Decimal
    value_micros: Decimal


@dataclass(frozen=True, slots=True)
class Revision:
    """An account's day as it was known from as_of on, until the next revision of that day. by_action: (action, window) -> conversions."""

    day: date
    as_of: datetime
    by_action: dict[tuple[str, str], Decimal]


def accounts(session: Session, *, account_ids: Sequence[UUID] | None) -> list[UUID]:
    """Accounts in use that were ever read, or those named."""
    read = select(SyncedDay.ad_account_id).where(SyncedDay.ad_account_id == AdAccount.id).exists()
    query = select(AdAccount.id).where(read).order_by(AdAccount.id)
    query = query.where(AdAccount.removed_at.is_(None) if account_ids is None else AdAccount.id.in_(account_ids))
    return list(session.scalars(query))


def account(session: Session, account_id: UUID) -> AdAccount:
    """Raises sqlalchemy.exc.NoResultFound."""
    return session.scalars(select(AdAccount).where(AdAccount.id == account_id)).one()


def windows(session: Session, account_id: UUID) -> dict[str, int]:
    """The longest time, in days, after which a conversion of an action may still be credited, where the platform says it."""
    longest = func.greatest(ConversionAction.click_days, ConversionAction.view_days)
    query = select(ConversionAction.action, longest).where(ConversionAction.ad_account_id == account_id, longest.is_not(None))
    return dict(session.execute(query).tuples().all())


def _of_fact(fact: Any) -> ColumnElement[bool]:
    keys = ("ad_account_id", "grain", "object_id", "segment", "date", "as_of")
    return and_(*(getattr(ConversionFact, key) == getattr(fact, key) for key in keys))


def revisions(session: Session, moment: Moment, *, first_day: date) -> list[Revision]:
    """How the account's days came to be known, in the order of day and as_of: conversions of every action and window, counted or not."""
    query = (
        select(Fact.date, Fact.as_of, ConversionFact.action, ConversionFact.attribution_window, ConversionFact.conversions)
        .outerjoin(ConversionFact, _of_fact(Fact))
        .where(*moment.known(first_day), Fact.grain == Grain.ACCOUNT)
        .order_by(Fact.date, Fact.as_of, ConversionFact.action, ConversionFact.attribution_window)
    )
    found: list[Revision] = []
    for day, as_of, action, window, conversions in session.execute(query):
        if not found or (found[-1].day, found[-1].as_of) != (day, as_of):
            found.append(Revision(day, as_of, {}))
        if action is not None:
            found[-1].by_action[action, window] = conversions
    return found


def last_readings(session: Session, moment: Moment, *, first_day: date) -> dict[date, datetime]:
    """When each day was last read, as far as that moment goes."""
    where = (
        DayReading.ad_account_id == moment.account_id, DayReading.date >= first_day, DayReading.as_of <= moment.at,
        DayReading.recorded_at <= moment.recorded_by,
    )  # fmt: skip
    query = select(DayReading.date, func.max(DayReading.as_of)).where(*where).group_by(DayReading.date).order_by(DayReading.date)
    return dict(session.execute(query).tuples().all())


def facts(session: Session, moment: Moment, *, grains: Sequence[Grain], first_day: date) -> tuple[list[KnownFact], list[KnownConversions]]:
    """The newest values at that moment by object and day, in the order of grain, object and day; ads without their conversions.

    Several segments of one object (an asset in several campaigns) are not asked for: these grains have none.
    """
    key = (Fact.ad_account_id, Fact.grain, Fact.object_id, Fact.segment, Fact.date)
    conditions = [*moment.known(first_day), Fact.grain.in_(grains)]
    newest = select(Fact).where(*conditions).distinct(*key).order_by(*key, Fact.as_of.desc()).subquery()
    order = (newest.c.grain, newest.c.object_id, newest.c.date)
    columns = ("grain", "object_id", "date", "deployment_id", "campaign_id", "label", "impressions", "clicks", "spend_micros")
    rows: list[Any] = list(session.execute(select(*(newest.c[name] for name in columns)).order_by(*order)))
    counted = (
        select(*order, ConversionFact.action, func.sum(ConversionFact.conversions), func.sum(ConversionFact.value_micros))
        .join(ConversionFact, _of_fact(newest.c))
        .where(ConversionFact.counted, newest.c.grain.in_([Grain.CAMPAIGN, Grain.ACCOUNT]))
        .group_by(*order, ConversionFact.action)
        .order_by(*order, ConversionFact.action)
    )
    found: list[Any] = list(session.execute(counted))
    return [KnownFact(*row) for row in rows], [KnownConversions(*row) for row in found]


def early(session: Session, moment: Moment, *, time_zone: str, age: int, first_day: date) -> list[KnownConversions]:
    """Counted conversions of campaigns as they were known when their day was `age` days old in the account's time zone; none is no row."""
    key = (Fact.ad_account_id, Fact.grain, Fact.object_id, Fact.segment, Fact.date)
    old_enough = cast(func.timezone(time_zone, Fact.as_of), Date) <= Fact.date + age
    where = (*moment.known(first_day), Fact.grain == Grain.CAMPAIGN, old_enough)
    then = select(Fact).where(*where).distinct(*key).order_by(*key, Fact.as_of.desc()).subquery()
    order = (then.c.grain, then.c.object_id, then.c.date, ConversionFact.action)
    query = (
        select(*order, func.sum(ConversionFact.conversions), func.sum(ConversionFact.value_micros))
        .join(ConversionFact, _of_fact(then.c))
        .where(ConversionFact.counted)
        .group_by(*order)
        .order_by(*order)
    )
    found: list[Any] = list(session.execute(query))
    return [KnownConversions(*row) for row in found]


def read_at(session: Session, moment: Moment, *, time_zone: str, age: int, first_day: date) -> list[date]:
    """The days that were read when they were just so old."""
    on = cast(func.timezone(time_zone, DayReading.as_of), Date)
    where = (
        DayReading.ad_account_id == moment.account_id, DayReading.date >= first_day, DayReading.as_of <= moment.at,
        DayReading.recorded_at <= moment.recorded_by, on == DayReading.date + age,
    )  # fmt: skip
    return list(session.scalars(select(DayReading.date).where(*where).distinct().order_by(DayReading.date)))


def newest_stamp(session: Session, account_id: UUID) -> datetime | None:
    """The newest as_of of the account's curves and nowcasts."""
    stamps = [session.scalar(select(func.max(table.as_of)).where(table.ad_account_id == account_id)) for table in (Completeness, Nowcast)]
    return max((stamp for stamp in stamps if stamp is not None), default=None)


def newest_curves(session: Session, account_id: UUID) -> dict[tuple[str, str], list[Decimal]]:
    """The shares by age of each curve that holds, by action and window."""
    key = (Completeness.ad_account_id, Completeness.action, Completeness.attribution_window, Completeness.day_age)
    newest = select(Completeness).where(Completeness.ad_account_id == account_id).distinct(*key).order_by(*key, Completeness.as_of.desc())
    curves: dict[tuple[str, str], list[Decimal]] = {}
    for row in session.scalars(newest):
        curves.setdefault((row.action, row.attribution_window), []).append(row.share)
    return curves


def newest_nowcasts(session: Session, account_id: UUID, *, first_day: date) -> dict[tuple[str, str, date, str], Nowcast]:
    """The nowcasts that hold, by grain, object, day and action."""
    key = (Nowcast.ad_account_id, Nowcast.grain, Nowcast.object_id, Nowcast.date, Nowcast.action)
    where = (Nowcast.ad_account_id == account_id, Nowcast.date >= first_day)
    rows = session.scalars(select(Nowcast).where(*where).distinct(*key).order_by(*key, Nowcast.as_of.desc()))
    return {(row.grain, row.object_id, row.date, row.action): row for row in rows}


def add_curves(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """New curves, all of whose ages are written together."""
    if rows:
        session.execute(insert(Completeness), list(rows))


def add_nowcasts(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """New nowcasts; none replaces another."""
    if rows:
        session.execute(insert(Nowcast), list(rows))
