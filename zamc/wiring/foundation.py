"""What everything stands on: the database, clocks, storage, and what all processes share through Redis."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from zamc.clock import Clock, FileClock, SystemClock
from zamc.database.engine import Database
from zamc.errors import ConfigurationError
from zamc.settings import Settings

if TYPE_CHECKING:
    from zamc.storage.objects import ObjectStore
    from zamc.throttling.breaker import Breaker
    from zamc.throttling.limiter import Limiter
    from zamc.throttling.store import Store


@dataclass(frozen=True)
class Foundation:
    """Of one process: everything is made on first use and shared."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.database_url.get_secret_value())

    @cached_property
    def owner_database(self) -> Database:
        """As zamc_owner, for what zamc_app has no right to: migrations and spend policies. Raises ConfigurationError."""
        url = self.settings.database_owner_url
        if url is None:
            raise ConfigurationError("ZAMC_DATABASE_OWNER_URL is not set; only an operator's terminal and migrations have it")
        return Database(url.get_secret_value(), pool_size=1)

    @cached_property
    def clock(self) -> Clock:
        file = self.settings.business_clock_file
        return FileClock(file) if file else SystemClock()

    @cached_property
    def objects(self) -> "ObjectStore":
        from zamc.storage.objects import ObjectStore

        return ObjectStore(self.settings.objects_url)

    @cached_property
    def throttling_store(self) -> "Store":
        from zamc.throttling.store import Store

        return Store(self.settings.redis_url.get_secret_value())

    @cached_property
    def limiter(self) -> "Limiter":
        """Rate limits that all processes share."""
        from zamc.throttling.limiter import Limiter

        return Limiter(self.throttling_store)

    @cached_property
    def breaker(self) -> "Breaker":
        """Circuit breakers that all processes share."""
        from zamc.throttling.breaker import Breaker

        return Breaker(self.throttling_store)

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.settings.lease_seconds)
