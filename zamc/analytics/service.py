"""Reading performance: every account of a platform side by side, each on its own (zamc.analytics.reading)."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from zamc.analytics import repository
from zamc.analytics.partitions import ensure_partitions
from zamc.analytics.ports import PerformanceSource
from zamc.analytics.reading import AccountReading, AccountSync, Request
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import InvalidInput, Later, ZamcError
from zamc.events import dead_letters
from zamc.events.catalogue import PerformanceSynced
from zamc.projects.tables import AdAccount
from zamc.telemetry.context import handed_on


@dataclass(frozen=True)
class SyncOutcome:
    """failures: account id (as text) to one sentence; the other accounts are written all the same."""

    synced: Sequence[AccountSync]
    failures: Mapping[str, str]

    @property
    def accounts(self) -> int:
        return len(self.synced)

    @property
    def rows_read(self) -> int:
        return sum(account.rows_read for account in self.synced)

    @property
    def rows_changed(self) -> int:
        return sum(account.rows_changed for account in self.synced)


class AnalyticsService:
    """Performance facts of all platforms. sources makes a reader for an account: {"google_ads": ..., "meta_ads": ...}."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sources: Mapping[str, Callable[[AdAccount], PerformanceSource]],
        *,
        look_back_days: int,
        workers: int = 4,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sources = sources
        self._look_back_days = look_back_days
        self._workers = workers

    def sync(
        self,
        *,
        platform: str,
        day: date,
        first_day: date | None = None,
        account_ids: Sequence[UUID] | None = None,
        look_back: bool = True,
        light: bool = False,
        progress: Callable[[AccountSync], Any] | None = None,
    ) -> SyncOutcome:
        """Read `day`, or the days from first_day to it, for every account of the platform that has had a deployment (or for those named).

        look_back: the days before that are still open too. light: only each account's own today (`day`, or one before or after it), and
        only the grains that are decided on by the hour. Safe to repeat and to run twice at once; what was killed goes on
        where it was. Raises InvalidInput for a platform that there is no source for; what goes wrong with one account is in the outcome.
        """
        if platform not in self._sources:
            raise InvalidInput("platform", f"{platform!r} is not one of {', '.join(sorted(self._sources))}")
        with self._database.transaction() as session:
            accounts = repository.accounts_to_read(session, platform=platform, account_ids=account_ids)
        request = Request(first_day or day, day, look_back=look_back, light=light)
        failures: dict[str, str] = {}
        synced: list[AccountSync] = []

        def one(wanted: tuple[AdAccount, date]) -> None:
            account, first_flight = wanted
            try:
                source = self._sources[account.platform](account)
                reading = AccountReading(self._database, self._clock, source, account, at_least=self._look_back_days)
                done = reading.run(request, first_flight)
            except ZamcError as error:
                failures[str(account.id)] = f"{account.platform} {account.external_id}: {error}"
                self._given_up(account, day, error)
                return
            if done is not None:
                self._resolved(account, day)
                synced.append(done)
                if progress:
                    progress(done)

        with ThreadPoolExecutor(self._workers, thread_name_prefix="sync") as pool:
            list(pool.map(handed_on(one), accounts))
        return SyncOutcome(synced=tuple(synced), failures=failures)

    def make_ahead(self, *, months: int = 3) -> int:
        """Make the tables of this month and of those to come. Returns how many were missing."""
        today = self._clock.business_now().date()
        with self._database.transaction() as session:
            return ensure_partitions(session, first_day=today, last_day=today + timedelta(days=31 * months))

    def _resolved(self, account: AdAccount, day: date) -> None:
        with self._database.transaction() as session:
            dead_letters.resolve(session, "sync", [_letter(account, day)], at=self._clock.now(), how="a later sync read the day")

    def _given_up(self, account: AdAccount, day: date, error: ZamcError) -> None:
        """What passes by itself is read again by the next sync; anything else may still be wrong when the day has left the look-back."""
        if isinstance(error, Later):
            return
        with self._database.transaction() as session:
            dead_letters.give_up(
                session, "sync", _letter(account, day), subject=PerformanceSynced.subject, reason=str(error), project_id=account.project_id,
                subject_id=account.id, code=getattr(error, "code", ""),
                details={"platform": account.platform, "account": account.external_id, "day": day.isoformat()},
            )  # fmt: skip


def _letter(account: AdAccount, day: date) -> str:
    """The key of the dead letter of an account's day."""
    return f"{account.id}:{day.isoformat()}"
