"""A launch that failed is taken up again: as a new intention, through the same claims, and with a look-up before anything is sent twice."""

from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.deployments import begin, budgets, repository
from zamc.deployments.endings import identity
from zamc.deployments.rules import Desired, Lane, LaunchMode, State, Status, Verb
from zamc.deployments.tables import Deployment, Operation
from zamc.errors import Conflict, NotFound
from zamc.events.catalogue import DeploymentRequested
from zamc.events.repository import emit
from zamc.projects import repository as projects
from zamc.strategies.versions_repository import is_overtaken


def retry(session: Session, clock: Clock, deployment_id: UUID, *, by: str) -> list[Deployment]:
    """Want a failed deployment on again, and under all-or-nothing its failed siblings with it. The approval of its plan stays.

    What was refused counts as in doubt: it is looked up by its marker first, and sent again only when it is not there. Its worst case is
    reserved anew. What was refused before anything of it was planned (no policy, no account, no room) is planned now, and waits for
    approval as at first. Raises NotFound; Conflict when it has not failed or cannot be planned yet; SpendRefused without room, or when its
    flight is over.
    """
    family = repository.lock_families(session, [deployment_id])
    chosen = next((each for each in family if each.id == deployment_id), None)
    if chosen is None:
        raise NotFound(repository.unknown(deployment_id))
    if chosen.status != Status.FAILED:
        raise Conflict(f"the deployment is {chosen.status}; only a failed one is taken up again")
    if is_overtaken(session, chosen.asset_id):
        raise Conflict(f"{chosen.name} is of an older version of the plan; another one has taken over, and is launched instead")
    together = [each for each in family if each.id == chosen.id or _fell_with_it(each, chosen)]
    trees = repository.objects(session, [each.id for each in together])
    if not any(trees.get(each.id) for each in together):
        return begin.again(session, clock, together, by=by)
    for each in together:
        _want(session, clock, each, by=by)
    return together


def _fell_with_it(other: Deployment, chosen: Deployment) -> bool:
    return other.status == Status.FAILED and chosen.launch_mode == LaunchMode.ALL_OR_NOTHING and other.launched_at is None


def _want(session: Session, clock: Clock, row: Deployment, *, by: str) -> None:
    now = clock.now()
    row.generation += 1
    row.desired_status = Desired.ENABLED
    row.status = Status.CREATING if row.approved_hash else Status.REQUESTED
    before, row.failure, row.last_error = row.failure, None, None
    row.attempts, row.next_attempt_at, row.lease_until = 0, now, None
    repository.raise_objects(session, row.id, generation=row.generation, desired="enabled")
    for operation in repository.operations(session, Operation.deployment_id == row.id):
        if operation.verb == Verb.CREATE and operation.state == State.REFUSED:
            operation.state, operation.generation, operation.resolved_at = State.IN_DOUBT, row.generation, None
            operation.attempts, operation.looks, operation.next_attempt_at, operation.lease_until = 0, 0, now, None
        elif operation.lane == Lane.CHANGE and operation.state == State.REFUSED:
            operation.state = State.SUPERSEDED
    session.flush()
    repository.carry_over(session, row.id, row.generation)
    # Its budget went back when it failed: it is in force again from today on.
    budgets.begin(session, clock, row, today=budgets.today_of(session, clock, row))
    budgets.ensure(session, clock, row, generation=row.generation)
    emit(session, DeploymentRequested(**identity(session, row), requested_by=by))
    projects.audit(
        session, actor=by, action="deployment.retry", project_id=row.project_id, subject_id=row.id, generation=row.generation, after=before
    )
