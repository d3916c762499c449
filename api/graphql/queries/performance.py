"""Queries of performance."""

from collections.abc import Callable
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.context import Info
from api.graphql.queries.reading import thing
from api.graphql.types.performance import DateRange, Performance
from api.graphql.types.projects import Platform
from zamc.analytics import views
from zamc.errors import InvalidInput


@strawberry.type
class PerformanceQueries:
    """Queries of performance."""

    @strawberry.field
    async def performance(
        self,
        info: Info,
        *,
        project_id: UUID,
        range: DateRange,  # noqa: A002 - what clients call it
        currency: str | None = None,
        deployment_id: UUID | None = None,
        platform: Platform | None = None,
    ) -> Performance | None:
        """What a project's ads earned, by what is known now. currency: by default the one that most of its accounts have.

        Null before the project has an account.
        """

        read = reader(project_id, range, currency=currency, deployment_id=deployment_id, platform=platform)
        return await thing(info, subjects.project(project_id), read)


def reader(
    project_id: UUID,
    span: DateRange,
    *,
    currency: str | None,
    deployment_id: UUID | None,
    platform: Platform | None,
) -> Callable[[Session], Performance | None]:
    """Reads it; raises InvalidInput for a currency that no account of the project has."""

    def read(session: Session) -> Performance | None:
        known = views.currencies(session, project_id)
        if not known:
            return None
        if currency is not None and currency not in known:
            raise InvalidInput("currency", f"must be one of the project's accounts: {', '.join(known)}")
        wanted = views.Span(project_id, span.first, span.last, currency or known[0], deployment_id, platform.value if platform else None)
        return Performance.of(wanted, known, views.days(session, wanted))

    return read
