"""What was made becomes the row of its member: content, file, checks and provenance."""

from zamc.creatives.making import DrawnImage, MadeCopy, MadeVideo
from zamc.creatives.tables import Asset
from zamc.creatives.written import logo_note, origin_note, scene_note
from zamc.storage.objects import StoredObject


def store_copy(row: Asset, made: MadeCopy) -> None:
    row.content, row.checks = made.copy.content, made.copy.checks
    row.provenance = {**origin_note(made.written), "lines": made.copy.provenance}


def store_image(row: Asset, made: DrawnImage) -> None:
    words = made.words
    row.content = {
        "placement": row.content["placement"],
        "width": made.width,
        "height": made.height,
        "headline": words.headline,
        "supporting": words.supporting,
        "call_to_action": words.call_to_action,
    }
    _file(row, made.stored)
    row.checks = [{"check": "picture_words", "findings": 0}]
    row.provenance = {"maker": "layout", "texts": words.sources, **scene_note(made.scene), **logo_note(made.logo)}


def store_video(row: Asset, made: MadeVideo) -> None:
    row.content = {
        "placement": row.content["placement"],
        "width": made.width,
        "height": made.height,
        "seconds": made.seconds,
        "captions": list(made.words.captions),
        "call_to_action": made.words.call_to_action,
    }
    _file(row, made.stored)
    row.checks = [{"check": "captions", "findings": 0}, {"check": "loudness", **made.sound.note(), "findings": 0}]
    row.provenance = {"maker": "layout", "texts": made.words.sources, **scene_note(made.scene), **logo_note(made.logo)}


def _file(row: Asset, stored: StoredObject) -> None:
    row.object_hash, row.object_size, row.object_type = stored.sha256, stored.size, stored.media_type
