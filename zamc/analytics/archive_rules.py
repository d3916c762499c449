"""What the archive holds of each table, which months belong there, and when two counts of a month are the same. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from zamc.errors import InvalidInput


@dataclass(frozen=True)
class Sums:
    """A month of one table, counted. sums: column to its exact sum, and newest, the highest as_of in microseconds since 1970."""

    rows: int
    sums: Mapping[str, Decimal]

    def as_json(self) -> dict[str, Any]:
        """Decimals as text: no reader rounds them."""
        return {"rows": self.rows, "sums": {name: format(value.normalize(), "f") for name, value in sorted(self.sums.items())}}

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> "Sums":
        return cls(int(found["rows"]), {name: Decimal(value) for name, value in found["sums"].items()})


@dataclass(frozen=True)
class ArchivedFile:
    """One Parquet file of a month: what is in it, and the file's own size and SHA-256."""

    counted: Sums
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What the archive has of a month, by table. Stored beside the files and in public.archived_months."""

    files: Mapping[str, ArchivedFile]

    @property
    def rows(self) -> int:
        return sum(file.counted.rows for file in self.files.values())

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())

    def as_json(self) -> dict[str, Any]:
        """The shape that is stored."""
        return {name: {**file.counted.as_json(), "size": file.size, "sha256": file.sha256} for name, file in sorted(self.files.items())}

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> "Manifest":
        """From what is stored."""
        return cls({name: ArchivedFile(Sums.read(file), int(file["size"]), str(file["sha256"])) for name, file in found.items()})


def month_of(text: str) -> date:
    """The first day of "2025-01". Raises InvalidInput."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidInput("month", f"must be written like 2025-01, not {text!r}") from None


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def due(months: Sequence[date], *, today: date, after_months: int) -> list[date]:
    """Which of these months (first days) leave the database: the current month and after_months before it stay."""
    index = today.year * 12 + today.month - 1 - after_months
    oldest_kept = date(index // 12, index % 12 + 1, 1)
    return sorted(month for month in months if month < oldest_kept)
