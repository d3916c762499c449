"""Rows on their way from a platform to COPY: on disk beyond a few megabytes, so that memory is bounded whatever an account holds."""

from collections.abc import Iterable
from datetime import date
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Self

from zamc.analytics.rules import ConversionRow, FactRow, Subject, check

_IN_MEMORY = 8 * 2**20


class Spool:
    """Checked rows of one account in PostgreSQL's COPY text format. A context manager: its files go when it ends."""

    def __init__(self, *, currency: str, first_day: date, last_day: date) -> None:
        self._currency, self._first_day, self._last_day = currency, first_day, last_day
        self._facts: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by __exit__
        self._conversions: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self.rows = 0

    def add(self, rows: Iterable[FactRow | ConversionRow]) -> None:
        """Raises BadReport at the first row that cannot be true."""
        for row in rows:
            check(row, currency=self._currency, first_day=self._first_day, last_day=self._last_day)
            if isinstance(row, FactRow):
                self._facts.write(_line(row.subject, row.impressions, row.clicks, row.spend_micros))
            else:
                self._conversions.write(
                    _line(row.subject, row.action, row.attribution_window, row.counted, row.conversions, row.value_micros)
                )
            self.rows += 1

    def facts(self) -> IO[bytes]:
        """From the start: a retried transaction reads it again."""
        self._facts.seek(0)
        return self._facts

    def conversions(self) -> IO[bytes]:
        self._conversions.seek(0)
        return self._conversions

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._facts.close()
        self._conversions.close()


def _line(subject: Subject, *values: object) -> bytes:
    label = subject.label.replace("\0", "") if subject.label is not None else None
    cells = (
        subject.grain.value,
        subject.object_id,
        subject.segment,
        subject.day,
        subject.currency,
        subject.campaign_id,
        subject.ad_group_id,
        label,
        *values,
    )
    return "\t".join(map(_cell, cells)).encode() + b"\n"


def _cell(value: object) -> str:
    if value is None:
        return r"\N"
    return str(value).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
