"""Who may let a change of what is live pass. Caps, steps and cool-downs are the ledger's matter; this is about people."""

from datetime import date

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.deployments import approvals
from zamc.deployments.endings import identity
from zamc.deployments.tables import Deployment
from zamc.events.catalogue import AUTOPILOT, DeploymentChangeWaiting
from zamc.events.repository import emit
from zamc.money import Money
from zamc.projects import repository as projects
from zamc.projects.rules import is_open


def agree(
    session: Session, clock: Clock, deployment: Deployment, *, by: str, change_hash: str, daily_micros: int, ends_on: date | None
) -> str | None:
    """Write down that `by` wants exactly this change. Returns why it must still wait, or None. The deployment is locked.

    What waits is told to the people who may apply it.

    What spends less needs nobody else. What spends more needs as many people as a launch of that budget would; the machine may raise only
    through an open gate, and never above the policy's threshold.
    """
    why = _why_wait(session, clock, deployment, by=by, change_hash=change_hash, daily_micros=daily_micros, ends_on=ends_on)
    if why is not None:
        emit(session, DeploymentChangeWaiting(**identity(session, deployment), change_hash=change_hash, why=why))
    return why


def _why_wait(
    session: Session, clock: Clock, deployment: Deployment, *, by: str, change_hash: str, daily_micros: int, ends_on: date | None
) -> str | None:
    longer = deployment.ends_on is not None and (ends_on is None or ends_on > deployment.ends_on)
    more = daily_micros > deployment.daily_budget_micros or longer
    if by == AUTOPILOT:
        project = projects.project(session, deployment.project_id)
        if project is None or not is_open(project.gates, "budget"):
            return "a person keeps the budget gate of this project: somebody has to apply the plan by its hash"
        needed = approvals.people_needed(session, deployment, daily_micros=daily_micros) if more else 0
        policy = projects.policy(session, deployment.project_id, deployment.currency)
        most = policy.approval_above_micros if policy is not None else None
        if more and most is not None and daily_micros > most:
            return f"{Money(daily_micros, deployment.currency)} a day is above the policy's threshold: {needed} people must apply it"
        return None
    given = approvals.record(session, clock, deployment, by=by, plan_hash=change_hash, daily_micros=daily_micros)
    if more and not given.complete:
        return f"{len(given.people)} of {given.needed} people have applied this plan; another person must apply the same hash"
    return None
