"""A project's providers, asked in its order: what fails falls to the next, and last, where allowed, to rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import structlog

from zamc.database.engine import Database, refuse_inside_transaction
from zamc.errors import ConfigurationError, GiveUp, HeldBack, InDoubt, Later, Mend, SpendRefused, Throttled, ZamcError
from zamc.llm import repository
from zamc.llm.ports import Model, Question
from zamc.llm.till import AskedAlready, Bought

log = structlog.get_logger()

Result = TypeVar("Result")


class Buys(Protocol):
    """zamc.llm.till.Till."""

    def buy(self, model: Model, question: Question, *, project_id: UUID, variant: int) -> Bought: ...


@dataclass(frozen=True)
class Asked(Generic[Result]):
    """What the first provider made that could, or None where rules may stand in. problems: in a sentence each, why others did not."""

    result: Result | None
    problems: tuple[str, ...]


class Providers:
    """Threads may share it. models: by provider, those that have a key. order: for projects that name none of their own."""

    def __init__(self, database: Database, models: Mapping[str, Model], order: Sequence[str]) -> None:
        self._database, self._models, self._order = database, models, order

    def ask(self, project_id: UUID, once: Callable[[Model], Result]) -> Asked[Result]:
        """`once` with each provider in turn until one succeeds.

        A provider that has no room makes the work wait; it is no reason to do it by rules. Raises what says best what to do next when
        all have failed and the project does not allow rules to stand in.
        """
        refuse_inside_transaction("a model provider")
        with self._database.transaction() as session:
            policy = repository.policy(session, project_id)
        named = policy.providers if policy is not None and policy.providers is not None else self._order
        unset = [name for name in named if name not in self._models]
        problems: list[tuple[str, ZamcError]] = []
        for model in [self._models[name] for name in named if name in self._models]:
            try:
                return Asked(once(model), _told(problems))
            except AskedAlready:
                raise
            except (Later, InDoubt, Mend, GiveUp, SpendRefused, ConfigurationError) as error:
                log.warning("llm.provider_failed", provider=model.provider, model=model.name, kind=type(error).__name__, error=str(error))
                problems.append((model.provider, error))
        if waits := [error for _, error in problems if _has_no_room(error)]:
            raise min(waits, key=_delay)
        if policy.offline if policy is not None else not problems:
            return Asked(None, _told(problems))
        raise _last_word(problems, unset)


def _has_no_room(error: ZamcError) -> bool:
    return isinstance(error, Throttled) and not (isinstance(error, HeldBack) and error.code == "breaker")


def _delay(error: ZamcError) -> timedelta:
    return (error.delay if isinstance(error, Later) else None) or timedelta.max


def _told(problems: Sequence[tuple[str, ZamcError]]) -> tuple[str, ...]:
    return tuple(f"{provider} did not write it: {error}" for provider, error in problems)


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
