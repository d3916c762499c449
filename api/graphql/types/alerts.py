"""Alerts: what a person must know of."""

from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from zamc.notifications.views import AlertView


@strawberry.enum
class Severity(Enum):
    """How soon somebody must look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@strawberry.type(name="Alert")
class AlertType:
    """A condition that a person must know of; clearedAt is null while it lasts. code names its runbook."""

    id: UUID
    code: str
    severity: Severity
    title: str
    deployment_id: UUID | None
    details: JSON
    created_at: datetime
    cleared_at: datetime | None

    @classmethod
    def of(cls, view: AlertView) -> Self:
        return cls(**{**vars(view), "severity": Severity(view.severity), "details": JSON(dict(view.details))})
