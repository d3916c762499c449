"""Whether a report came whole: its rows add up to the totals that came along, or are as many as the platform says that there are."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from zamc.errors import Later

# Doubles that were added up in another order.
_NEARLY = 1e-6


class Tally:
    """Adds up the rows of one answer as they pass. metrics: the fields that were asked for; those that are no metric do not add up."""

    def __init__(self, resource: str, metrics: Sequence[str]) -> None:
        self._resource, self._additive = resource, [name for name in metrics if name.startswith("metrics.")]
        self._rows = 0
        self._seen: dict[str, Any] = dict.fromkeys(self._additive, 0)
        self._said: dict[str, Any] = {}
        self._expected: int | None = None

    @property
    def told(self) -> bool:
        """Whether the platform has said anything that the rows can be held against: an answer that was cut off has not."""
        return self._expected is not None or bool(self._said)

    def expect(self, rows: int) -> None:
        """There are so many; more may come, because a day that is still running only grows."""
        self._expected = rows

    def total(self, row: Any) -> None:
        """The platform's own sums (its summary row)."""
        self._said = {name: attrgetter(name)(row) for name in self._additive}

    def add(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Some rows, by field."""
        self._rows += len(columns[self._additive[0]])
        for name in self._additive:
            self._seen[name] += sum(columns[name])

    def check(self) -> None:
        """Raises Later when something is missing."""
        if self._expected is not None and self._rows < self._expected:
            raise self._incomplete(f"it has {self._rows} rows of {self._expected}")
        for name, said in self._said.items():
            if abs(said - self._seen[name]) > _NEARLY * max(1, abs(said)):
                raise self._incomplete(f"its rows have {self._seen[name]} {name}, and it says {said}")

    def _incomplete(self, how: str) -> Later:
        return Later(f"Google's report of {self._resource} is incomplete: {how}", code="incomplete_report")
