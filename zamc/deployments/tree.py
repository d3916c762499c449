"""From a plan and its creatives to the tree of wanted platform objects, with keys that planning twice cannot change. Pure.

Nothing here comes from a model but words (headlines, texts, keywords): budgets, URLs, targeting, dates and accounts are the rules'.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from zamc.deployments.rules import MARKED
from zamc.errors import InvalidInput
from zamc.strategies.schema import Channel, Plan

_NAMESPACE = UUID("6b1f3c1e-6a52-5f0e-9a53-5a414d430001")


@dataclass(frozen=True)
class Card:
    """One card of a carousel. image: the local_ref of its picture."""

    headline: str
    description: str
    image: str


@dataclass(frozen=True)
class Copy:
    """The approved texts of one language for one platform. Which lists matter, and their limits, is the platform's matter.

    angles: what each primary text says first ("offer", "proof" ...), in their order; () in sets of the time before angles.
    """

    language: str
    headlines: tuple[str, ...]
    descriptions: tuple[str, ...] = ()
    primary_texts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    call_to_action: str = "LEARN_MORE"
    long_headlines: tuple[str, ...] = ()
    business_name: str = ""
    cards: tuple[Card, ...] = ()
    angles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """An approved image or video (media_type says which).

    language is None when it carries no text; ratio is width by height; placement is a name of zamc.creatives.sizes, or "" where it is
    not known; seconds: how long a video plays.
    """

    local_ref: str
    object_hash: str
    media_type: str
    language: str | None
    ratio: float = 1.0
    placement: str = ""
    seconds: float = 0.0

    @property
    def is_video(self) -> bool:
        return self.media_type.startswith("video/")

    @property
    def is_logo(self) -> bool:
        return "_logo" in self.placement or "logo" in self.local_ref.rsplit("/", 1)[-1]

    @property
    def is_card(self) -> bool:
        return "_card_" in self.placement


@dataclass(frozen=True)
class Account:
    """What the tree needs to know of an ad account."""

    id: UUID
    platform: str
    external_id: str
    currency: str
    page_id: str | None = None
    pixel_id: str | None = None
    conversion_action: str | None = None


@dataclass(frozen=True)
class Source:
    """Everything that a deployment is made of."""

    project_id: UUID
    deployment_id: UUID
    strategy_name: str
    plan: Plan
    channel: Channel
    account: Account
    copies: tuple[Copy, ...]
    pictures: tuple[Picture, ...] = ()

    @property
    def label(self) -> str:
        """Naming convention: brand | strategy, cut so that kind, language and marker fit behind it."""
        return f"{short(self.plan.brand_name, 60)} | {short(self.strategy_name, 80)}"

    @property
    def images(self) -> tuple[Picture, ...]:
        """Pictures that are adverts of their own: no videos, no logos, no cards of a carousel."""
        return tuple(each for each in self.pictures if not (each.is_video or each.is_logo or each.is_card))

    def placed(self, placement: str, language: str) -> Picture | None:
        """The picture of a placement: the one in the language, else one without text."""
        fitting = [each for each in self.pictures if each.placement == placement and each.language in (language, None)]
        return min(fitting, key=lambda each: (each.language is None, each.local_ref), default=None)

    def copy_for(self, language: str) -> Copy:
        """Raises InvalidInput when a language of the flight has no copy: nothing is launched half-written."""
        found = next((copy for copy in self.copies if copy.language == language), None)
        if found is None:
            raise InvalidInput("creatives", f"no approved copy in {language!r} for {self.channel.platform}")
        return found


@dataclass(frozen=True)
class Wanted:
    """One object that shall exist. refs: obj_keys that it refers to, by role; call: objects of one number travel in one request."""

    obj_key: UUID
    kind: str
    local_ref: str
    parent_key: UUID | None
    position: int
    call: int
    refs: Mapping[str, UUID]
    spec: Mapping[str, Any]

    @property
    def spec_hash(self) -> str:
        return fingerprint({"spec": self.spec, "refs": {role: str(key) for role, key in self.refs.items()}})


class Builder:
    """Collects wanted objects, parents first. atomic: one request carries the whole tree (Google); else each object its own (Meta)."""

    def __init__(self, source: Source, *, atomic: bool) -> None:
        self._source = source
        self._atomic = atomic
        self.objects: list[Wanted] = []

    def add(self, kind: str, local_ref: str, spec: Mapping[str, Any], *, parent: UUID | None = None, **refs: UUID) -> UUID:
        source = self._source
        parts = (source.project_id, source.account.platform, source.account.id, source.deployment_id, kind, local_ref)
        key = uuid5(_NAMESPACE, "/".join(map(str, parts)))
        position = len(self.objects)
        call = 0 if self._atomic else position
        self.objects.append(Wanted(key, kind, local_ref, parent, position, call, refs, spec))
        return key


def fingerprint(value: Any) -> str:
    """SHA-256 of canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def plan_hash(strategy_hash: str, objects: Sequence[Wanted]) -> str:
    """What an approval is bound to: the strategy's plan and every object with everything in it."""
    return fingerprint({"strategy": strategy_hash, "objects": {str(each.obj_key): each.spec_hash for each in objects}})


def short(text: str, most: int) -> str:
    """A name on one line, cut to so many characters. It cannot pass for a marker."""
    one_line = MARKED.sub("zamc ", " ".join("".join(char for char in text if char.isprintable()).split()))
    return one_line if len(one_line) <= most else one_line[: most - 1] + "…"
