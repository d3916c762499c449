"""Answers that come piece by piece. A stream that breaks off, stalls or ends without saying why was paid for: it is in doubt."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from zamc.errors import InDoubt
from zamc.llm.ports import Answer, Ended
from zamc.llm.refusals import unreadable

_ENDS = {"stop": Ended.COMPLETE, "eos_token": Ended.COMPLETE, "length": Ended.CUT, "content_filter": Ended.REFUSED}
# Far beyond any answer that we ask for: who sends more sends for ever.
_MOST_CHARACTERS = 1_000_000

Piece = TypeVar("Piece")


def in_time(provider: str, pieces: Iterable[Piece], *, seconds: float) -> Iterator[Piece]:
    """The pieces, as long as all of them together come within `seconds`. How long one may take is the client's own time limit, so that
    the whole takes at most twice as long. Raises InDoubt.
    """
    last = time.monotonic() + seconds
    for piece in pieces:
        if time.monotonic() > last:
            raise InDoubt(f"{provider} did not answer in time: nobody knows whether it was billed", code="timeout", outage=True)
        yield piece


@dataclass
class Telling:
    """What was heard of an answer so far."""

    provider: str
    parts: list[str] = field(default_factory=list)
    characters: int = 0

    def add(self, text: str | None) -> None:
        """Raises InDoubt when it never ends."""
        if text:
            self.parts.append(text)
            self.characters += len(text)
        if self.characters > _MOST_CHARACTERS:
            raise unreadable(self.provider)

    @property
    def text(self) -> str:
        return "".join(self.parts)


def chat(provider: str, chunks: Iterable[Any], *, model: str) -> Answer:
    """One answer out of the chunks of Chat Completions, as OpenAI and TGI send them. Raises InDoubt when its end is missing."""
    told, refusal, finish = Telling(provider), Telling(provider), ""
    usage: Any = None
    request_id = named = ""
    for chunk in chunks:
        request_id, named = str(getattr(chunk, "id", "") or request_id), str(getattr(chunk, "model", "") or named)
        usage = getattr(chunk, "usage", None) or usage
        for choice in (chunk.choices or ())[:1]:
            told.add(choice.delta.content)
            refusal.add(getattr(choice.delta, "refusal", None))
            finish = choice.finish_reason or finish
    if not finish:
        raise unreadable(provider)
    return Answer(
        text=told.text,
        ended=Ended.REFUSED if refusal.text else _ENDS.get(finish, Ended.COMPLETE),
        model=named or model,
        input_tokens=usage.prompt_tokens if usage else None,
        output_tokens=usage.completion_tokens if usage else None,
        request_id=request_id,
    )
