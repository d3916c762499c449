"""A report as a file, piece by piece: CSV as it comes from the database, Parquet through a file on disk. Memory is bounded."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from zamc.analytics import report_repository
from zamc.analytics.report_rules import ExportFormat, ReportQuery
from zamc.database.engine import Transactions

if TYPE_CHECKING:
    import polars as pl

MEDIA_TYPES = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.PARQUET: "application/vnd.apache.parquet"}
_CHUNK = 1 << 16
# A spreadsheet takes a cell that begins so for a formula: names come from advertisers, search terms from everybody.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def stream(database: Transactions, query: ReportQuery, file_format: ExportFormat) -> Iterator[bytes]:
    """The report's daily rows as one file, in chunks. The first chunk comes after the query has begun, so that its errors come first.

    Columns: report_repository.columns(query). Decimals are exact in both formats; times are UTC. Raises Conflict when no report was built.
    """
    return _csv(database, query) if file_format is ExportFormat.CSV else _parquet(database, query)


def file_name(query: ReportQuery, file_format: ExportFormat) -> str:
    """Such as campaign_2026-11-01_2026-11-14.csv."""
    return f"{query.grain.value}_{query.first_day}_{query.last_day}.{file_format.value}"


def _csv(database: Transactions, query: ReportQuery) -> Iterator[bytes]:
    with database.transaction() as session:
        batches = report_repository.rows(session, query)
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(report_repository.columns(query))
        for batch in batches:
            writer.writerows([_cell(value) for value in row] for row in batch)
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
        if rest := buffer.getvalue():
            yield rest.encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _parquet(database: Transactions, query: ReportQuery) -> Iterator[bytes]:
    with TemporaryDirectory(prefix="zamc-export-") as folder:
        path = f"{folder}/export.parquet"
        with database.transaction() as session:
            write_parquet(report_repository.rows(session, query), report_repository.columns(query), path)
        with open(path, "rb") as file:  # noqa: PTH123 - a name of this function's own
            while chunk := file.read(_CHUNK):
                yield chunk


def write_parquet(batches: Iterator[Sequence[Sequence[Any]]], names: Sequence[str], path: str) -> None:
    """Write batches of rows to a Parquet file, one batch in memory at a time. Money in units and ratios are decimals, never floats."""
    from zamc.analytics.parquet import sink

    sink((_frame(batch, names) for batch in batches), _schema(names), path)


def _frame(batch: Sequence[Sequence[Any]], names: Sequence[str]) -> "pl.DataFrame":
    import polars as pl

    schema = _schema(names)
    ids = [index for index, name in enumerate(names) if name.endswith("_id")]
    plain = [[str(value) if index in ids and value is not None else value for index, value in enumerate(row)] for row in batch]
    return pl.DataFrame(plain, schema=schema, orient="row")


def _schema(names: Sequence[str]) -> "dict[str, pl.DataType]":
    import polars as pl

    whole, exact, flag = pl.Int64(), pl.Decimal(38, 6), pl.Boolean()
    known: dict[str, pl.DataType] = {
        "date": pl.Date(), "settles_on": pl.Date(), "as_of": pl.Datetime("us", "UTC"), "exchange_rate": pl.Decimal(38, 12),
        **dict.fromkeys(("impressions", "clicks", "spend_micros", "value_micros"), whole),
        **dict.fromkeys(("is_attributed", "is_closed", "is_moving"), flag),
        **dict.fromkeys(
            (
                "spend", "conversions", "conversions_expected", "conversions_low", "conversions_high", "completeness", "value", "ctr",
                "cpc", "cpa", "cpa_expected", "cvr", "roas", "aov", "spend_converted", "value_converted",
            ),
            exact,
        ),
    }  # fmt: skip
    return {name: known.get(name, pl.String()) for name in names}
