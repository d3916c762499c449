"""What belongs to many rows of one request is read together: one statement per kind, in a session of its own."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session
from strawberry.dataloader import DataLoader

from zamc.analytics.pacing_views import PacingView, pacing
from zamc.creatives.set_pages import SetLine
from zamc.creatives.set_pages import lines as set_lines
from zamc.deployments.views import DeploymentView, deployments_by_ids
from zamc.deployments.watch_views import ChangeView, VerdictView, changes_of, verdicts_of
from zamc.strategies.views import PlanView, plans

V = TypeVar("V")
Run = Callable[[Callable[[Session], Any]], Awaitable[Any]]
LARGEST_BATCH = 100


class Loaders:
    """Made anew for each request, so that nothing that one caller may see is remembered for another."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def plans(self) -> DataLoader[UUID, PlanView | None]:
        return self._loader(plans)

    @cached_property
    def deployments(self) -> DataLoader[UUID, DeploymentView | None]:
        return self._loader(deployments_by_ids)

    @cached_property
    def verdicts(self) -> DataLoader[UUID, list[VerdictView] | None]:
        return self._loader(verdicts_of)

    @cached_property
    def changes(self) -> DataLoader[UUID, list[ChangeView] | None]:
        return self._loader(changes_of)

    @cached_property
    def pacing(self) -> DataLoader[UUID, PacingView | None]:
        return self._loader(pacing)

    @cached_property
    def sets(self) -> DataLoader[UUID, SetLine | None]:
        return self._loader(set_lines)

    def _loader(self, read: Callable[[Session, Collection[UUID]], Mapping[UUID, V]]) -> DataLoader[UUID, V | None]:
        async def load(keys: list[UUID]) -> list[V | None]:
            found: Mapping[UUID, V] = await self._run(lambda session: read(session, keys))
            return [found.get(key) for key in keys]

        return DataLoader(load, max_batch_size=LARGEST_BATCH)
