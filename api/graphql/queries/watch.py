"""Queries of what needs a person: changes made outside, alerts, and verdicts."""

from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.pages import Connection
from api.graphql.queries.reading import page_of
from api.graphql.types.alerts import AlertType, Severity
from api.graphql.types.deployments import DriftType
from api.graphql.types.verdicts import VerdictType
from zamc.analytics import verdict_views
from zamc.deployments import watch_views
from zamc.notifications import views as alerts


@strawberry.type
class WatchQueries:
    """Queries of what needs a person."""

    @strawberry.field
    async def drifts(
        self, info: Info, project_id: UUID, everything: bool = False, first: int = 25, after: str | None = None
    ) -> Connection[DriftType]:
        """What was changed outside, newest first; everything: what was decided too."""
        return await page_of(
            info,
            project_id,
            lambda session, key, size: watch_views.drift_page(session, project_id, everything=everything, after=key, limit=size),
            order=watch_views.DRIFTS_NEWEST,
            first=first,
            after=after,
            node=DriftType.of,
        )

    @strawberry.field
    async def alerts(
        self,
        info: Info,
        *,
        project_id: UUID,
        only_open: bool = True,
        severity: Severity | None = None,
        first: int = 25,
        after: str | None = None,
    ) -> Connection[AlertType]:
        """A project's alerts, newest first."""
        return await page_of(
            info,
            project_id,
            lambda session, key, size: alerts.page(
                session, project_id, only_open=only_open, severity=severity.value if severity else None, after=key, limit=size
            ),
            order=alerts.NEWEST,
            first=first,
            after=after,
            node=AlertType.of,
        )

    @strawberry.field
    async def verdicts(
        self, info: Info, project_id: UUID, only_open: bool = True, first: int = 25, after: str | None = None
    ) -> Connection[VerdictType]:
        """What is not chance about a project's performance, newest first."""
        return await page_of(
            info,
            project_id,
            lambda session, key, size: verdict_views.verdicts(
                session, project_id=project_id, lasting=True if only_open else None, after=key, limit=size
            ),
            order=verdict_views.NEWEST,
            first=first,
            after=after,
            node=VerdictType.of,
        )
