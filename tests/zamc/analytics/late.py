"""An account whose platform shows conversions late, day by day, as it goes through the merge: real rows, real as_of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.conftest import ManualClock
from tests.zamc.analytics.scripted import Launched, launched
from zamc.analytics.partitions import ensure_partitions
from zamc.analytics.rules import DEFAULT_WINDOW, Grain
from zamc.database.engine import Database
from zamc.deployments.watch_tables import DeploymentChange

# Share of a day's conversions that a reading of the next morning, the one after and so on shows.
SHOWN = (0.4, 0.6, 0.75, 0.85, 0.9, 0.95, 1.0)
CAMPAIGN, AD = "1", "77"
# How old a day is when it is read: daily for two weeks, then weekly, and once when the window is over (zamc.analytics.look_back_rules).
READ_AT_AGES = (*range(1, 16), 22, 29, 32)


@dataclass
class LateAccount:
    """Reads itself every morning. per_day says how many conversions a day will have in the end, clicks how many it had."""

    database: Database
    clock: ManualClock
    first_day: date = date(2026, 9, 1)
    per_day: Callable[[date], int] = lambda _: 40
    clicks: Callable[[date], int] = lambda _: 1000
    impressions: Callable[[date], int] = lambda _: 25_000
    spend: Callable[[date], int] = lambda _: 500_000_000
    launch: Launched = field(init=False)

    def __post_init__(self) -> None:
        self.launch = launched(self.database, starts_on=self.first_day)
        with self.database.transaction() as session:
            ensure_partitions(session, first_day=self.first_day, last_day=self.first_day + timedelta(days=120))

    def live(self, until: date) -> None:
        """All mornings from the second day on, until that of `until`."""
        self._mornings(self.first_day + timedelta(days=1), until)

    def go_on(self, until: date) -> None:
        """The mornings after the one of today."""
        self._mornings(self.clock.business.astimezone(ZoneInfo("Europe/Berlin")).date() + timedelta(days=1), until)

    def _mornings(self, first: date, until: date) -> None:
        with self.database.transaction() as session:
            for morning in (first + timedelta(days=n) for n in range((until - first).days + 1)):
                self.clock.business = datetime(morning.year, morning.month, morning.day, 6, 30, tzinfo=UTC)
                self.clock.wall += timedelta(minutes=1)
                self.read(session, morning)

    def read(self, session: Session, morning: date) -> None:
        """What a sync of this morning leaves: a row of each day that has more to show than before, and a mark on each day that was read."""
        days = [morning - timedelta(days=age) for age in READ_AT_AGES if morning - timedelta(days=age) >= self.first_day]
        rows = [row for day in days for row in self.rows(day, (morning - day).days)]
        session.execute(_FACT, rows)
        if counted := [row for row in rows if row["conversions"]]:
            session.execute(_CONVERSIONS, counted)
        mark = {"account": self.launch.account.id, "now": self.clock.now(), "as_of": self.clock.business_now()}
        session.execute(_READ, [{**mark, "day": day} for day in days])

    def change_budget(self, on: date) -> None:
        """A change of the daily budget that ZAMC made itself."""
        with self.database.transaction() as session:
            session.add(
                DeploymentChange(
                    project_id=self.launch.project_id, deployment_id=self.launch.deployment_id, generation=2, kind="change", state="done",
                    change_hash="c", plan_hash="p", request={}, objects={}, daily_before_micros=50_000_000, daily_after_micros=150_000_000,
                    asked_by="somebody", applied_on=on,
                )
            )  # fmt: skip

    def rows(self, day: date, age: int) -> list[dict[str, Any]]:
        """The account's, the campaign's and the ad's row of a day, unless it shows nothing new at that age."""
        if age > len(SHOWN):
            return []
        about = {
            "account": self.launch.account.id, "day": day, "as_of": self.clock.business_now(), "now": self.clock.now(),
            "impressions": self.impressions(day), "clicks": self.clicks(day), "spend": self.spend(day), "window": DEFAULT_WINDOW,
            "conversions": round(self.per_day(day) * SHOWN[age - 1]), "deployment": None, "campaign": None,
        }  # fmt: skip
        below = {"deployment": self.launch.deployment_id, "campaign": CAMPAIGN}
        return [
            {**about, "grain": Grain.ACCOUNT, "object": "9"},
            {**about, **below, "grain": Grain.CAMPAIGN, "object": CAMPAIGN},
            {**about, **below, "grain": Grain.AD, "object": AD},
        ]


_READ = text(
    """
    INSERT INTO analytics_days (ad_account_id, date, ticket, as_of, recorded_at) VALUES (:account, :day, 1, :as_of, :now)
    ON CONFLICT (ad_account_id, date) DO UPDATE SET as_of = excluded.as_of, recorded_at = excluded.recorded_at
    """
)
_FACT = text(
    """
    INSERT INTO analytics (ad_account_id, grain, object_id, segment, date, as_of, recorded_at, deployment_id, campaign_id, label, currency,
        impressions, clicks, spend_micros)
    VALUES (:account, :grain, :object, '', :day, :as_of, :now, :deployment, :campaign, 'a name', 'EUR', :impressions, :clicks, :spend)
    """
)
_CONVERSIONS = text(
    """
    INSERT INTO analytics_conversions (ad_account_id, grain, object_id, segment, date, as_of, action, attribution_window, counted,
        conversions, value_micros)
    VALUES (:account, :grain, :object, '', :day, :as_of, 'purchase', :window, true, :conversions, 17000000)
    """
)
