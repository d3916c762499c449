"""A set of creatives as a person reads it: every text with the line of the brief behind it, every check, and where the files are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.creatives import repository
from zamc.creatives.tables import Asset
from zamc.errors import NotFound

_STEP = re.compile(r"([a-z_0-9]+)|\[(\d+)\]")


@dataclass(frozen=True)
class SaidView:
    """One text of a creative. source: "brief.claims[0]"; grounds: the words that stand there, in order of the sources.

    angle: what a line of copy says first ("offer", "claim", "benefit" ...): what tells the variants of a field apart. "" elsewhere.
    """

    field: str
    text: str
    source: str
    grounds: tuple[str, ...]
    change: str
    angle: str = ""


@dataclass(frozen=True)
class MemberView:
    """One creative. file: SHA-256 and media type, None for copy and for what is not made.

    model: the call that it, or its background, comes from ({"provider", "model", "prompt_version", "cost_micros", ...} of
    zamc.creatives.written.Origin); empty where rules made it alone. notes: what a reader should know of how it came to be.
    """

    local_ref: str
    kind: str
    status: str
    texts: tuple[SaidView, ...]
    checks: tuple[dict[str, Any], ...]
    size: str
    file: tuple[str, str] | None
    error: str | None
    model: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetView:
    """A set and its members. left_out: videos that could not be made, with their reasons."""

    id: UUID
    strategy_id: UUID
    strategy_name: str
    version: int
    status: str
    error: str | None
    members: tuple[MemberView, ...]
    left_out: tuple[dict[str, str], ...]


def set_view(session: Session, wanted: UUID | None) -> SetView:
    """The set with this id, or the newest one of the strategy with this id, or the newest of all. Raises NotFound."""
    row = repository.newest_set(session) if wanted is None else repository.get(session, wanted) or repository.set_of(session, wanted)
    if row is not None and row.set_id is not None:
        row = repository.get(session, row.set_id)
    if row is None:
        raise NotFound(
            "there is no set of creatives yet" if wanted is None else f"{wanted} is neither a set of creatives nor a strategy with one"
        )
    strategy = repository.strategy(session, row.strategy_id)
    facts = {"brief": strategy.brief, "project": {"name": (strategy.plan or {}).get("brand_name", "")}} if strategy else {}
    return SetView(
        id=row.id,
        strategy_id=row.strategy_id,
        strategy_name=strategy.name if strategy else "",
        version=row.version,
        status=row.status,
        error=row.last_error,
        members=tuple(_member(member, facts) for member in repository.members(session, row.id)),
        left_out=tuple(row.provenance.get("left_out", ())),
    )


def _member(row: Asset, facts: dict[str, Any]) -> MemberView:
    if row.kind == "copy":
        notes = [(note["field"], note["source"], note["change"], note.get("angle", "")) for note in row.provenance.get("lines", ())]
    else:
        notes = [(field, source, "", "") for field, source in row.provenance.get("texts", {}).items()]
    texts = [
        SaidView(field, text, source, _grounds(source, facts), change, angle)
        for field, source, change, angle in notes
        if (text := _at(row.content, field))
    ]
    return MemberView(
        local_ref=row.local_ref,
        kind=row.kind,
        status=row.status,
        texts=tuple(texts),
        checks=tuple(row.checks),
        size=_size(row),
        file=(row.object_hash, row.object_type) if row.object_hash and row.object_type else None,
        error=row.last_error,
        model=_made_by(row).get("model_call", {}),
        notes=(*_made_by(row).get("notes", ()), *filter(None, [row.provenance.get("logo_note")])),
    )


def _made_by(row: Asset) -> dict[str, Any]:
    made: dict[str, Any] = row.provenance if row.kind == "copy" else row.provenance.get("scene", {})
    return made


def _size(row: Asset) -> str:
    if not row.object_hash:
        return ""
    seconds = f", {row.content['seconds']} s" if "seconds" in row.content else ""
    return f"{row.content.get('width')} x {row.content.get('height')}{seconds}, {(row.object_size or 0) / 1000:,.0f} kB"


def _grounds(source: str, facts: dict[str, Any]) -> tuple[str, ...]:
    return tuple(line for part in source.split(" + ") if (line := _at(facts, part)))


def _at(content: Any, path: str) -> str:
    """What lies at "claims[0]" or "cards[1].headline"; "" where nothing does."""
    for name, index in _STEP.findall(path):
        if index:
            content = content[int(index)] if isinstance(content, list) and int(index) < len(content) else None
        else:
            content = content.get(name) if isinstance(content, dict) else None
    return content if isinstance(content, str) else ""
