"""An approved strategy becomes a set of creatives: its members are made one by one, and the last one makes the set ready."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.creatives import repository
from zamc.creatives.making import DrawnImage, MadeCopy, MadeVideo, Order, draw_image, make_video, write_copy
from zamc.creatives.ports import CopyWriter, NextStage, Objects, Painter
from zamc.creatives.rules import members_of, set_hash
from zamc.creatives.tables import Asset
from zamc.creatives.written import logo_note, origin_note, scene_note
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.errors import Conflict, NotFound, ZamcError
from zamc.events import dead_letters
from zamc.events.catalogue import CreativesFailed, CreativesReady, CreativesRequested
from zamc.events.repository import emit
from zamc.optimisation.tables import Decision
from zamc.projects.repository import audit
from zamc.projects.rules import is_open
from zamc.steps import MOST_PER_CLAIM, Outcome, work
from zamc.strategies.schema import Plan, Platform
from zamc.strategies.tables import Strategy

AUTOPILOT = "autopilot"
Made = TypeVar("Made")


class CreativeService:
    """Use cases of creatives. Methods that take a session never commit; make_copy, make_images and make_videos have their own transactions.

    lease: how long a claimed member is its worker's own; writing_lease: one of copy, which may wait for every provider in turn. workers:
    pictures or videos made at once (Pillow and the encoder leave the interpreter while they work); writers: sets of copy written at once.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        objects: Objects,
        next_stage: NextStage,
        *,
        writer: CopyWriter | None = None,
        painter: Painter | None = None,
        lease: timedelta = timedelta(seconds=120),
        workers: int = 2,
        writing_lease: timedelta | None = None,
        writers: int = 1,
    ) -> None:
        self._database = database
        self._clock = clock
        self._objects = objects
        self._next_stage = next_stage
        self._lease = lease
        self._workers = workers
        self._writer, self._painter = writer, painter
        self._writing_lease, self._writers = writing_lease or lease, writers

    def begin(self, session: Session, strategy: Strategy) -> UUID | None:
        """Ask for a set and its members, in the transaction of the strategy's approval. Returns the set's id, None when it is there."""
        if strategy.plan is None:
            raise Conflict(f"the strategy {strategy.id} has no plan yet")
        common = {
            "project_id": strategy.project_id,
            "strategy_id": strategy.id,
            "version": strategy.version,
            "status": "requested",
            "next_attempt_at": self._clock.now(),
        }
        set_id = repository.insert_set(session, {**common, "provenance": {"plan_hash": strategy.plan_hash}})
        if set_id is None:
            return None
        members = members_of(Plan.model_validate(strategy.plan))
        rows = [
            {
                **common,
                "set_id": set_id,
                "kind": member.kind,
                "local_ref": member.local_ref,
                "platform": member.platform,
                "language": member.language,
                "content": member.content,
            }
            for member in members
        ]
        repository.insert_members(session, rows)
        emit(session, CreativesRequested(project_id=strategy.project_id, strategy_id=strategy.id, set_id=set_id))
        return set_id

    def make_copy(self, strategy_ids: Sequence[UUID] | None = None) -> Outcome:
        """Write the copy of these strategies' sets, or all that is requested and due."""
        return self._make(
            "copy",
            strategy_ids,
            call=lambda order: write_copy(order, self._writer),
            write=self._store_copy,
            workers=self._writers,
            # A model takes seconds: what waits behind many others would outlive its lease.
            per_claim=self._writers if self._writers > 1 else MOST_PER_CLAIM,
            lease=self._writing_lease,
        )

    def make_images(self, strategy_ids: Sequence[UUID] | None = None) -> Outcome:
        """Draw and store the pictures of these strategies' sets, or all that are requested and due."""
        return self._make(
            "image",
            strategy_ids,
            call=lambda order: draw_image(order, self._objects, self._painter),
            write=self._store_image,
            workers=self._workers,
            # A background takes a model a minute.
            per_claim=self._workers if self._painter else MOST_PER_CLAIM,
            lease=self._writing_lease,
        )

    def make_videos(self, strategy_ids: Sequence[UUID] | None = None) -> Outcome:
        """Make and store the videos of these strategies' sets, or all that are requested and due.

        A video that cannot be made is left out of its set, with the reason in the set's provenance: no campaign needs one to exist.
        """
        return self._make(
            "video",
            strategy_ids,
            call=lambda order: make_video(order, self._objects),
            write=self._store_video,
            workers=self._workers,
            per_claim=self._workers,  # a video takes seconds: many under one lease would outlive it
        )

    def _make(
        self,
        kind: str,
        strategy_ids: Sequence[UUID] | None,
        *,
        call: Callable[[Order], Made],
        write: Callable[[Session, Asset, Made], None],
        workers: int,
        per_claim: int = MOST_PER_CLAIM,
        lease: timedelta | None = None,
    ) -> Outcome:
        return work(
            self._database,
            Asset,
            where=repository.to_make(kind, strategy_ids),
            prepare=self._prepare,
            call=call,
            write=write,
            failed=self._failed,
            clock=self._clock,
            lease=lease or self._lease,
            workers=workers,
            per_claim=per_claim,
        )

    def _prepare(self, session: Session, row: Asset) -> Order:
        strategy = repository.strategy(session, row.strategy_id)
        plan, brief = (strategy.plan or {}, strategy.brief) if strategy else ({}, {})
        platform: Platform = "google_ads" if row.platform == "google_ads" else "meta_ads"
        made, seconds = row.content.get("placement", ""), row.content.get("seconds", 6)
        logo = repository.logo_of(session, row.project_id) if row.kind in ("image", "video") else None
        variant = int(row.provenance.get("variant", row.version - 1))
        return Order(plan, brief, platform, row.language or "", made, seconds, row.project_id, variant, logo)

    def _store_copy(self, session: Session, row: Asset, made: MadeCopy) -> None:
        row.content, row.checks = made.copy.content, made.copy.checks
        row.provenance = {**origin_note(made.written), "lines": made.copy.provenance}
        self._member_ready(session, row)

    def _store_image(self, session: Session, row: Asset, made: DrawnImage) -> None:
        words = made.words
        row.content = {
            "placement": row.content["placement"],
            "width": made.width,
            "height": made.height,
            "headline": words.headline,
            "supporting": words.supporting,
            "call_to_action": words.call_to_action,
        }
        row.object_hash, row.object_size, row.object_type = made.stored.sha256, made.stored.size, made.stored.media_type
        row.checks = [{"check": "picture_words", "findings": 0}]
        row.provenance = {"maker": "layout", "texts": words.sources, **scene_note(made.scene), **logo_note(made.logo)}
        self._member_ready(session, row)

    def _store_video(self, session: Session, row: Asset, made: MadeVideo) -> None:
        row.content = {
            "placement": row.content["placement"],
            "width": made.width,
            "height": made.height,
            "seconds": made.seconds,
            "captions": list(made.words.captions),
            "call_to_action": made.words.call_to_action,
        }
        row.object_hash, row.object_size, row.object_type = made.stored.sha256, made.stored.size, made.stored.media_type
        row.checks = [{"check": "captions", "findings": 0}, {"check": "loudness", "sound": "silence", "findings": 0}]
        row.provenance = {"maker": "layout", "texts": made.words.sources, **logo_note(made.logo)}
        self._member_ready(session, row)

    def _member_ready(self, session: Session, row: Asset) -> None:
        set_row = self._set(session, row)
        if set_row.status != "requested":
            row.status = "failed"  # the set has failed or was rejected while this member was being made
            return
        row.status = "ready"
        self._ready_if_whole(session, set_row)

    def _ready_if_whole(self, session: Session, set_row: Asset) -> None:
        session.flush()
        if repository.count_unfinished(session, set_row.id) == 0:
            self._set_ready(session, set_row)

    def _set_ready(self, session: Session, set_row: Asset) -> None:
        made = [member for member in repository.members(session, set_row.id) if member.status == "ready"]
        content_hash = set_hash([(member.local_ref, member.content, member.object_hash) for member in made])
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

    def _failed(self, session: Session, row: Asset, error: ZamcError) -> None:
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
        """Approve the creatives that were seen; again changes nothing. Raises NotFound, and Conflict for others or in another state."""
        row = self._locked(session, set_id)
        if row.provenance.get("set_hash") != set_hash:
            raise Conflict("the creatives have changed since they were shown, or are not ready; look at them again, then approve")
        if row.status == "approved":
            return
        if row.status != "ready":
            raise Conflict(f"the set is {row.status}; only a ready one waits for approval")
        audit(session, actor=by, action="creatives.approved", project_id=row.project_id, subject_id=row.id, set_hash=set_hash)
        self._approved(session, row, by=by)

    def reject(self, session: Session, set_id: UUID, *, by: str, reason: str) -> None:
        """Turn a set down, made or not. Raises NotFound, and Conflict once it is approved."""
        row = self._locked(session, set_id)
        if row.status == "rejected":
            return
        if row.status == "approved":
            raise Conflict("the set is approved; pause its deployments instead")
        row.status, row.last_error = "rejected", reason
        repository.fail_waiting(session, row.id, reason="the set was rejected")
        audit(session, actor=by, action="creatives.rejected", project_id=row.project_id, subject_id=row.id, reason=reason)

    def _set(self, session: Session, member: Asset) -> Asset:
        return self._locked(session, member.set_id) if member.set_id else member

    def _locked(self, session: Session, set_id: UUID) -> Asset:
        row = repository.locked(session, set_id)
        if row is None or row.kind != "set":
            raise NotFound(f"there is no set of creatives {set_id}")
        return row
