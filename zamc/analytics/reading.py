"""One reading of one account: what to read, CALL with no session open, then transactions that each write whole days or nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection

from zamc.analytics import look_back_rules, readings_repository, repository
from zamc.analytics.jobs import JobRecord
from zamc.analytics.look_back_rules import Action, Conversions, Overrides
from zamc.analytics.merge import Scope, merge
from zamc.analytics.partitions import ensure_partitions
from zamc.analytics.ports import Describes, PerformanceSource, TakesJobs
from zamc.analytics.readings_repository import Wanted
from zamc.analytics.rules import BadReport, Grain
from zamc.analytics.spool import Spool
from zamc.clock import Clock, business_date
from zamc.database.engine import Database
from zamc.events.catalogue import PerformanceSynced
from zamc.events.repository import emit
from zamc.projects.tables import AdAccount

# One query asks for no more days, and one transaction writes no more rows, unless a single day has more.
_DAYS_AT_ONCE = 31
_ROWS_AT_ONCE = 200_000
# What changes by the hour and is decided on; the rest of a day is read when it is over.
LIGHT = (Grain.CREATIVE, Grain.AD, Grain.AD_GROUP, Grain.CAMPAIGN, Grain.ACCOUNT)


@dataclass(frozen=True)
class AccountSync:
    """One account's reading. days that a later reading had already written, or an earlier part of this one, are not in days_written."""

    account_id: UUID
    first_day: date
    last_day: date
    rows_read: int
    rows_changed: int
    days_written: int


@dataclass(frozen=True)
class Request:
    """What is asked for: first_day to last_day; with look_back the days before that are still open too. light: only the account's own
    today, whichever of those days that is, and only the grains of LIGHT."""

    first_day: date
    last_day: date
    look_back: bool = True
    light: bool = False


