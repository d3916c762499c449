"""What models hand in for creatives: plain values, and where they come from."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Origin:
    """Which call of which model something comes from. cost_micros: US dollars, 0 where the answer was there already."""

    provider: str
    model: str
    prompt_version: str
    request_hash: str
    call_id: str
    cost_micros: int
    cache_hit: bool


@dataclass(frozen=True)
class WrittenLine:
    """A line that a model wrote. field: "headlines", "descriptions" ...; source: "brief.claims[0]"."""

    field: str
    text: str
    angle: str
    source: str


@dataclass(frozen=True)
class WrittenCard:
    """A card of a carousel; below may be ""."""

    headline: str
    below: str
    angle: str
    source: str


@dataclass(frozen=True)
class WrittenCopy:
    """What a model wrote for one platform in one language: plain words that rest on the brief; nothing else about them is checked yet.

    origin None: no model wrote anything, rules write it all. notes: what a reader should know of how it came to be.
    """

    lines: tuple[WrittenLine, ...] = ()
    cards: tuple[WrittenCard, ...] = ()
    origin: Origin | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scene:
    """A picture in object storage that a picture of ours may be laid over. notes: why there is none, where sha256 is ""."""

    sha256: str = ""
    media_type: str = ""
    origin: Origin | None = None
    notes: tuple[str, ...] = ()


NO_SCENE = Scene()


@dataclass(frozen=True)
class OwnLogo:
    """The brand's own sign in object storage. source: "project", where a person set it, or "brief.brand.logo".

    note: why the one that the brief names is not used, where sha256 is "".
    """

    sha256: str = ""
    media_type: str = ""
    source: str = "project"
    note: str = ""


NO_LOGO = OwnLogo()


def origin_note(made: WrittenCopy) -> dict[str, Any]:
    """What a creative keeps of where it comes from: {"writer": "model" or "rules", "model_call": Origin as a dictionary, "notes"}."""
    call = {"model_call": asdict(made.origin)} if made.origin else {}
    return {"writer": "model" if made.origin else "rules", **call, **({"notes": list(made.notes)} if made.notes else {})}


def scene_note(scene: Scene) -> dict[str, Any]:
    """What a picture keeps of its background: {"scene": {"sha256", "model_call", "notes"}}; nothing where no model was asked."""
    if not scene.sha256 and not scene.notes:
        return {}
    call = {"model_call": asdict(scene.origin)} if scene.origin else {}
    return {
        "scene": {**({"sha256": scene.sha256} if scene.sha256 else {}), **call, **({"notes": list(scene.notes)} if scene.notes else {})}
    }


def logo_note(logo: OwnLogo) -> dict[str, Any]:
    """{"logo": SHA-256, "logo_source"} where the brand's own was drawn; {"logo_note"} where the brief's could not be."""
    if logo.sha256:
        return {"logo": logo.sha256, "logo_source": logo.source}
    return {"logo_note": logo.note} if logo.note else {}
