"""An approved strategy becomes a set of creatives: its members are made one by one, and the last one makes the set ready."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.creatives import repository
from zamc.creatives.making import MadeVideo, Order, draw_image, make_video, write_copy
from zamc.creatives.ports import BriefLogos, CopyWriter, NextStage, Objects, Painter
from zamc.creatives.rules import members_of
from zamc.creatives.sets import Sets
from zamc.creatives.storing import store_copy, store_image, store_video
from zamc.creatives.tables import Asset
from zamc.database.engine import Database
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.events.catalogue import CreativesRequested
from zamc.events.repository import emit
from zamc.steps import MOST_PER_CLAIM, Outcome, work
from zamc.strategies.schema import Plan, Platform
from zamc.strategies.tables import Strategy

Made = TypeVar("Made")


class CreativeService:
    """Use cases of creatives. Methods that take a session never commit; make_copy, make_images and make_videos have their own transactions.

    lease: how long a claimed member is its worker's own; writing_lease: one of copy, which may wait for every provider in turn. workers:
    pictures or videos made at once (Pillow and the encoder leave the interpreter while they work); writers: sets of copy written at once.
    logos: reads the logo that a brief names; without it, none is read.
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
        logos: BriefLogos | None = None,
        lease: timedelta = timedelta(seconds=120),
        workers: int = 2,
        writing_lease: timedelta | None = None,
        writers: int = 1,
    ) -> None:
        self._database = database
        self._clock = clock
        self._objects = objects
        self._sets = Sets(clock, next_stage)
        self._lease = lease
        self._workers = workers
        self._writer, self._painter, self._logos = writer, painter, logos
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
            store=store_copy,
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
            call=lambda order: draw_image(order, self._objects, self._painter, self._logos),
            store=store_image,
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
            call=lambda order: make_video(order, self._objects, self._painter, self._logos),
            store=store_video,
            workers=self._workers,
            per_claim=self._workers,  # a video takes seconds: many under one lease would outlive it
            lease=self._writing_lease if self._painter else None,
        )

    def film(self, strategy_id: UUID, *, size: str, language: str, seconds: int) -> MadeVideo:
        """One more video of a plan, of any size and length, in object storage. It is part of no set: no platform gets it.

        size: "square", "vertical" or "landscape"; seconds: 6 or 15; language: "" for the plan's first. Raises NotFound, Conflict without a
        plan, InvalidInput, Later.
        """
        from zamc.creatives.sizes import VIDEO_PLACEMENTS
        from zamc.creatives.video_scenes import LENGTHS

        placement = f"meta_video_{size}"
        if placement not in VIDEO_PLACEMENTS:
            raise InvalidInput("size", f"must be one of {', '.join(name.removeprefix('meta_video_') for name in VIDEO_PLACEMENTS)}")
        if seconds not in LENGTHS:
            raise InvalidInput("seconds", f"must be one of {', '.join(map(str, LENGTHS))}")
        with self._database.transaction() as session:
            strategy = repository.strategy(session, strategy_id)
            if strategy is None:
                raise NotFound(f"there is no strategy {strategy_id}")
            if strategy.plan is None:
                raise Conflict(f"the strategy {strategy_id} has no plan yet")
            known = strategy.plan["flight"]["languages"]
            if language and language not in known:
                raise InvalidInput("language", f"must be one of the plan's: {', '.join(known)}")
            logo = repository.logo_of(session, strategy.project_id)
            spoken = language or known[0]
            order = Order(strategy.plan, strategy.brief, "meta_ads", spoken, placement, seconds, strategy.project_id, logo=logo)
        return make_video(order, self._objects, self._painter, self._logos)

    def _make(
        self,
        kind: str,
        strategy_ids: Sequence[UUID] | None,
        *,
        call: Callable[[Order], Made],
        store: Callable[[Asset, Made], None],
        workers: int,
        per_claim: int = MOST_PER_CLAIM,
        lease: timedelta | None = None,
    ) -> Outcome:
        def write(session: Session, row: Asset, made: Made) -> None:
            store(row, made)
            self._sets.member_ready(session, row)

        return work(
            self._database,
            Asset,
            where=repository.to_make(kind, strategy_ids),
            prepare=self._prepare,
            call=call,
            write=write,
            failed=self._sets.member_failed,
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

    def approve(self, session: Session, set_id: UUID, *, by: str, set_hash: str) -> None:
        """Approve the creatives that were seen; again launches only what could not be launched at all, for want of an account.

        Raises NotFound, and Conflict for others or in another state.
        """
        self._sets.approve(session, set_id, by=by, set_hash=set_hash)

    def reject(self, session: Session, set_id: UUID, *, by: str, reason: str) -> None:
        """Turn a set down, made or not. Raises NotFound, and Conflict once it is approved."""
        self._sets.reject(session, set_id, by=by, reason=reason)
