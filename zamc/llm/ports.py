"""What the strategies' room asks of a writer, whichever provider it is, and what the desk asks of a provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from zamc.strategies.schema import Brief, Pitch


@dataclass(frozen=True)
class Written:
    """A pitch and how it came to be. cost_micros: in US dollars; seconds: wall time of the call; notes: what a reader should know of it.

    call_id: the record of the call that was used, when there is one already. page: of the landing page that the model was told, if any:
    url, final_url, sha256 and cut.
    """

    pitch: Pitch
    provider: str
    model: str
    prompt_version: str
    request_hash: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_micros: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    call_id: UUID | None = None
    cache_hit: bool = False
    page: Mapping[str, Any] | None = None


class Writer(Protocol):
    """Writes the words of a strategy. It never decides what costs or aims."""

    def write_pitch(self, brief: Brief, *, project_name: str, project_id: UUID, variant: int) -> Written:
        """Called outside any transaction. variant: another one asks anew for the same brief, instead of getting the same answer.

        Raises Later, InDoubt, Mend, GiveUp or SpendRefused of zamc.errors.
        """
        ...


@dataclass(frozen=True)
class Question:
    """What a model is asked, whichever provider it is. schema: JSON schema of the answer, as all providers understand it."""

    prompt_version: str
    system: str
    user: str
    schema_name: str
    schema: Mapping[str, Any] = field(hash=False)
    most_output_tokens: int


class Ended(StrEnum):
    """Why an answer ends where it ends."""

    COMPLETE = "complete"
    CUT = "cut"
    REFUSED = "refused"


@dataclass(frozen=True)
class Answer:
    """What came back. text: JSON, or what should have been. Tokens are None when the provider does not count them."""

    text: str
    ended: Ended
    model: str
    input_tokens: int | None
    output_tokens: int | None
    request_id: str = ""


class Model(Protocol):
    """One model at one provider, behind the provider's own client."""

    @property
    def provider(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def room(self) -> str:
        """The key that its rate limit and its breaker go by; no secret."""
        ...

    @property
    def requests_per_minute(self) -> int:
        """0: no number is known."""
        ...

    def request(self, question: Question) -> dict[str, Any]:
        """The whole request as it will be sent, with its address and without credentials."""
        ...

    def ask(self, question: Question) -> Answer:
        """One call, never repeated here. Raises Later (surely not billed), InDoubt (may be), Mend or GiveUp; no error carries the key."""
        ...

    def scrub(self, text: str) -> str:
        """Text without anything that looks like a key."""
        ...
