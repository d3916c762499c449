"""Every event that exists, as typed data in the CloudEvents 1.0 JSON envelope. docs/reference/events.md is generated from this module."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zamc.database.ids import uuid7
from zamc.errors import InvalidInput
from zamc.events.alert_codes import AlertCode

SOURCE = "zamc"
# Who decides at an open gate. The run that decided goes on by itself, so sensors do not ask for another one.
AUTOPILOT = "autopilot"


class EventData(BaseModel):
    """Data of one kind of event. `subject` is the NATS subject and the CloudEvents type."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    subject: ClassVar[str]


class _OfStrategy(EventData):
    project_id: UUID
    strategy_id: UUID


class StrategyRequested(_OfStrategy):
    """A brief was accepted; a plan is to be written."""

    subject = "zamc.strategy.requested"


class StrategyDrafted(_OfStrategy):
    """A plan was written, or edited into another version, and waits for a person."""

    subject = "zamc.strategy.drafted"
    version: int = 1


class StrategyApproved(_OfStrategy):
    """A plan was approved, by a person or because the project's gate is open."""

    subject = "zamc.strategy.approved"
    approved_by: str
    version: int = 1


class StrategyRejected(_OfStrategy):
    """A person turned a plan down."""

    subject = "zamc.strategy.rejected"
    reason: str


class StrategyFailed(_OfStrategy):
    """No plan could be made; a person must look."""

    subject = "zamc.strategy.failed"
    reason: str


class CreativesRequested(_OfStrategy):
    """Copy and images are to be made for an approved plan."""

    subject = "zamc.creatives.requested"
    set_id: UUID
    requested_by: str = AUTOPILOT


class CreativesReady(_OfStrategy):
    """A set of creatives passed its checks."""

    subject = "zamc.creatives.ready"
    set_id: UUID


class CreativesFailed(_OfStrategy):
    """A set of creatives could not be made whole."""

    subject = "zamc.creatives.failed"
    set_id: UUID
    reason: str


class _OfDeployment(_OfStrategy):
    deployment_id: UUID


class DeploymentRequested(_OfDeployment):
    """An approved set is to be launched on one ad account."""

    subject = "zamc.deployment.requested"
    requested_by: str = AUTOPILOT


class DeploymentLaunched(_OfDeployment):
    """Every object was read back as enabled."""

    subject = "zamc.deployment.launched"
    external_id: str


class DeploymentFailed(_OfDeployment):
    """The launch ended without live ads; nothing of it is on."""

    subject = "zamc.deployment.failed"
    reason: str


class DeploymentPaused(_OfDeployment):
    """A pause was acknowledged and read back twice."""

    subject = "zamc.deployment.paused"


class DeploymentResumed(_OfDeployment):
    """A paused deployment is live again."""

    subject = "zamc.deployment.resumed"


class DeploymentDrifted(_OfDeployment):
    """Somebody changed an object outside."""

    subject = "zamc.deployment.drifted"
    obj_key: UUID
    field: str


class DeploymentChanged(_OfDeployment):
    """A reviewed change of what runs was read back. fields: what changed, such as "daily_budget"."""

    subject = "zamc.deployment.changed"
    fields: list[str]


class DeploymentChangeWaiting(_OfDeployment):
    """A reviewed change of what runs waits for a person: for another one, or because the budget gate is closed."""

    subject = "zamc.deployment.change_waiting"
    change_hash: str
    why: str


class DeploymentReviewed(_OfDeployment):
    """A platform judges it otherwise than before. aspect: review, delivery, learning or budget."""

    subject = "zamc.deployment.reviewed"
    aspect: str
    verdict: str
    before: str | None = None
    topics: list[str] = []


class DeploymentEnded(_OfDeployment):
    """A deployment is over for good."""

    subject = "zamc.deployment.ended"


class PerformanceSynced(EventData):
    """Facts of an ad account's day were read from its platform. changed_rows is 0 when nothing was revised."""

    subject = "zamc.performance.synced"
    project_id: UUID
    ad_account_id: UUID
    first_day: date
    last_day: date
    changed_rows: int


class BudgetChanged(_OfDeployment):
    """A daily budget was changed and read back."""

    subject = "zamc.budget.changed"
    daily_budget_micros: int
    currency: str


class ExperimentConcluded(EventData):
    """A test came to a verdict."""

    subject = "zamc.experiment.concluded"
    project_id: UUID
    experiment_id: UUID


class AlertRaised(EventData):
    """Something a person must know. severity says how soon, docs/runbooks/<code>.md what to do."""

    subject = "zamc.alert.raised"
    code: str = AlertCode.GENERAL
    severity: Literal["info", "warning", "critical"]
    title: str
    details: dict[str, Any] = {}


class DeadLettered(EventData):
    """Something was given up; a person must look. Its own subject is zamc.dead. and what follows zamc. in `about`."""

    subject = "zamc.dead"
    dead_letter_id: UUID
    kind: Literal["message", "strategy", "creatives", "deployment", "sync", "notification"]
    about: str
    project_id: UUID | None
    reason: str


CATALOGUE: dict[str, type[EventData]] = {
    kind.subject: kind
    for kind in (
        StrategyRequested, StrategyDrafted, StrategyApproved, StrategyRejected, StrategyFailed,
        CreativesRequested, CreativesReady, CreativesFailed,
        DeploymentRequested, DeploymentLaunched, DeploymentFailed, DeploymentPaused, DeploymentResumed, DeploymentDrifted, DeploymentEnded,
        DeploymentChanged, DeploymentChangeWaiting, DeploymentReviewed,
        PerformanceSynced, BudgetChanged, ExperimentConcluded, AlertRaised, DeadLettered,
    )
}  # fmt: skip


class Envelope(BaseModel):
    """CloudEvents 1.0, structured JSON mode, with the distributed tracing extension."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID = Field(default_factory=uuid7)
    source: str = SOURCE
    type: str
    time: datetime = Field(default_factory=lambda: datetime.now(UTC))
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None
    data: dict[str, Any]


def subject_of(data: EventData) -> str:
    """The subject that an event is published on."""
    return f"{data.subject}.{data.about.removeprefix('zamc.')}" if isinstance(data, DeadLettered) else data.subject


def envelope(data: EventData, *, traceparent: str | None = None) -> Envelope:
    """Wrap an event's data."""
    return Envelope(type=subject_of(data), traceparent=traceparent, data=data.model_dump(mode="json"))


def parse(subject: str, payload: bytes) -> tuple[Envelope, EventData]:
    """Read a message. Raises InvalidInput with the first thing that is wrong; what a message says is data and nothing else."""
    try:
        read = Envelope.model_validate_json(payload)
        kind = DeadLettered if read.type.startswith(f"{DeadLettered.subject}.") else CATALOGUE.get(read.type)
        if kind is None or read.type != subject:
            raise InvalidInput("type", f"{read.type!r} on subject {subject!r} is not an event of the catalogue")
        return read, kind.model_validate(read.data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InvalidInput(".".join(map(str, first["loc"])) or "message", first["msg"]) from None
