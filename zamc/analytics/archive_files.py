"""The archive's files under one fsspec URL: TABLE/2025-01.parquet, TABLE/all.parquet, manifests/2025-01.json."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zamc.analytics.archive_repository import Table
from zamc.analytics.archive_rules import ArchivedFile, Manifest, Sums
from zamc.analytics.parquet import sink
from zamc.database.engine import refuse_inside_transaction
from zamc.errors import ConfigurationError, Later, NotFound

if TYPE_CHECKING:
    import polars as pl

_CHUNK = 1 << 20
_BATCH = 20_000


class ArchiveFiles:
    """A file is there whole or not at all, and is replaced whole. Raises ConfigurationError for a URL that is not usable."""

    def __init__(self, url: str) -> None:
        import fsspec

        try:
            self._fs, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ConfigurationError(f"ZAMC_ARCHIVE_URL: {url.split(':', 1)[0]} storage is not usable: {error}") from error
        self._root = str(root).rstrip("/")
        self._local = "file" in ((self._fs.protocol,) if isinstance(self._fs.protocol, str) else self._fs.protocol)

    @property
    def root(self) -> str:
        """Where a reader finds it: what ZAMC_ARCHIVE_PATH of dbt's duckdb target is."""
        return self._root if self._local else str(self._fs.unstrip_protocol(self._root))

    def put(self, local: Path, table: str, name: str) -> None:
        """Raises Later when the storage cannot take it now; then nothing of it is visible."""
        self._put(local, f"{table}/{name}.parquet")

    def put_manifest(self, month: date, manifest: Manifest, *, folder: Path) -> None:
        local = folder / "manifest.json"
        local.write_text(json.dumps({"month": f"{month:%Y-%m}", "files": manifest.as_json()}, indent=1) + "\n")
        self._put(local, f"manifests/{month:%Y-%m}.json")

    def fetch(self, table: str, name: str, local: Path) -> str:
        """Copy a file from the archive; returns its SHA-256. Raises NotFound or Later."""
        refuse_inside_transaction("the archive")
        path, digest = f"{self._root}/{table}/{name}.parquet", sha256()
        try:
            with self._fs.open(path, "rb") as source, local.open("wb") as target:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    target.write(chunk)
        except FileNotFoundError:
            raise NotFound(f"the archive has no {table}/{name}.parquet") from None
        except OSError as error:
            raise Later(f"the archive did not answer for {table}/{name}.parquet: {error}") from error
        return digest.hexdigest()

    def _put(self, local: Path, name: str) -> None:
        refuse_inside_transaction("the archive")
        path = f"{self._root}/{name}"
        try:
            if self._local:
                _move_durably(local, Path(path))
            else:
                self._fs.put_file(str(local), path)
        except OSError as error:
            raise Later(f"the archive did not take {name}: {error}") from error


def write(batches: Iterator[Sequence[Sequence[Any]]], table: Table, path: Path) -> None:
    """Rows to a local Parquet file, exactly: integers, decimals and microseconds; ids as text."""
    import polars as pl

    schema = _schema(table)
    sink((pl.DataFrame(list(batch), schema=schema, orient="row") for batch in batches), schema, str(path))


def read(path: Path, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    """Batches of rows as they were written."""
    import polars as pl

    frame = pl.scan_parquet(path).select(list(table.columns))
    for batch in frame.collect_batches(chunk_size=_BATCH):
        yield batch.rows()


def measured(path: Path, table: Table) -> ArchivedFile:
    """A file, counted from what it holds and not from what was meant to be written."""
    import polars as pl

    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    frame = pl.scan_parquet(path)
    # Sums of many 64-bit integers need more than 64 bits.
    wide = [pl.col(name).cast(pl.Decimal(38, 6)).sum() for name in table.summed]
    found = (
        frame.select(pl.len().alias("n"), *wide, pl.col("as_of").max().dt.epoch("us").alias("newest"))
        .collect(engine="streaming")
        .row(0, named=True)
    )
    rows = int(found.pop("n"))
    sums: Mapping[str, Decimal] = {name: Decimal(value or 0) for name, value in found.items()}
    return ArchivedFile(Sums(rows, sums), path.stat().st_size, digest.hexdigest())


def _schema(table: Table) -> "dict[str, pl.DataType]":
    import polars as pl

    kinds: dict[str, pl.DataType] = {
        "date": pl.Date(), "time": pl.Datetime("us", "UTC"), "whole": pl.Int64(), "exact": pl.Decimal(18, 6), "rate": pl.Decimal(38, 12),
        "flag": pl.Boolean(),
    }  # fmt: skip
    return {name: kinds.get(kind, pl.String()) for name, kind in table.columns.items()}


def _move_durably(local: Path, target: Path) -> None:
    """Beside the target, flushed to disk, then renamed: a crash leaves at most a hidden .part file, which no reader takes for a month."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        with local.open("rb") as source, part.open("xb") as file:
            while chunk := source.read(_CHUNK):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
