"""Alerts as they are raised: nothing is lost, and nothing comes twice."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.types.alerts import Severity
from api.live.context import live
from api.live.news import News, Raised

_ABOUT = ("project_id", "deployment_id")


@strawberry.type
class RaisedAlert:
    """An alert in the moment in which it was raised. code names its runbook; `alerts` of Query says which of them still last."""

    id: UUID
    code: str
    severity: Severity
    title: str
    deployment_id: UUID | None
    details: JSON
    raised_at: datetime

    @classmethod
    def of(cls, raised: Raised) -> Self:
        data, named = raised.data, raised.data.details.get("deployment_id")
        return cls(
            id=raised.id, code=data.code, severity=Severity(data.severity), title=data.title,
            deployment_id=UUID(str(named)) if named else None,
            details=JSON({name: value for name, value in data.details.items() if name not in _ABOUT}), raised_at=raised.at,
        )  # fmt: skip


@strawberry.type
class AlertNews:
    """alert is null at first, and with a gap. Give the last cursor back as `after` to go on from there.

    gap: what came between the cursor before and this one is not kept any more, or was too much; look at `alerts` of Query.
    """

    cursor: str
    gap: bool
    alert: RaisedAlert | None
    place: strawberry.Private[int]

    @classmethod
    def of(cls, news: News) -> Self:
        alert = RaisedAlert.of(news.raised) if news.raised else None
        return cls(cursor=str(news.cursor), gap=news.gap, alert=alert, place=news.cursor.sequence)


@strawberry.type
class LiveAlerts:
    """Subscriptions of alerts."""

    @strawberry.subscription
    async def alerts(self, info: Info, project_id: UUID, after: str | None = None) -> AsyncIterator[AlertNews]:  # noqa: ARG002 - api.live
        """A project's alerts from now on, or from a cursor on. A relay that crashed may tell one twice: its id is the same."""
        async for news in live(info).news():
            yield AlertNews.of(news)
