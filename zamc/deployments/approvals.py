"""Who said yes to exactly which plan. A yes is bound to a plan's hash: for another version of the plan it counts for nothing."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.deployments import budgets
from zamc.deployments.rules import Status
from zamc.deployments.tables import Deployment
from zamc.errors import Conflict, InvalidInput
from zamc.projects import repository as projects
from zamc.projects.rules import is_open

AUTOPILOT = "autopilot"


@dataclass(frozen=True)
class Approvals:
    """people: who approved this very plan, oldest first. needed: how many different people it takes."""

    people: tuple[str, ...]
    needed: int

    @property
    def complete(self) -> bool:
        return len(self.people) >= self.needed


def people_needed(session: Session, deployment: Deployment, *, daily_micros: int) -> int:
    """How many people must approve a plan that may spend `daily_micros` a day on average; 0 when the open gate is enough.

    Above the threshold of the spend policy an open gate is not enough. Without a policy nothing is launched anyhow.
    """
    policy = projects.policy(session, deployment.project_id, deployment.currency)
    above = policy is not None and policy.approval_above_micros is not None and daily_micros > policy.approval_above_micros
    if policy is not None and above:
        return policy.approvers
    project = projects.project(session, deployment.project_id)
    return 0 if project is not None and is_open(project.gates, "launch") else 1


def record(session: Session, clock: Clock, deployment: Deployment, *, by: str, plan_hash: str, daily_micros: int) -> Approvals:
    """Write down that `by` approves the plan of this hash, and say who has. The same person twice is one person.

    For a launch, and for a change of what is live (its own hash). The deployment is locked by the caller. Raises InvalidInput without name.
    """
    name = by.strip().casefold()
    if not name:
        raise InvalidInput("approval.by", "must name who approves")
    projects.add_approval(session, deployment.id, plan_hash=plan_hash, by=name, at=clock.now())
    projects.audit(
        session, actor=by, action="deployment.approval", project_id=deployment.project_id, subject_id=deployment.id, plan_hash=plan_hash
    )
    people = tuple(each for each in projects.approvals(session, deployment.id, plan_hash=plan_hash) if each != AUTOPILOT)
    return Approvals(people, people_needed(session, deployment, daily_micros=daily_micros))


def approve(session: Session, clock: Clock, deployment: Deployment, *, by: str, approved_hash: str) -> Approvals:
    """Bind an approval to the plan that was seen; the launch begins when enough people have approved that very plan.

    The deployment is locked. Raises Conflict when the plan has changed since it was shown, or nothing waits for approval, and
    SpendRefused when what was reserved meanwhile leaves no room or the flight is over.
    """
    if deployment.plan_hash != approved_hash:
        raise Conflict("the plan has changed since it was shown; look at it again, then approve")
    if deployment.status != Status.REQUESTED:
        raise Conflict(f"the deployment is {deployment.status}; only a requested one waits for approval")
    given = record(session, clock, deployment, by=by, plan_hash=approved_hash, daily_micros=deployment.daily_budget_micros)
    if by == AUTOPILOT and given.needed == 0:
        _pass(session, clock, deployment, by=AUTOPILOT)
    elif by != AUTOPILOT and given.complete:
        # It may have waited for weeks: months may have to be reserved that were far away when it was planned.
        budgets.ensure(session, clock, deployment, generation=deployment.generation)
        _pass(session, clock, deployment, by=", ".join(given.people) or by)
    return given


def _pass(session: Session, clock: Clock, deployment: Deployment, *, by: str) -> None:
    deployment.approved_by, deployment.approved_at, deployment.approved_hash = by, clock.now(), deployment.plan_hash
    deployment.status = Status.CREATING
    projects.audit(
        session, actor=by, action="deployment.approved", project_id=deployment.project_id, subject_id=deployment.id,
        plan_hash=deployment.plan_hash,
    )  # fmt: skip
