"""The writing desk: a project's providers are asked in its order; what fails falls to the next, and last, where allowed, to rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog

from zamc.database.engine import Database, refuse_inside_transaction
from zamc.errors import ConfigurationError, GiveUp, HeldBack, InDoubt, Later, Mend, SpendRefused, Throttled, ZamcError
from zamc.llm import repository
from zamc.llm.acceptance import accept, read
from zamc.llm.ports import Model, Question, Writer, Written
from zamc.llm.prompts import pitch as prompt
from zamc.llm.till import AskedAlready, Bought
from zamc.strategies.schema import Brief

log = structlog.get_logger()


class Buys(Protocol):
    """zamc.llm.till.Till."""

    def buy(self, model: Model, question: Question, *, project_id: UUID, variant: int) -> Bought: ...


class WritingDesk:
    """Implements zamc.llm.ports.Writer. models: by provider, those that have a key. order: for projects that name none of their own."""

    def __init__(self, database: Database, till: Buys, models: Mapping[str, Model], *, order: Sequence[str], offline: Writer) -> None:
        self._database, self._till, self._models, self._order, self._offline = database, till, models, order, offline

    def write_pitch(self, brief: Brief, *, project_name: str, project_id: UUID, variant: int = 0) -> Written:
        """See Writer. A provider that has no room makes the brief wait; it is no reason to write it by rules."""
        refuse_inside_transaction("the writing desk")
        with self._database.transaction() as session:
            policy = repository.policy(session, project_id)
        named = policy.providers if policy is not None and policy.providers is not None else self._order
        chosen = [self._models[name] for name in named if name in self._models]
        unset = [name for name in named if name not in self._models]
        problems: list[tuple[str, ZamcError]] = []
        for model in chosen:
            try:
                written = self._write(model, brief, project_name=project_name, project_id=project_id, variant=variant)
            except AskedAlready:
                raise
            except (Later, InDoubt, Mend, GiveUp, SpendRefused, ConfigurationError) as error:
                log.warning("llm.provider_failed", provider=model.provider, model=model.name, kind=type(error).__name__, error=str(error))
                problems.append((model.provider, error))
            else:
                return replace(written, notes=(*written.notes, *_told(problems)))
        if waits := [error for _, error in problems if _has_no_room(error)]:
            raise min(waits, key=_delay)
        if policy.offline if policy is not None else not problems:
            written = self._offline.write_pitch(brief, project_name=project_name, project_id=project_id, variant=variant)
            return replace(written, notes=(*written.notes, *_told(problems)))
        raise _last_word(problems, unset)

    def _write(self, model: Model, brief: Brief, *, project_name: str, project_id: UUID, variant: int) -> Written:
        """One model's pitch; an answer that is not valid is mended once, then refused."""
        question = prompt.question(brief, project_name)
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
        )


def _has_no_room(error: ZamcError) -> bool:
    return isinstance(error, Throttled) and not (isinstance(error, HeldBack) and error.code == "breaker")


def _delay(error: ZamcError) -> timedelta:
    return (error.delay if isinstance(error, Later) else None) or timedelta.max


def _told(problems: Sequence[tuple[str, ZamcError]]) -> list[str]:
    return [f"{provider} did not write it: {error}" for provider, error in problems]


def _last_word(problems: Sequence[tuple[str, ZamcError]], unset: Sequence[str]) -> ZamcError:
    """The error that says what to do next: wait where waiting helps, else all of it to a person."""
    for _, error in problems:
        if isinstance(error, Later):
            return error
    if len(problems) == 1 and not isinstance(problems[0][1], InDoubt):
        return problems[0][1]
    if not problems:
        names = ", ".join(unset) or "none"
        return ConfigurationError(
            f"none of the project's model providers has a key ({names}), and it does not allow the offline writer; "
            "set ZAMC_..._API_KEY, or `zamc projects models NAME --offline`"
        )
    return GiveUp("no provider wrote it: " + "; ".join(f"{error}" for _, error in problems), code=_code(problems[-1][1]))


def _code(error: ZamcError) -> str:
    return str(getattr(error, "code", ""))
