"""Approved creatives as the tree needs them."""

from collections.abc import Sequence

from zamc.creatives.tables import Asset
from zamc.deployments.tree import Card, Copy, Picture


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
            long_headlines=tuple(row.content.get("long_headlines", ())),
            business_name=row.content.get("business_name") or "",
            cards=tuple(
                Card(card.get("headline", ""), card.get("description", ""), card.get("image", "")) for card in row.content.get("cards", ())
            ),
            angles=tuple(
                note.get("angle", "") for note in row.provenance.get("lines", ()) if note.get("field", "").startswith("primary_texts[")
            ),
        )
        for row in members
        if row.kind == "copy" and row.platform == platform
    )


def pictures_of(members: Sequence[Asset], platform: str) -> tuple[Picture, ...]:
    """Images, logos and videos for one platform whose files are there."""
    return tuple(
        Picture(
            local_ref=row.local_ref,
            object_hash=row.object_hash,
            media_type=row.object_type or ("video/mp4" if row.kind == "video" else "image/png"),
            language=row.language,
            ratio=_ratio(row),
            placement=row.content.get("placement") or "",
            seconds=float(row.content.get("seconds") or 0),
        )
        for row in members
        if row.kind in ("image", "video") and row.platform == platform and row.object_hash
    )


def _ratio(row: Asset) -> float:
    width, height = row.content.get("width"), row.content.get("height")
    return float(width) / float(height) if width and height else 1.0
