"""What analytics needs of a platform, and what a platform's reports may ask of analytics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from zamc.analytics.look_back_rules import Conversions
from zamc.analytics.rules import ConversionRow, FactRow, Grain
from zamc.projects.tables import AdAccount

if TYPE_CHECKING:
    from zamc.analytics.blocks import Block


class PerformanceSource(Protocol):
    """Reports of one platform. Each grain is a query of its own; none is summed from another, or a report could not be checked."""

    @property
    def grains(self) -> Sequence[Grain]:
        """What this platform reports by."""
        ...

    def fetch(self, account: AdAccount, grain: Grain, first_day: date, last_day: date) -> "Iterator[FactRow | ConversionRow | Block]":
        """Rows in any order, one by one or in blocks; days are in the account's time zone, both ends included.

        Raises Later, GiveUp, or BadReport for a value that is not what it should be. Is called with no transaction open.
        """
        ...


@runtime_checkable
class Describes(Protocol):
    """A source that knows what its account's conversions are. Of one that does not, days are read again as the settings say."""

    def describe(self, account: AdAccount) -> Conversions:
        """Raises Later or GiveUp. Is called with no transaction open."""
        ...


@dataclass(frozen=True)
class Piece:
    """What one report is about: a grain on some days, of the whole account or of some of its campaigns."""

    grain: Grain
    first_day: date
    last_day: date
    campaigns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A report that was asked for: the platform's id of it, and how often it was asked for. external_id None: it is to be asked anew."""

    external_id: str | None
    attempts: int
    split: bool = False


class Jobs(Protocol):
    """Remembers reports that take their time, so that nobody asks twice for one. Each call is a short transaction."""

    def known(self, piece: Piece) -> Asked | None: ...

    def asked(self, piece: Piece, external_id: str) -> None: ...

    def done(self, piece: Piece) -> None: ...

    def failed(self, piece: Piece, reason: str, *, split: bool) -> None:
        """split: its parts are asked for instead."""
        ...


@runtime_checkable
class TakesJobs(Protocol):
    """A source whose reports take their time."""

    def with_jobs(self, jobs: Jobs) -> PerformanceSource:
        """The same source for one reading."""
        ...
