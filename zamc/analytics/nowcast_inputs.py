"""What was known of an account at a moment: the inputs of every decision, in a form that can be compared by bytes.

Facts are bitemporal and only ever added, so the inputs of yesterday's decision can be read today: rows with a later as_of, and rows that
were recorded later (a clock that stands still gives both the same as_of), are left out. Curves are learned anew from what was known then;
nothing here reads a clock, a setting or a table that is overwritten.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from zamc.analytics import nowcast_repository as repository
from zamc.analytics.completeness_rules import Curve
from zamc.analytics.completeness_triangles import curves_of
from zamc.analytics.nowcast_repository import KnownConversions, KnownFact, Revision
from zamc.analytics.rules import Grain

HISTORY_DAYS = 100  # longer than the longest window
AD_DAYS = 65  # what verdicts look back on
EARLY_AGES = (1, 2)  # how old the days are that verdicts judge


@dataclass(frozen=True)
class EarlyCounts:
    """What was known of campaigns' days at one age: of days that were read just then, and conversions where there were any."""

    days: Sequence[date]
    conversions: Sequence[KnownConversions]


@dataclass(frozen=True)
class Inputs:
    """One account at `at` (business time, UTC). Days are in the account's time zone; today is the account's day at that moment.

    last_read: by day, the local date of its newest reading. curves: by action and attribution window.
    """

    account_id: UUID
    project_id: UUID
    platform: str
    external_id: str
    currency: str
    time_zone: str
    at: datetime
    today: date
    facts: Sequence[KnownFact]
    conversions: Sequence[KnownConversions]
    revisions: Sequence[Revision]
    last_read: Mapping[date, date]
    curves: Mapping[tuple[str, str], Curve]
    early: Mapping[int, "EarlyCounts"]

    def canonical(self) -> bytes:
        """The same knowledge is the same bytes: one JSON document a line, keys sorted, numbers exact, floats to nine digits."""
        head = {
            "account": str(self.account_id), "platform": self.platform, "external_id": self.external_id, "currency": self.currency,
            "time_zone": self.time_zone, "at": self.at.astimezone(UTC).isoformat(), "today": self.today.isoformat(),
        }  # fmt: skip
        lines: list[object] = [head]
        lines += [
            ["fact", f.grain, f.object_id, f.day.isoformat(), str(f.deployment_id or ""), f.campaign_id, f.label, f.impressions, f.clicks,
             f.spend_micros]
            for f in self.facts
        ]  # fmt: skip
        lines += [
            ["conversions", c.grain, c.object_id, c.day.isoformat(), c.action, f"{c.conversions:f}", f"{c.value_micros:f}"]
            for c in self.conversions
        ]
        lines += [
            ["early", age, c.object_id, c.day.isoformat(), c.action, f"{c.conversions:f}"]
            for age, early in sorted(self.early.items())
            for c in early.conversions
        ]
        lines += [["read early", age, *(day.isoformat() for day in early.days)] for age, early in sorted(self.early.items())]
        lines += [["read", day.isoformat(), until.isoformat()] for day, until in sorted(self.last_read.items())]
        lines += [
            ["curve", *key, [f"{share:.9f}" for share in curve.mean_shares()], [f"{factor:.9f}" for factor in curve.weekdays]]
            for key, curve in sorted(self.curves.items())
        ]
        return b"".join(json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for line in lines)

    def digest(self) -> str:
        """SHA-256 of the canonical bytes, in hexadecimal: what a decision writes down."""
        return sha256(self.canonical()).hexdigest()


def known_at(session: Session, account_id: UUID, *, at: datetime, recorded_by: datetime | None = None) -> Inputs:
    """The inputs as they were known at `at` (business time), from rows recorded until recorded_by (wall time; None: whenever).

    Raises sqlalchemy.exc.NoResultFound for an account that does not exist.
    """
    account = repository.account(session, account_id)
    zone = ZoneInfo(account.time_zone)
    today = at.astimezone(zone).date()
    moment = repository.Moment(account_id, at, recorded_by or datetime.max.replace(tzinfo=UTC))
    revisions = repository.revisions(session, moment, first_day=today - timedelta(days=HISTORY_DAYS))
    ads, _ = repository.facts(session, moment, grains=[Grain.AD], first_day=today - timedelta(days=AD_DAYS))
    facts, conversions = repository.facts(
        session, moment, grains=[Grain.CAMPAIGN, Grain.ACCOUNT], first_day=today - timedelta(days=HISTORY_DAYS)
    )
    readings = repository.last_readings(session, moment, first_day=today - timedelta(days=HISTORY_DAYS))
    read = {day: as_of.astimezone(zone).date() for day, as_of in readings.items()}
    early = {age: _early(session, moment, account.time_zone, age, today - timedelta(days=AD_DAYS)) for age in EARLY_AGES}
    curves = curves_of(revisions, read, zone=zone, platform=account.platform, windows=repository.windows(session, account.id), today=today)
    return Inputs(
        account_id=account.id, project_id=account.project_id, platform=account.platform, external_id=account.external_id,
        currency=account.currency, time_zone=account.time_zone, at=at, today=today, facts=[*ads, *facts], conversions=conversions,
        revisions=revisions, last_read=read, curves=curves, early=early,
    )  # fmt: skip


def _early(session: Session, moment: repository.Moment, zone: str, age: int, first_day: date) -> EarlyCounts:
    days = repository.read_at(session, moment, time_zone=zone, age=age, first_day=first_day)
    return EarlyCounts(days, repository.early(session, moment, time_zone=zone, age=age, first_day=first_day))
