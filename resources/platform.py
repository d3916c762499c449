"""The core's services as one Dagster resource: opened when a run first uses them, closed when the run ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from resources.tracing import traced

if TYPE_CHECKING:
    from zamc.bootstrap import Services


class Zamc(dg.ConfigurableResource["Zamc"]):
    """`zamc.services` is what an asset calls. Settings come from ZAMC_* variables, never from run config: it is stored and shown."""

    _services: "Services | None" = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Zamc"]:
        try:
            with traced(context):
                yield self
        finally:
            if self._services is not None and "database" in vars(self._services):
                self._services.database.close()

    @property
    def services(self) -> "Services":
        """Raises ConfigurationError when a variable is missing."""
        if self._services is None:
            from zamc.bootstrap import services

            self._services = services()
        return self._services
