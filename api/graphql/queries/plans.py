"""Queries of versions of plans."""

from uuid import UUID

import strawberry
from sqlalchemy.orm import Session
from strawberry.scalars import JSON

from api.graphql import subjects
from api.graphql.context import Info
from api.graphql.queries.reading import thing
from api.graphql.types.plans import PlanDifference, PlanVersion, WholePlanVersion
from zamc.errors import NotFound
from zamc.strategies import version_views as views


@strawberry.type
class PlanQueries:
    """Queries of versions of plans."""

    @strawberry.field
    async def plan_versions(self, info: Info, strategy_id: UUID) -> list[PlanVersion]:
        """Newest first; empty before a plan was written."""
        found = await thing(info, subjects.strategy(strategy_id), lambda session: views.versions(session, strategy_id))
        return [PlanVersion.of(view) for view in found or ()]

    @strawberry.field
    async def plan_version(self, info: Info, strategy_id: UUID, version: int | None = None) -> WholePlanVersion | None:
        """One version whole, by default the newest."""

        def read(session: Session) -> WholePlanVersion | None:
            try:
                whole = views.version(session, strategy_id, version)
            except NotFound:
                return None
            return WholePlanVersion(about=PlanVersion.of(whole.about), plan=JSON(whole.plan), words=JSON(whole.words))

        return await thing(info, subjects.strategy(strategy_id), read)

    @strawberry.field
    async def plan_diff(self, info: Info, strategy_id: UUID, before: int, after: int) -> list[PlanDifference] | None:
        """What changed from one version to another; null when one of them is not there."""

        def read(session: Session) -> list[PlanDifference] | None:
            try:
                found = views.differences(session, strategy_id, before=before, after=after)
            except NotFound:
                return None
            return [PlanDifference.of(each) for each in found]

        return await thing(info, subjects.strategy(strategy_id), read)
