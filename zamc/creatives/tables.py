"""Marketing assets: a `set` per strategy, and the copy, images and videos that are its members."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base, CreatedAt, Key, WorkItem


class Asset(WorkItem, Base):
    """A set (set_id is null) or a member of one. `local_ref` names a member within its set, e.g. "copy/google_ads/de".

    content of copy for google_ads: {"headlines": [3 to 15 texts], "descriptions": [2 to 4], "long_headlines": [1 to 5], "path1",
    "business_name": texts, if there are any}; for meta_ads: {"primary_texts": [1 to 5 texts], "headlines": [1 to 5], "descriptions":
    [0 to 5], "call_to_action": a button, such as "LEARN_MORE", "cards": [{"headline", "description", "image": local_ref}]}.
    content of an image: {"placement": a name of creatives.sizes, "width", "height": pixels, "headline", "supporting", "call_to_action":
    texts}; of a video {"placement", "width", "height", "seconds", "captions": [texts], "call_to_action"}; only the placement (and
    seconds) until it is made. A logo has no language. object_hash: SHA-256 of the file in object storage.
    provenance: of a set plan_hash, the videos that were left_out and, once ready, set_hash; of copy one note per line with its line of
    the brief and its angle, and the model_call that wrote it (zamc.creatives.written); of a picture or video the line of the brief behind
    each text, the logo that was drawn, and of its background the scene with its model_call.
    Members are work items of their own: copy, images and videos are made by different data assets at different speed.
    """

    __tablename__ = "assets"
    __table_args__ = (
        UniqueConstraint("strategy_id", "version", "local_ref"),
        CheckConstraint("kind IN ('set', 'copy', 'image', 'video')", name="kind"),
        CheckConstraint("status IN ('requested', 'ready', 'approved', 'rejected', 'failed')", name="status"),
        CheckConstraint("(kind = 'set') = (set_id IS NULL)", name="membership"),
        Index("ix_assets_pending", "kind", "next_attempt_at", postgresql_where=text("status = 'requested'")),
        Index(None, "set_id"),
        Index("ix_assets_sets", "project_id", "created_at", postgresql_where=text("kind = 'set'")),
    )

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), index=True)
    strategy_id: Mapped[UUID] = mapped_column(ForeignKey("strategies.id"))
    set_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    kind: Mapped[str]
    local_ref: Mapped[str]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    platform: Mapped[str | None]
    language: Mapped[str | None]
    status: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    object_hash: Mapped[str | None]
    object_size: Mapped[int | None] = mapped_column(BigInteger)
    object_type: Mapped[str | None]
    checks: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    provenance: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
