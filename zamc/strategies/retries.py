"""A strategy that could not be written is asked for again."""

from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.errors import Conflict, NotFound
from zamc.events.catalogue import StrategyRequested
from zamc.events.repository import emit
from zamc.projects.repository import audit
from zamc.strategies import repository


def retry(session: Session, clock: Clock, strategy_id: UUID, *, by: str) -> None:
    """Write it anew from its brief. Raises NotFound, and Conflict unless it has failed."""
    row = repository.locked(session, strategy_id)
    if row is None:
        raise NotFound(f"there is no strategy {strategy_id}")
    if row.status != "failed":
        raise Conflict(f"the strategy is {row.status}; only a failed one is written anew")
    row.status, row.attempts, row.next_attempt_at, row.lease_until = "requested", 0, clock.now(), None
    # A person asks anew: not for the answer that was bought before, and not to be refused for one that is in doubt.
    row.provenance = row.provenance | {"variant": int(row.provenance.get("variant", 0)) + 1}
    emit(session, StrategyRequested(project_id=row.project_id, strategy_id=row.id))
    audit(session, actor=by, action="strategy.retry", project_id=row.project_id, subject_id=row.id, after=row.last_error)
