"""What analytics needs of a platform."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from zamc.analytics.rules import ConversionRow, FactRow, Grain
from zamc.projects.tables import AdAccount


class PerformanceSource(Protocol):
    """Reports of one platform. Each grain is a query of its own; none is summed from another, or a report could not be checked."""

    @property
    def grains(self) -> Sequence[Grain]:
        """What this platform reports by."""
        ...

    def fetch(self, account: AdAccount, grain: Grain, first_day: date, last_day: date) -> Iterator[FactRow | ConversionRow]:
        """Rows in any order, one by one; days are in the account's time zone, both ends included.

        Raises Later, GiveUp, or BadReport for a value that is not what it should be. Is called with no transaction open.
        """
        ...
