"""Old months of facts leave the database for Parquet in object storage, and come back.

A month is WRITTEN (a copy lies in the archive, read back and found equal), then DETACHED (its partitions are dropped in one transaction,
which first finds that nothing was added since the copy). Until that transaction commits the database has everything; from then on the
archive has. A crash anywhere leaves one of the two, and running again goes on from there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.exc import OperationalError

from zamc.analytics import archive_files, archive_repository
from zamc.analytics.archive_files import ArchiveFiles
from zamc.analytics.archive_repository import AROUND, MONTHLY
from zamc.analytics.archive_rules import ArchivedFile, Manifest, due
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import Conflict, Later, NotFound, ZamcError

LOCK_SECONDS = 5


class DamagedArchive(ZamcError):
    """What lies in the archive is not what its manifest says. Nothing was changed."""


@dataclass(frozen=True)
class MonthView:
    """A month and where its facts are. rows and size: of the copy in the archive, 0 without one."""

    month: date
    in_database: bool
    in_archive: bool
    rows: int
    size: int
    due: bool


class Archive:
    """after_months: how many whole months before the current one stay. reached: called at each step, for tests of crashes."""

    def __init__(
        self, database: Database, files: ArchiveFiles, clock: Clock, *, after_months: int, reached: Callable[[str], None] = lambda _: None
    ) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._after_months = after_months
        self._reached = reached

    @property
    def root(self) -> str:
        """Where readers find the files: ZAMC_ARCHIVE_PATH of dbt's duckdb target."""
        return self._files.root

    def months(self) -> Sequence[MonthView]:
        """All months that there are facts of, oldest first."""
        with self._database.transaction() as session:
            here = archive_repository.months(session)
            there = {row.month: row for row in archive_repository.archived(session)}
        wanted = set(self._due(here))
        found = []
        for month in sorted({*here, *there}):
            manifest = Manifest.read(there[month].manifest) if month in there else Manifest({})
            found.append(MonthView(month, month in here, month in there, manifest.rows, manifest.size, month in wanted))
        return found

    def due(self) -> list[date]:
        """Months that the policy wants out of the database."""
        with self._database.transaction() as session:
            return self._due(archive_repository.months(session))

    def write(self, month: date) -> Manifest:
        """Copy a month to the archive and read it back. Safe to repeat. Raises Conflict for a month that is there alone, DamagedArchive
        when what was read back differs, Later when the storage does not answer."""
        with TemporaryDirectory(prefix="zamc-archive-") as name:
            folder = Path(name)
            self._read_out(month, folder)
            self._reached("read out")
            files = {table.name: self._store(folder, table, month) for table in MONTHLY}
            manifest = Manifest(files)
            self._files.put_manifest(month, manifest, folder=folder)
            self._reached("manifest stored")
        with self._database.transaction() as session:
            archive_repository.record(session, month, manifest, at=self._clock.now())
            self._reached("about to be recorded")
        self._reached("recorded")
        return manifest

    def write_around(self) -> None:
        """Copy the tables that facts are about: names, currencies, deployments. Whole, each time."""
        with TemporaryDirectory(prefix="zamc-archive-") as name:
            folder = Path(name)
            with self._database.transaction() as session:
                archive_repository.snapshot(session)
                for table in AROUND:
                    archive_files.write(archive_repository.rows(session, table, None), table, folder / f"{table.name}.parquet")
            for table in AROUND:
                self._files.put(folder / f"{table.name}.parquet", table.name, "all")

    def detach(self, month: date, *, owner: Database) -> None:
        """Take a written month out of the database, as zamc_owner. Raises Conflict when it was not written or has changed since, Later
        when somebody uses the tables for too long. Safe to repeat."""
        with self._database.transaction() as session:
            row = archive_repository.of_month(session, month)
        if row is None:
            raise Conflict(f"{month:%Y-%m} is not in the archive; write it first")
        if row.detached_at is not None:
            return
        manifest = Manifest.read(row.manifest)
        self._verify(month, manifest)
        self._reached("verified again")
        try:
            with owner.transaction() as session:
                archive_repository.lock(session, seconds=LOCK_SECONDS)
                for table in MONTHLY:
                    if archive_repository.count(session, table, month).as_json() != manifest.files[table.name].counted.as_json():
                        raise Conflict(f"{month:%Y-%m} has changed since it was written to the archive; write it again")
                archive_repository.detach(session, month, at=self._clock.now())
                self._reached("about to be detached")
        except OperationalError as error:
            raise Later(f"{month:%Y-%m} is in use; it leaves the database with the next run") from error
        self._reached("detached")

    def restore(self, month: date, *, owner: Database) -> int:
        """Bring a month back, as zamc_owner; returns how many rows. Its copy stays in the archive. Raises NotFound, Conflict for a month
        that is in the database, DamagedArchive (then nothing is changed)."""
        with self._database.transaction() as session:
            row = archive_repository.of_month(session, month)
        if row is None:
            raise NotFound(f"{month:%Y-%m} is not in the archive")
        if row.detached_at is None:
            raise Conflict(f"{month:%Y-%m} is in the database")
        manifest = Manifest.read(row.manifest)
        with TemporaryDirectory(prefix="zamc-archive-") as name:
            paths = {table.name: self._fetch(Path(name), table, month, manifest) for table in MONTHLY}
            with owner.transaction() as session:
                for table in MONTHLY:
                    archive_repository.attach(session, table, month, archive_files.read(paths[table.name], table))
                    if archive_repository.count(session, table, month).as_json() != manifest.files[table.name].counted.as_json():
                        raise DamagedArchive(f"{table.name} of {month:%Y-%m} came back with other sums than its manifest has")
                archive_repository.restored(session, month, at=self._clock.now())
                self._reached("about to be restored")
        return manifest.rows

    def _due(self, here: Sequence[date]) -> list[date]:
        return due(here, today=self._clock.business_now().date(), after_months=self._after_months)

    def _read_out(self, month: date, folder: Path) -> None:
        """Both tables from one snapshot, with what the database itself counts in it."""
        with self._database.transaction() as session:
            archive_repository.snapshot(session)
            row = archive_repository.of_month(session, month)
            if row is not None and row.detached_at is not None:
                raise Conflict(f"{month:%Y-%m} is in the archive alone; `zamc archive restore {month:%Y-%m}` brings it back")
            for table in MONTHLY:
                path = folder / f"{table.name}.parquet"
                archive_files.write(archive_repository.rows(session, table, month), table, path)
                counted = archive_repository.count(session, table, month)
                if archive_files.measured(path, table).counted.as_json() != counted.as_json():
                    raise DamagedArchive(f"{table.name} of {month:%Y-%m} was written with other sums than the database has")

    def _store(self, folder: Path, table: archive_repository.Table, month: date) -> ArchivedFile:
        local, back = folder / f"{table.name}.parquet", folder / f"{table.name}.back.parquet"
        meant = archive_files.measured(local, table)
        self._files.put(local, table.name, f"{month:%Y-%m}")
        self._reached(f"{table.name} stored")
        self._files.fetch(table.name, f"{month:%Y-%m}", back)
        if archive_files.measured(back, table) != meant:
            raise DamagedArchive(f"{table.name} of {month:%Y-%m} was read back from the archive with other contents")
        return meant

    def _verify(self, month: date, manifest: Manifest) -> None:
        with TemporaryDirectory(prefix="zamc-archive-") as name:
            for table in MONTHLY:
                self._fetch(Path(name), table, month, manifest)

    def _fetch(self, folder: Path, table: archive_repository.Table, month: date, manifest: Manifest) -> Path:
        path = folder / f"{table.name}.parquet"
        if self._files.fetch(table.name, f"{month:%Y-%m}", path) != manifest.files[table.name].sha256:
            raise DamagedArchive(
                f"{table.name}/{month:%Y-%m}.parquet does not match its SHA-256; bring it back from a backup of the storage"
            )
        return path
