"""The desk at which one set of copy is written: what may be said, in which language, and what was dropped on the way."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from zamc.creatives.action_rules import action_of
from zamc.creatives.copy_rules import Finding, check_line, near_duplicate
from zamc.creatives.grounding_rules import Grounding, grounding_of
from zamc.creatives.limits import Field, field_of
from zamc.creatives.name_rules import framed
from zamc.creatives.phrases import PHRASES, Action, Phrases
from zamc.creatives.source_rules import Fact, facts_for, facts_of, harmless, source_of_name, subject_of
from zamc.creatives.written import WrittenCopy
from zamc.strategies.language_rules import likely_language
from zamc.strategies.schema import Brief, Plan, Platform


@dataclass(frozen=True)
class Said:
    """A line and where it comes from. change: verbatim, shortened, joined or frame, of the brief's own lines; dictionary, where it names
    things that the brief lists in another language; written or mended, of a model's or a person's.

    told: the angle, where the source does not tell it: of a model's line, and of several lines joined.
    """

    text: str
    source: str
    change: str
    language: str
    told: str = ""

    @property
    def angle(self) -> str:
        """What it says first, which tells the variants of a field apart: as the model names it, else by the line of the brief."""
        if self.told:
            return self.told
        if self.change == "frame":
            return "action" if self.source == "brief.offer" else "discover"
        return angle_of(self.source)

    def shortened(self, text: str) -> "Said":
        """The same with fewer words."""
        after = {"written": "mended", "mended": "mended", "dictionary": "dictionary"}
        return self if text == self.text else replace(self, text=text, change=after.get(self.change, "shortened"))

    def note(self, at: str, wanted: str) -> dict[str, Any]:
        foreign = self.language != wanted
        return {
            "field": at,
            "source": self.source,
            "change": self.change,
            "angle": self.angle,
            **({"language": self.language, "translated": False} if foreign else {}),
        }


# Of lines that no model wrote; a model names its own (zamc.llm.copy_draft.Angle).
_ANGLES = (("brief.offer", "offer"), ("brief.claims", "proof"), ("brief.product", "product"))


def angle_of(source: str) -> str:
    """The kind of thing that lines of the brief say; the first of these where several are joined."""
    return next((angle for line, angle in _ANGLES if line in source), "brand")


def capitalised(text: str) -> str:
    """With a capital first letter, unless the first word has one of its own inside (iPhone) or no case at all."""
    first = text.split(" ", 1)[0]
    return text if any(character.isupper() for character in first) else text[:1].upper() + text[1:]


def _of_brief(fact: Fact) -> Said:
    return Said(fact.text, fact.source, fact.change, fact.language)


_ANY_WIDTH = Field("line", 10_000, 0, 1)


@dataclass
class Desk:
    """What one set is written with."""

    plan: Plan
    brief: Brief
    platform: Platform
    language: str
    grounding: Grounding
    written: WrittenCopy = field(default_factory=WrittenCopy)
    dropped: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, plan: Plan, brief: Brief, platform: Platform, language: str, written: WrittenCopy | None = None) -> "Desk":
        """A desk with the brief's facts laid out, and what a model wrote beside them."""
        return cls(plan, brief, platform, language, grounding_of(brief, plan.brand_name), written or WrittenCopy())

    @property
    def phrases(self) -> Phrases:
        return PHRASES[self.language]

    @property
    def action(self) -> Action:
        return action_of(self.brief)

    @property
    def name(self) -> str:
        return subject_of(self.brief, self.plan.brand_name, self.language)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.name, harmless(self.plan.brand_name))))

    def source_of_name(self, name: str) -> str:
        return source_of_name(name, self.plan.brand_name)

    @cached_property
    def facts(self) -> list[Said]:
        """What the plan's messages of this language say on the ground of a line of the brief, else the brief's own lines; of these, what
        passes the checks of a single line, however wide it is."""
        own = [_of_brief(fact) for fact in facts_for(self.brief, self.language, self.plan.brand_name)]
        known = {(each.text, each.source): each for each in (*map(_of_brief, facts_of(self.brief)), *own)}
        messages = [m for m in self.plan.pitch.messages if m.language == self.language and m.source.startswith("brief.")]
        texts = [(harmless(message.text).rstrip(" .。"), message.source) for message in messages]
        spoken = self.language  # what somebody wrote for this language is in it, unless it says clearly that it is not
        said = [known.get((text, source)) or Said(text, source, "written", likely_language(text, spoken)) for text, source in texts if text]
        said = said or own
        passed = []
        for one in said:
            findings = check_line(one.text, _ANY_WIDTH, self.grounding, at=one.source)
            self.dropped.extend(findings)
            passed += [] if findings else [one]
        return passed

    @property
    def foreign(self) -> bool:
        """Whether the brief has no line in the ad's language: then frames lead, and the brief's lines follow as they are."""
        return all(said.language != self.language for said in self.facts)

    def frame(self, pattern: str, source: str = "") -> Said:
        """A line that states nothing. source: by default where the name in it stands."""
        return Said(
            capitalised(framed(pattern, self.name, self.language)), source or self.source_of_name(self.name), "frame", self.language
        )

    def button(self) -> Said:
        """What a picture's or video's button says: the call of the offer, else a plainer one; "" where none may be said."""
        phrases = self.phrases
        calls = [(phrases.calls[self.action], "brief.offer"), (phrases.short, "brief.goal"), (phrases.calls["learn_more"], "brief.goal")]
        chosen = self.choose_in(Field("call_to_action", 30, 0, 1), [self.frame(text, source) for text, source in calls], 1)
        return chosen[0] if chosen else Said("", "", "frame", self.language)

    def choose(self, name: str, candidates: Iterable[Said], most: int, taken: Sequence[Said] = ()) -> list[Said]:
        """The first `most` candidates that fit, pass every check, and repeat neither each other nor what is taken."""
        return self.choose_in(field_of(self.platform, name), candidates, most, taken)

    def choose_in(self, limits: Field, candidates: Iterable[Said], most: int, taken: Sequence[Said] = ()) -> list[Said]:
        """The same for a field that is given by its limits. Where all that are chosen say the same kind of thing, the first other kind
        that may be said takes the last one's place: variants of one angle cannot be told apart.
        """
        chosen, rest = list[Said](), deque(candidates)
        while rest and len(chosen) < most:
            candidate = rest.popleft()
            if self._fits(limits, candidate, [*taken, *chosen]):
                chosen.append(candidate)
        if len(chosen) > 1 and len({said.angle for said in chosen}) == 1:
            others = (each for each in rest if each.angle != chosen[0].angle and self._fits(limits, each, [*taken, *chosen[:-1]]))
            chosen[-1] = next(others, chosen[-1])
        return chosen

    def _fits(self, limits: Field, candidate: Said, others: Sequence[Said]) -> bool:
        """Whether it says something, is no repetition, and passes every check; what it failed is kept."""
        if not candidate.text or near_duplicate(candidate.text, [said.text for said in others]):
            return False
        findings = check_line(candidate.text, limits, self.grounding, at=limits.name)
        self.dropped.extend(findings)
        return not findings
