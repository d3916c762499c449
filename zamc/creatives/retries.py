"""A set of creatives that could not be made whole is asked for again; what of it was made stays."""

from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.creatives import repository
from zamc.errors import Conflict, NotFound
from zamc.events.catalogue import CreativesRequested
from zamc.events.repository import emit
from zamc.projects.repository import audit


def retry(session: Session, clock: Clock, set_id: UUID, *, by: str) -> int:
    """Make what is missing. Returns how many members are made. Raises NotFound, and Conflict unless the set has failed."""
    rows = repository.lock_whole_set(session, set_id)
    whole = next((row for row in rows if row.id == set_id), None)
    if whole is None:
        raise NotFound(f"there is no set of creatives {set_id}")
    if whole.status != "failed":
        raise Conflict(f"the set is {whole.status}; only a failed one is made again")
    missing = [row for row in rows if row.status == "failed" and row.id != set_id]
    for row in (whole, *missing):
        row.status, row.attempts, row.next_attempt_at, row.lease_until = "requested", 0, clock.now(), None
    for row in missing:  # a call that is in doubt stays so for its request: this is another one
        if row.kind == "copy":
            row.provenance = row.provenance | {"variant": int(row.provenance.get("variant", row.version - 1)) + 1}
    emit(session, CreativesRequested(project_id=whole.project_id, strategy_id=whole.strategy_id, set_id=whole.id, requested_by=by))
    audit(session, actor=by, action="creatives.retry", project_id=whole.project_id, subject_id=whole.id, after=whole.last_error)
    return len(missing)
