"""What the strategies' room asks of a writer, whichever provider it is."""

from dataclasses import dataclass
from typing import Protocol

from zamc.strategies.schema import Brief, Pitch


@dataclass(frozen=True)
class Written:
    """A pitch and how it came to be. cost_micros: in US dollars; seconds: wall time of the call; notes: what a reader should know of it."""

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


class Writer(Protocol):
    """Writes the words of a strategy. It never decides what costs or aims."""

    def write_pitch(self, brief: Brief, *, project_name: str) -> Written:
        """Called outside any transaction. Raises Later, InDoubt, Mend or GiveUp of zamc.errors."""
        ...
