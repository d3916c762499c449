"""A set of creatives as a whole: ready when its last member is, failed with the first that cannot be made, approved or turned down."""

from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.creatives import repository
from zamc.creatives.ports import NextStage
from zamc.creatives.rules import set_hash as hash_of
from zamc.creatives.tables import Asset
from zamc.database.ids import uuid7
from zamc.errors import Conflict, NotFound, ZamcError
from zamc.events import dead_letters
from zamc.events.catalogue import CreativesFailed, CreativesReady
from zamc.events.repository import emit
from zamc.optimisation.tables import Decision
from zamc.projects.repository import audit
from zamc.projects.rules import is_open

AUTOPILOT = "autopilot"


class Sets:
    """In the transaction of a caller, and never committed here."""

    def __init__(self, clock: Clock, next_stage: NextStage) -> None:
        self._clock, self._next_stage = clock, next_stage

    def member_ready(self, session: Session, row: Asset) -> None:
        """A member was made and stored; the last one makes the set ready."""
        set_row = self._set(session, row)
        if set_row.status != "requested":
            row.status = "failed"  # the set has failed or was rejected while this member was being made
            return
        row.status = "ready"
        self._ready_if_whole(session, set_row)

    def member_failed(self, session: Session, row: Asset, error: ZamcError) -> None:
        """A member cannot be made: a video is left out, anything else fails the set."""
        row.status = "failed"
        set_row = self._set(session, row)
        if set_row.status != "requested":
            return
        if row.kind == "video":
            left_out = [*set_row.provenance.get("left_out", []), {"local_ref": row.local_ref, "reason": str(error)}]
            set_row.provenance = set_row.provenance | {"left_out": left_out}
            self._ready_if_whole(session, set_row)
            return
        set_row.status, set_row.last_error = "failed", f"{row.local_ref}: {error}"
        repository.fail_waiting(session, set_row.id, reason=f"the set failed because of {row.local_ref}")
        ids = {"project_id": row.project_id, "strategy_id": row.strategy_id, "set_id": set_row.id}
        emit(session, CreativesFailed(**ids, reason=set_row.last_error))
        dead_letters.give_up(
            session, "creatives", str(set_row.id), subject="zamc.creatives.requested", reason=set_row.last_error,
            project_id=row.project_id, subject_id=set_row.id, code=getattr(error, "code", ""), details={"member": row.local_ref},
        )  # fmt: skip

    def approve(self, session: Session, set_id: UUID, *, by: str, set_hash: str) -> None:
        """See CreativeService.approve."""
        row = self._locked(session, set_id)
        if row.provenance.get("set_hash") != set_hash:
            raise Conflict("the creatives have changed since they were shown, or are not ready; look at them again, then approve")
        if row.status == "approved":
            # While the project had no account for the plan, nothing came of it: the next stage begins what it has not begun. What a newer
            # version of the plan has taken over stays as it is.
            newest = repository.set_of(session, row.strategy_id)
            if newest is not None and newest.id == row.id:
                self._next_stage.begin(session, row)
            return
        if row.status != "ready":
            raise Conflict(f"the set is {row.status}; only a ready one waits for approval")
        audit(session, actor=by, action="creatives.approved", project_id=row.project_id, subject_id=row.id, set_hash=set_hash)
        self._approved(session, row, by=by)

    def reject(self, session: Session, set_id: UUID, *, by: str, reason: str) -> None:
        """See CreativeService.reject."""
        row = self._locked(session, set_id)
        if row.status == "rejected":
            return
        if row.status == "approved":
            raise Conflict("the set is approved; pause its deployments instead")
        row.status, row.last_error = "rejected", reason
        repository.fail_waiting(session, row.id, reason="the set was rejected")
        audit(session, actor=by, action="creatives.rejected", project_id=row.project_id, subject_id=row.id, reason=reason)

    def _ready_if_whole(self, session: Session, set_row: Asset) -> None:
        session.flush()
        if repository.count_unfinished(session, set_row.id) == 0:
            self._set_ready(session, set_row)

    def _set_ready(self, session: Session, set_row: Asset) -> None:
        made = [member for member in repository.members(session, set_row.id) if member.status == "ready"]
        content_hash = hash_of([(member.local_ref, member.content, member.object_hash) for member in made])
        set_row.status = "ready"
        set_row.provenance = set_row.provenance | {"set_hash": content_hash, "members": len(made)}
        emit(session, CreativesReady(project_id=set_row.project_id, strategy_id=set_row.strategy_id, set_id=set_row.id))
        project = repository.project(session, set_row.project_id)
        if project is None or not is_open(project.gates, "creatives"):
            return
        session.add(
            Decision(
                id=uuid7(),
                project_id=set_row.project_id,
                kind="creatives.approved",
                known={
                    "set_id": str(set_row.id),
                    "set_hash": content_hash,
                    "members": len(made),
                    "left_out": set_row.provenance.get("left_out", []),
                    "gates": dict(project.gates),
                },
                done={"status": "approved"},
                reason="the project's gate for creatives is open and every creative in the set passed its checks",
                undo={"action": "pause the deployments of this set"},
                decided_at=self._clock.now(),
            )
        )
        self._approved(session, set_row, by=AUTOPILOT)

    def _approved(self, session: Session, set_row: Asset, *, by: str) -> None:
        set_row.status, set_row.approved_by, set_row.approved_at = "approved", by, self._clock.now()
        self._next_stage.begin(session, set_row)

    def _set(self, session: Session, member: Asset) -> Asset:
        return self._locked(session, member.set_id) if member.set_id else member

    def _locked(self, session: Session, set_id: UUID) -> Asset:
        row = repository.locked(session, set_id)
        if row is None or row.kind != "set":
            raise NotFound(f"there is no set of creatives {set_id}")
        return row
