"""The writing desk: a project's providers are asked in its order; what fails falls to the next, and last, where allowed, to rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from zamc.database.engine import Database, refuse_inside_transaction
from zamc.errors import Mend
from zamc.llm.acceptance import accept, read
from zamc.llm.asking import Buys, Providers
from zamc.llm.pages import PageAnswer
from zamc.llm.ports import Model, Writer, Written
from zamc.llm.prompts import pitch as prompt
from zamc.strategies.schema import Brief


class ReadsPages(Protocol):
    """zamc.llm.pages.LandingPages."""

    def of(self, project_id: UUID, url: str) -> PageAnswer: ...


class WritingDesk:
    """Implements zamc.llm.ports.Writer. models: by provider, those that have a key. order: for projects that name none of their own."""

    def __init__(
        self,
        database: Database,
        till: Buys,
        models: Mapping[str, Model],
        *,
        order: Sequence[str],
        offline: Writer,
        pages: ReadsPages | None = None,
    ) -> None:
        """pages: reads landing pages where a project allows it; without it, none is read."""
        self._providers, self._till, self._offline = Providers(database, models, order), till, offline
        self._pages = pages if models else None

    def write_pitch(self, brief: Brief, *, project_name: str, project_id: UUID, variant: int = 0) -> Written:
        """See Writer. A provider that has no room makes the brief wait; it is no reason to write it by rules."""
        refuse_inside_transaction("the writing desk")
        read = self._pages.of(project_id, brief.landing_page) if self._pages is not None else PageAnswer(None)
        asked = self._providers.ask(
            project_id, lambda model: self._write(model, brief, read, project_name=project_name, project_id=project_id, variant=variant)
        )
        written = asked.result or self._offline.write_pitch(brief, project_name=project_name, project_id=project_id, variant=variant)
        return replace(written, notes=(*written.notes, *asked.problems))

    def _write(self, model: Model, brief: Brief, read_page: PageAnswer, *, project_name: str, project_id: UUID, variant: int) -> Written:
        """One model's pitch; an answer that is not valid is mended once, then refused."""
        question = prompt.question(brief, project_name, read_page.page)
        bought = [self._till.buy(model, question, project_id=project_id, variant=variant)]
        try:
            draft = read(bought[0].answer, brief)
        except Mend as fault:
            if fault.code == "refusal":
                raise
            again = prompt.repair(question, bought[0].answer.text, str(fault))
            bought.append(self._till.buy(model, again, project_id=project_id, variant=variant))
            draft = read(bought[1].answer, brief)
        words, notes = accept(draft, brief, project_name)
        if len(bought) > 1:
            notes.append("The first answer did not keep to the structure; it was asked for again, once.")
        if read_page.note:
            notes.append(read_page.note)
        last = bought[-1]
        return Written(
            pitch=words,
            provider=model.provider,
            model=last.answer.model,
            prompt_version=question.prompt_version,
            request_hash=last.request_hash,
            input_tokens=sum(each.answer.input_tokens or 0 for each in bought),
            output_tokens=sum(each.answer.output_tokens or 0 for each in bought),
            cost_micros=sum(each.cost_micros for each in bought),
            seconds=sum(each.seconds for each in bought),
            notes=tuple(notes),
            call_id=last.call_id,
            cache_hit=all(each.cache_hit for each in bought),
            page=read_page.page.provenance if read_page.page else None,
        )
