"""News, endpoints and preferences."""

from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry

from api.graphql.types.alerts import Severity
from zamc.notifications.delivery_views import DeliveryView, NotificationView, PreferenceView
from zamc.notifications.endpoints import EndpointView


@strawberry.enum
class NotificationKind(Enum):
    """What the news is. TEST: somebody tried an endpoint."""

    ALERT = "alert"
    APPROVAL = "approval"
    DIGEST = "digest"
    TEST = "test"


@strawberry.enum
class NotificationChannel(Enum):
    """How news travels."""

    MAIL = "mail"
    SLACK = "slack"
    WEBHOOK = "webhook"


@strawberry.enum
class EndpointChannel(Enum):
    """What an endpoint speaks: a Slack incoming webhook, or a signed webhook of one's own."""

    SLACK = "slack"
    WEBHOOK = "webhook"


@strawberry.enum
class Threshold(Enum):
    """The least severity that is told. Approvals and digests have the severity INFO."""

    OFF = "off"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@strawberry.enum
class DeliveryState(Enum):
    """IN_DOUBT: it may have arrived, and is not sent again by itself. SKIPPED: the recipient has left meanwhile."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    SKIPPED = "skipped"


@strawberry.type
class DeliveryCount:
    """How many deliveries of one piece of news are in one state on one channel."""

    channel: NotificationChannel
    state: DeliveryState
    count: int


@strawberry.type(name="Notification")
class NotificationType:
    """One piece of news, and how far it has come."""

    id: UUID
    kind: NotificationKind
    severity: Severity
    title: str
    body: str
    created_at: datetime
    deliveries: list[DeliveryCount]

    @classmethod
    def of(cls, view: NotificationView) -> Self:
        counts = [
            DeliveryCount(channel=NotificationChannel(c.channel), state=DeliveryState(c.state), count=c.count) for c in view.deliveries
        ]
        return cls(**{**vars(view), "kind": NotificationKind(view.kind), "severity": Severity(view.severity), "deliveries": counts})


@strawberry.type
class Wants:
    """The threshold for each kind of news."""

    alert: Threshold
    approval: Threshold
    digest: Threshold


@strawberry.type(name="NotificationEndpoint")
class EndpointType:
    """Where a project's news goes beside its members' mail. Of its address only the host is shown."""

    id: UUID
    channel: EndpointChannel
    name: str
    host: str
    wants: Wants
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, view: EndpointView) -> Self:
        wants = Wants(**{kind: Threshold(view.wants[kind]) for kind in ("alert", "approval", "digest")})
        return cls(
            id=view.id, channel=EndpointChannel(view.channel), name=view.name, host=view.host, wants=wants, created_by=view.created_by,
            created_at=view.created_at,
        )  # fmt: skip


@strawberry.type(name="Delivery")
class DeliveryType:
    """One delivery on its way. error: why it was not sent."""

    id: UUID
    channel: NotificationChannel
    state: DeliveryState
    attempts: int
    error: str | None
    sent_at: datetime | None

    @classmethod
    def of(cls, view: DeliveryView) -> Self:
        return cls(
            id=view.id, channel=NotificationChannel(view.channel), state=DeliveryState(view.state), attempts=view.attempts,
            error=view.error, sent_at=view.sent_at,
        )  # fmt: skip


@strawberry.type
class NotificationPreference:
    """What the caller is told about a project by mail. chosen: they said so themselves; otherwise it is their role's default."""

    project_id: UUID
    project: str
    kind: NotificationKind
    least: Threshold
    chosen: bool

    @classmethod
    def of(cls, view: PreferenceView) -> Self:
        return cls(**{**vars(view), "kind": NotificationKind(view.kind), "least": Threshold(view.least)})


@strawberry.input
class WantsInput:
    """Kinds that are left out stay as they are, or have their default: alerts from WARNING on, approvals, no digest."""

    alert: Threshold | None = None
    approval: Threshold | None = None
    digest: Threshold | None = None

    def named(self) -> dict[str, str]:
        return {kind: threshold.value for kind, threshold in vars(self).items() if threshold is not None}
