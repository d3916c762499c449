"""What a finished step means for a deployment: its status, its event, its money. The deployment is locked by the caller."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.deployments import budgets, repository
from zamc.deployments.intents import ROOT
from zamc.deployments.rules import AFTER_STOP, FINAL, Desired, Status
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.events import dead_letters
from zamc.events.catalogue import DeploymentEnded, DeploymentFailed, DeploymentLaunched, DeploymentPaused, DeploymentResumed
from zamc.events.repository import emit


def finish(session: Session, clock: Clock, deployment: Deployment, *, strategy_id: UUID | None = None) -> None:
    """A stop is done: the deployment is now what its intention says, and what is over gives its reservation back.

    strategy_id: of the deployment, from whoever finishes many and has asked for all of them at once.
    """
    if deployment.status in FINAL:
        return
    desired = Desired(deployment.desired_status)
    deployment.status = AFTER_STOP[desired]
    ids = identity(session, deployment, strategy_id=strategy_id)
    if desired == Desired.PAUSED:
        emit(session, DeploymentPaused(**ids))
        return
    if desired == Desired.FAILED:
        reason = deployment.failure or "refused by the platform"
        emit(session, DeploymentFailed(**ids, reason=reason))
        dead_letters.give_up(
            session, "deployment", str(deployment.id), subject="zamc.deployment.requested", reason=reason,
            project_id=deployment.project_id, subject_id=deployment.id, code=repository.refusal_code(session, deployment.id),
            details={"name": deployment.name, "platform": deployment.platform, "generation": deployment.generation},
        )  # fmt: skip
    else:
        emit(session, DeploymentEnded(**ids))
    release(session, clock, deployment)


def release(session: Session, clock: Clock, deployment: Deployment) -> None:
    """Give back what surely can not be billed any more. The deployment is stopped.

    An enable that was ever in doubt might land after all: its reservation stays to the end of its period, when the settlement of the
    last day lets it go. What was on may have spent until today: the days after today are free, today's room is free tomorrow, and the
    days before are settled with what was billed.
    """
    doubted, enabled = repository.enable_history(session, deployment.id)
    if doubted:
        return
    if enabled:
        budgets.stopped(session, clock, deployment)
        return
    budgets.never_ran(session, deployment)


def live(session: Session, clock: Clock, deployment: Deployment, tree: Sequence[PlatformObject]) -> None:
    """Everything of its tree was read back as enabled."""
    deployment.status = Status.LIVE
    ids = identity(session, deployment)
    if deployment.launched_at is not None:
        emit(session, DeploymentResumed(**ids))
        return
    deployment.launched_at = clock.now()
    root = next(each for each in tree if each.kind == ROOT)
    emit(session, DeploymentLaunched(**ids, external_id=root.external_id or ""))


def identity(session: Session, deployment: Deployment, *, strategy_id: UUID | None = None) -> dict[str, object]:
    """Who an event is about."""
    strategy_id = strategy_id or repository.strategy_ids(session, [deployment.asset_id])[deployment.asset_id]
    return {"project_id": deployment.project_id, "strategy_id": strategy_id, "deployment_id": deployment.id}
