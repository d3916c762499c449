"""Verdicts: what is not chance about performance."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from api.graphql.types.alerts import Severity
from zamc.analytics.verdict_views import VerdictView


@strawberry.type(name="Verdict")
class VerdictType:
    """Something about an object's performance that is not chance. reason: for people; evidence: the numbers behind it.

    grain and objectId say of what, by the platform's own id; resolvedAt is null while it lasts, and resolution says why it ended.
    """

    id: UUID
    kind: str
    severity: Severity
    grain: str
    object_id: str
    label: str | None
    deployment_id: UUID | None
    action: str
    reason: str
    evidence: JSON
    began_on: date
    found_at: datetime
    resolved_at: datetime | None
    resolution: str | None

    @classmethod
    def of(cls, view: VerdictView) -> Self:
        shared = {name: getattr(view, name) for name in cls.__annotations__ if name not in {"severity", "evidence"}}
        return cls(**shared, severity=Severity(view.severity), evidence=JSON(view.evidence))