class Names:
    """What conversion actions are called in facts; learns those that the platform reports without listing them."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names, self._taken = names, set(names.values())
        self.unlisted: dict[str, str] = {}

    def __call__(self, action_id: str, name: str) -> str:
        found = self._names.get(action_id)
        if found is None:
            found = name if name not in self._taken else f"{name} ({action_id})"
            self._names[action_id] = found
            self._taken.add(found)
            self.unlisted[action_id] = name
        return found


class AccountReading:
    """Reads one account. at_least: closed days that are read again whatever the conversions' windows."""

    def __init__(self, database: Database, clock: Clock, source: PerformanceSource, account: AdAccount, *, at_least: int) -> None:
        self._database, self._clock, self._source, self._account = database, clock, source, account
        self._at_least = at_least

    def run(self, request: Request, first_flight: date) -> AccountSync | None:
        """None when no day is left to read. Raises whatever the source does, and BadReport; the days before were written all the same,
        and whoever reads the same again within a few hours does only what is missing."""
        known = self._source.describe(self._account) if request.look_back and isinstance(self._source, Describes) else Conversions()
        days = self._days(request, known, first_flight)
        if not days:
            return None
        wanted = Wanted(self._account.id, request.first_day, request.last_day, request.look_back)
        with self._begun(wanted) as ticket:
            names = self._names(known.actions)
            outcome = self._read(days, ticket, names, self._grains(request))
            with self._database.transaction() as session:
                readings_repository.finish(session, ticket, now=self._clock.now())
        return outcome

    def _grains(self, request: Request) -> list[Grain]:
        offered = self._source.grains
        return [grain for grain in Grain if grain in offered and (grain in LIGHT or not request.light)]

    def _days(self, request: Request, known: Conversions, first_flight: date) -> tuple[date, ...]:
        own = Overrides.parse(self._account.look_back or {})
        at_least = self._at_least if own.at_least is None else own.at_least
        again = look_back_rules.ages(look_back_rules.windows(known, own), at_least=at_least, at_most=own.at_most)
        today = business_date(self._clock, self._account.time_zone)
        first, last = request.first_day, request.last_day
        if request.light:
            # A day that is over is read whole, or reports would take it for complete. Today is yesterday or tomorrow in some places.
            if abs((last - today).days) > 1:
                return ()
            first = last = today
        if not request.look_back:
            return look_back_rules.days_to_read(first, last, again=(), first_flight=first_flight, today=today)
        missed = self._missed(first, again, own)
        return look_back_rules.days_to_read(first, last, again=again, first_flight=first_flight, today=today, also=missed)

    def _missed(self, first: date, again: Sequence[int], own: Overrides) -> frozenset[date]:
        """An outage may be longer than the days that a sync reads by itself, and fall on a day's weekly or last reading."""
        with self._database.transaction() as session:
            read_on = repository.read_on(session, self._account, first_day=first - timedelta(days=look_back_rules.CATCH_UP_DAYS))
            since = repository.earliest_day(session, self._account.id)
        return look_back_rules.missed(first, again=again, read_on=read_on, since=since, at_most=own.at_most)

    @contextmanager
    def _begun(self, wanted: Wanted) -> Iterator[int]:
        """The reading's ticket, held by a connection of its own: one that was killed lets go, and is gone on with at once."""
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
            try:
                yield self._ticket(line, wanted)
            finally:
                readings_repository.let_go(line)

    def _ticket(self, line: Connection, wanted: Wanted) -> int:
        now = self._clock.now()
        with self._database.transaction() as session:
            repository.lock_account(session, wanted.account_id)
            for ticket in readings_repository.unfinished(session, wanted, now=now):
                if readings_repository.hold(line, ticket):
                    return ticket
            ticket = readings_repository.begin(session, wanted, now=now)
            readings_repository.hold(line, ticket)
            return ticket

    def _names(self, actions: Sequence[Action]) -> Names:
        with self._database.transaction() as session:
            repository.lock_account(session, self._account.id)
            return Names(readings_repository.remember_actions(session, self._account.id, actions, now=self._clock.now()))

    def _read(self, days: Sequence[date], ticket: int, names: Names, grains: Sequence[Grain]) -> AccountSync:
        read = changed = written = 0
        problem: BadReport | None = None
        for run in look_back_rules.runs(self._left(days, ticket), most=_DAYS_AT_ONCE):
            with Spool(currency=self._account.currency, first_day=run[0], last_day=run[1], named=names) as spool:
                self._fetch(spool, run, ticket, grains)
                read += spool.rows
                for group in _groups(spool, [day for day in days if run[0] <= day <= run[1]]):
                    try:
                        rows, count = self._write(spool, ticket, group, grains, names)
                    except BadReport as error:
                        # The day stays as it was; the others are no worse for it.
                        problem = problem or error
                        continue
                    changed, written = changed + rows, written + count
        if problem is not None:
            raise problem
        return AccountSync(self._account.id, days[0], days[-1], read, changed, written)

    def _left(self, days: Sequence[date], ticket: int) -> list[date]:
        with self._database.transaction() as session:
            # The month after is made ahead, so that no midnight has to wait for a table.
            ensure_partitions(session, first_day=days[0], last_day=days[-1] + timedelta(days=31))
            return repository.days_to_write(session, days, account_id=self._account.id, ticket=ticket)

    def _fetch(self, spool: Spool, run: tuple[date, date], ticket: int, grains: Sequence[Grain]) -> None:
        source = self._source
        if isinstance(source, TakesJobs):
            source = source.with_jobs(JobRecord(self._database, self._clock, account_id=self._account.id, ticket=ticket))
        for grain in grains:
            spool.add(source.fetch(self._account, grain, *run))

    def _write(self, spool: Spool, ticket: int, group: Sequence[date], grains: Sequence[Grain], names: Names) -> tuple[int, int]:
        account = self._account
        with self._database.transaction() as session:
            repository.lock_account(session, account.id)
            days = repository.days_to_write(session, group, account_id=account.id, ticket=ticket)
            if not days:
                return 0, 0
            now = self._clock.now()
            if names.unlisted:
                unlisted = [Action(action_id, name) for action_id, name in names.unlisted.items()]
                readings_repository.remember_actions(session, account.id, unlisted, now=now)
            merged = merge(session, spool, Scope(account.id, days, grains), business_now=self._clock.business_now(), now=now)
            repository.mark_days(
                session, account_id=account.id, days=days, ticket=ticket, as_of=merged.as_of, now=now, totals=merged.totals
            )
            about = {"project_id": account.project_id, "ad_account_id": account.id}
            emit(session, PerformanceSynced(**about, first_day=days[0], last_day=days[-1], changed_rows=merged.rows))
            return merged.rows, len(days)


def _groups(spool: Spool, days: Sequence[date]) -> Iterator[list[date]]:
    """Days that one transaction writes: as many as are small enough together."""
    group: list[date] = []
    rows = 0
    for day in days:
        if group and rows + spool.rows_on(day) > _ROWS_AT_ONCE:
            yield group
            group, rows = [], 0
        group.append(day)
        rows += spool.rows_on(day)
    if group:
        yield group
