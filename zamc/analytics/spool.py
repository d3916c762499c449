"""Rows on their way from a platform to COPY: on disk beyond a few megabytes, so that memory is bounded whatever an account holds.

One pair of files for each day, so that each day can be written, and committed, on its own.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import chain
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from zamc.analytics.blocks import Block, check_block, conversion_frame, of_rows
from zamc.analytics.rules import ConversionRow, FactRow, check

if TYPE_CHECKING:
    import polars as pl

_IN_MEMORY = 2**17
_ROWS_AT_ONCE = 5_000

Named = Callable[[str, str], str]
"""From a conversion action's id and present name to the name that facts carry."""


class Day:
    """One day's rows in the CSV that COPY_OPTIONS describes."""

    COPY_OPTIONS = r"(FORMAT csv, DELIMITER E'\t', NULL '\N')"

    def __init__(self) -> None:
        self.facts: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by the spool
        self.conversions: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self.rows = 0


class Spool:
    """Checked rows of one account. A context manager: its files go when it ends.

    named: what a conversion action is called; the name that the platform gives it where nothing is said.
    """

    def __init__(self, *, currency: str, first_day: date, last_day: date, named: Named | None = None) -> None:
        self._currency, self._first_day, self._last_day = currency, first_day, last_day
        self._named = named
        self._days: dict[date, Day] = {}
        self._facts: list[FactRow] = []
        self._conversions: list[ConversionRow] = []

    def add(self, rows: Iterable[FactRow | ConversionRow | Block]) -> None:
        """Raises BadReport at the first row that cannot be true."""
        for row in rows:
            if isinstance(row, Block):
                check_block(row, currency=self._currency, first_day=self._first_day, last_day=self._last_day)
                self._keep(row.frame, facts=True)
                continue
            check(row, currency=self._currency, first_day=self._first_day, last_day=self._last_day)
            if isinstance(row, FactRow):
                self._facts.append(row)
            else:
                self._conversions.append(row)
            if len(self._facts) + len(self._conversions) >= _ROWS_AT_ONCE:
                self._flush()
        self._flush()

    @property
    def rows(self) -> int:
        return sum(day.rows for day in self._days.values())

    def rows_on(self, day: date) -> int:
        return self._days[day].rows if day in self._days else 0

    def facts(self, days: Sequence[date]) -> Iterable[IO[bytes]]:
        """What was reported of some days, each file from its start: a retried transaction reads it again."""
        return self._files(self._days[day].facts for day in days if day in self._days)

    def conversions(self, days: Sequence[date]) -> Iterable[IO[bytes]]:
        return self._files(self._days[day].conversions for day in days if day in self._days)

    @staticmethod
    def _files(files: Iterable[IO[bytes]]) -> Iterable[IO[bytes]]:
        for file in files:
            file.seek(0)
            yield file

    def _flush(self) -> None:
        import polars as pl

        if self._facts:
            self._keep(of_rows(self._facts).frame, facts=True)
            self._facts = []
        if self._conversions:
            frame = conversion_frame(self._conversions)
            if self._named:
                names = [self._named(row.action_id, row.action) if row.action_id else row.action for row in self._conversions]
                frame = frame.with_columns(pl.Series("action", names, dtype=pl.String))
            self._keep(frame, facts=False)
            self._conversions = []

    def _keep(self, frame: "pl.DataFrame", *, facts: bool) -> None:
        import polars as pl

        # PostgreSQL's text holds every character but this one; ids with it were refused.
        frame = frame.with_columns(pl.col("label").str.replace_all("\0", "", literal=True))
        for (day,), part in frame.partition_by("date", as_dict=True).items():
            kept = self._days.setdefault(day, Day())
            # Quoting every text tells an empty one from none.
            part.write_csv(
                kept.facts if facts else kept.conversions,
                separator="\t", include_header=False, quote_style="non_numeric", null_value=r"\N",
            )  # fmt: skip
            kept.rows += part.height

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for file in chain.from_iterable((day.facts, day.conversions) for day in self._days.values()):
            file.close()
