"""Approved creatives as the tree needs them."""

from collections.abc import Sequence

from zamc.creatives.tables import Asset
from zamc.deployments.tree import Copy, Picture


def copies_of(members: Sequence[Asset], platform: str) -> tuple[Copy, ...]:
    """The texts for one platform, one per language."""
    return tuple(
        Copy(
            language=row.language or "",
            headlines=tuple(row.content.get("headlines", ())),
            descriptions=tuple(row.content.get("descriptions", ())),
            primary_texts=tuple(row.content.get("primary_texts", ())),
            paths=tuple(text for text in (row.content.get("path1"), row.content.get("path2")) if text),
            call_to_action=row.content.get("call_to_action") or "LEARN_MORE",
        )
        for row in members
        if row.kind == "copy" and row.platform == platform
    )


def pictures_of(members: Sequence[Asset], platform: str) -> tuple[Picture, ...]:
    """Adverts (no logos) for one platform whose files are there."""
    return tuple(
        Picture(
            local_ref=row.local_ref,
            object_hash=row.object_hash,
            media_type=row.object_type or "image/png",
            language=row.language,
            ratio=_ratio(row),
        )
        for row in members
        if row.kind == "image" and row.platform == platform and row.object_hash and "logo" not in row.local_ref
    )


def _ratio(row: Asset) -> float:
    width, height = row.content.get("width"), row.content.get("height")
    return float(width) / float(height) if width and height else 1.0
