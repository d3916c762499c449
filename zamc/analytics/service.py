"""Reading performance: per account CALL with no session open, then one transaction that writes all of it or nothing."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from zamc.analytics import repository
from zamc.analytics.merge import merge
from zamc.analytics.partitions import ensure_partitions
from zamc.analytics.ports import PerformanceSource
from zamc.analytics.rules import Grain, window
from zamc.analytics.spool import Spool
from zamc.clock import Clock, business_date
from zamc.database.engine import Database
from zamc.errors import InvalidInput, Later, ZamcError
from zamc.events import dead_letters
from zamc.events.catalogue import PerformanceSynced
from zamc.events.repository import emit
from zamc.projects.tables import AdAccount


@dataclass(frozen=True)
class AccountSync:
    """One account's reading. days that a later reading had already written are not in days_written."""

    account_id: UUID
    first_day: date
    last_day: date
    rows_read: int
    rows_changed: int
    days_written: int


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
        account_ids: Sequence[UUID] | None = None,
        progress: Callable[[AccountSync], Any] | None = None,
    ) -> SyncOutcome:
        """Read `day` and its look-back window for every account of the platform that has had a deployment (or for those named).

        Safe to repeat and to run twice at once. Raises InvalidInput for a platform that there is no source for; what goes wrong with
        one account is in the outcome.
        """
        if platform not in self._sources:
            raise InvalidInput("platform", f"{platform!r} is not one of {', '.join(sorted(self._sources))}")
        with self._database.transaction() as session:
            accounts = repository.accounts_to_read(session, platform=platform, account_ids=account_ids)
        failures: dict[str, str] = {}
        synced: list[AccountSync] = []

        def one(account: AdAccount, first_flight: date) -> None:
            try:
                done = self._read(account, day, first_flight)
            except ZamcError as error:
                failures[str(account.id)] = f"{account.platform} {account.external_id}: {error}"
                self._given_up(account, day, error)
                return
            if done is not None:
                synced.append(done)
                if progress:
                    progress(done)

        with ThreadPoolExecutor(self._workers, thread_name_prefix="sync") as pool:
            list(pool.map(lambda pair: one(*pair), accounts))
        return SyncOutcome(synced=tuple(synced), failures=failures)

    def _read(self, account: AdAccount, day: date, first_flight: date) -> AccountSync | None:
        today = business_date(self._clock, account.time_zone)
        days = window(day, look_back_days=self._look_back_days, first_flight=first_flight, today=today)
        if days is None:
            return None
        first_day, last_day = days
        with self._database.transaction() as session:
            # The month after is made ahead, so that no midnight has to wait for a table.
            ensure_partitions(session, first_day=first_day, last_day=last_day + timedelta(days=31))
            ticket = repository.next_ticket(session)
        source = self._sources[account.platform](account)
        with Spool(currency=account.currency, first_day=first_day, last_day=last_day) as spool:
            for grain in (grain for grain in Grain if grain in source.grains):
                spool.add(source.fetch(account, grain, first_day, last_day))
            return self._write(account, spool, ticket, first_day, last_day, key=_letter(account, day))

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

    def _write(self, account: AdAccount, spool: Spool, ticket: int, first_day: date, last_day: date, *, key: str) -> AccountSync:
        with self._database.transaction() as session:
            repository.lock_account(session, account.id)
            dead_letters.resolve(session, "sync", [key], at=self._clock.now(), how="a later sync read the day")
            days = repository.days_to_write(session, account_id=account.id, ticket=ticket, first_day=first_day, last_day=last_day)
            changed = 0
            if days:
                now = self._clock.now()
                merged = merge(session, spool, account_id=account.id, days=days, business_now=self._clock.business_now(), now=now)
                repository.mark_days(session, account_id=account.id, days=days, ticket=ticket, as_of=merged.as_of, now=now)
                changed = merged.rows
                emit(
                    session,
                    PerformanceSynced(
                        project_id=account.project_id,
                        ad_account_id=account.id,
                        first_day=days[0],
                        last_day=days[-1],
                        changed_rows=changed,
                    ),
                )
        return AccountSync(
            account_id=account.id,
            first_day=first_day,
            last_day=last_day,
            rows_read=spool.rows,
            rows_changed=changed,
            days_written=len(days),
        )


def _letter(account: AdAccount, day: date) -> str:
    """The key of the dead letter of an account's day."""
    return f"{account.id}:{day.isoformat()}"
