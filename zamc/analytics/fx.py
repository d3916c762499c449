"""The day's exchange rates, kept beside amounts that stay in their own currency."""

from typing import Protocol

from zamc.analytics.fx_repository import add_rates, currencies
from zamc.analytics.fx_rules import crosses, parse
from zamc.clock import Clock
from zamc.database.engine import Database


class RateSource(Protocol):
    """Where rates are published."""

    @property
    def name(self) -> str:
        """What is written beside each rate."""
        ...

    def read(self) -> str:
        """The file as text. Raises Later or GiveUp. Is called with no transaction open."""
        ...


class FxService:
    """Keeps fx_rates for every pair of currencies that an ad account or a project's reports are in."""

    def __init__(self, database: Database, clock: Clock, source: RateSource | None) -> None:
        self._database, self._clock, self._source = database, clock, source

    def refresh(self) -> int:
        """Read what is published and keep what is new: a rate that is known stays as it was. Returns how many rows were added; 0 without a
        source, and while all amounts are in one currency. Raises what the source does, and BadRates."""
        with self._database.transaction() as session:
            wanted = currencies(session)
        if self._source is None or len(wanted) < 2:
            return 0
        rates = list(crosses(list(parse(self._source.read())), wanted))
        with self._database.transaction() as session:
            return add_rates(session, rates, source=self._source.name, now=self._clock.now())
