"""Models write the lines of ads; what is no line of an ad for this brief never leaves this room."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from zamc.creatives.cards import card_count
from zamc.creatives.grounding_rules import Grounding, grounding_of
from zamc.creatives.source_rules import brief_language
from zamc.creatives.written import Origin, WrittenCard, WrittenCopy, WrittenLine
from zamc.database.engine import Database, refuse_inside_transaction
from zamc.errors import Mend
from zamc.llm.asking import Buys, Providers
from zamc.llm.copy_draft import DRAFTS, DraftLine, GoogleDraft, MetaDraft
from zamc.llm.line_rules import clean, unsayable, unsupported
from zamc.llm.ports import Model
from zamc.llm.prompts import copy as prompt
from zamc.llm.prompts.pitch import repair, sources
from zamc.llm.reading import read_as
from zamc.llm.text_rules import neutral
from zamc.strategies.language_rules import likely_language
from zamc.strategies.schema import Brief, Plan, Platform

_FIELDS: dict[Platform, tuple[str, ...]] = {
    "google_ads": ("headlines", "descriptions", "long_headlines"),
    "meta_ads": ("primary_texts", "headlines", "descriptions"),
}


class ModelCopywriter:
    """Implements zamc.creatives.ports.CopyWriter. Threads may share it."""

    def __init__(self, database: Database, till: Buys, models: Mapping[str, Model], *, order: Sequence[str]) -> None:
        self._providers, self._till = Providers(database, models, order), till

    def write_copy(self, plan: Plan, brief: Brief, platform: Platform, language: str, *, project_id: UUID, variant: int) -> WrittenCopy:
        """See CopyWriter."""
        refuse_inside_transaction("the copywriter")
        asked = self._providers.ask(
            project_id, lambda model: self._write(model, plan, brief, platform, language, project_id=project_id, variant=variant)
        )
        written = asked.result or WrittenCopy()
        return WrittenCopy(written.lines, written.cards, written.origin, (*written.notes, *asked.problems))

    def _write(
        self, model: Model, plan: Plan, brief: Brief, platform: Platform, language: str, *, project_id: UUID, variant: int
    ) -> WrittenCopy:
        """One model's lines; an answer that is not valid is mended once, then refused."""
        kind = DRAFTS[platform]
        question = prompt.question(plan, brief, platform, language, cards=card_count(plan, language))
        bought = [self._till.buy(model, question, project_id=project_id, variant=variant)]
        try:
            draft = read_as(kind, bought[0].answer)
        except Mend as fault:
            if fault.code == "refusal":
                raise
            again = repair(question, bought[0].answer.text, str(fault))
            bought.append(self._till.buy(model, again, project_id=project_id, variant=variant))
            draft = read_as(kind, bought[1].answer)
        origin = Origin(
            provider=model.provider,
            model=bought[-1].answer.model,
            prompt_version=question.prompt_version,
            request_hash=bought[-1].request_hash,
            call_id=str(bought[-1].call_id),
            cost_micros=sum(each.cost_micros for each in bought),
            cache_hit=all(each.cache_hit for each in bought),
        )
        return _Reader(plan, brief, language).read(draft, platform, origin)


class _Reader:
    """Holds a draft against its brief. It decides what is a line; how wide it may be and what repeats is for the checks of copy."""

    def __init__(self, plan: Plan, brief: Brief, language: str) -> None:
        self._language, self._known, self._usual = language, sources(brief), brief_language(brief)
        self._product, self._brand = brief.product, plan.brand_name
        self._grounding: Grounding = grounding_of(brief, plan.brand_name)
        self._notes: list[str] = []

    def read(self, draft: GoogleDraft | MetaDraft, platform: Platform, origin: Origin) -> WrittenCopy:
        drafted: list[tuple[str, DraftLine]] = [(name, line) for name in _FIELDS[platform] for line in getattr(draft, name)]
        lines = tuple(
            WrittenLine(name, text, line.angle, line.source) for name, line in drafted if (text := self._line(line.text, line.source))
        )
        cards = tuple(
            WrittenCard(headline, self._line(card.text, card.source) if card.text else "", card.angle, card.source)
            for card in (draft.cards if isinstance(draft, MetaDraft) else ())
            if (headline := self._line(card.headline, card.source))
        )
        return WrittenCopy(lines, cards, origin, tuple(self._notes))

    def _line(self, said: str, source: str) -> str:
        """The line as plain words, "" with a note where it may not be used."""
        text = clean(said)
        why = "" if source in self._known else "it names no line of the brief"
        why = why or unsayable(text, self._grounding)
        why = why or unsupported(text, self._language, self._known[source], self._product, self._usual, brand=self._brand)
        if not why and likely_language(text, self._language) != self._language:
            why = "it is in another language"
        if why:
            self._notes.append(f"Left out {neutral(said)[:80]!r} ({self._language}): {why}")
        return "" if why else text
