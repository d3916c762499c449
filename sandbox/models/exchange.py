"""What all providers have in common: what was asked, what is answered, and what that cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

PLATFORMS: Final = ("openai", "anthropic", "tgi")


@dataclass(frozen=True)
class Ask:
    """One request. `data` is what the user said, `schema` what the answer must fit (None: prose), `most_tokens` where it is cut."""

    method: str
    model: str
    data: str
    instructions: str = ""
    schema: Mapping[str, Any] | None = None
    tool: str = ""
    most_tokens: int = 0
    stream: bool = False
    usage_in_stream: bool = False
    body: Json = field(default_factory=dict)

    @property
    def input_tokens(self) -> int:
        return tokens(self.instructions) + tokens(self.data) + tokens(str(self.schema or ""))


@dataclass(frozen=True)
class Planted:
    """A lie or a defect that the sandbox put into an answer: where (a path such as $.headlines[2]), what kind, and the words."""

    kind: str
    path: str
    text: str


@dataclass(frozen=True)
class Reply:
    """One answer: its text (JSON where a schema was asked for), how it ended, and what was planted in it."""

    text: str
    finish: str = "stop"
    refusal: str = ""
    planted: tuple[Planted, ...] = ()
    value: Any = None
    images: tuple[bytes, ...] = ()

    @property
    def output_tokens(self) -> int:
        return max(1, tokens(self.refusal or self.text))


class RefusedError(Exception):
    """A request that the provider does not accept, with the HTTP status, the provider's code and the parameter that it names."""

    def __init__(self, status: int, message: str, *, code: str = "", param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param


def tokens(text: str) -> int:
    """About four characters each; wide ones count one each."""
    wide = sum(ord(letter) > 0x2E80 for letter in text)
    return wide + -(-(len(text) - wide) // 4)


# US dollars for a million tokens (input, output), by the beginning of a model's name. The sandbox's own tariff, near the public ones.
_TARIFF: Final[Mapping[str, tuple[float, float]]] = {
    "gpt-5-nano": (0.05, 0.4),
    "gpt-5-mini": (0.25, 2.0),
    "gpt-5": (1.25, 10.0),
    "gpt-4.1-mini": (0.4, 1.6),
    "gpt-4.1": (2.0, 8.0),
    "gpt-4o-mini": (0.15, 0.6),
    "gpt-4o": (2.5, 10.0),
    "claude-haiku": (1.0, 5.0),
    "claude-opus": (5.0, 25.0),
    "claude": (3.0, 15.0),
}
_OTHERWISE: Final = (0.5, 0.5)
IMAGE_MICROS: Final = 40_000


def cost_micros(ask: Ask, reply: Reply) -> int:
    """What the call costs, in millionths of a US dollar."""
    if reply.images:
        return IMAGE_MICROS * len(reply.images)
    each = next((price for name, price in _TARIFF.items() if ask.model.startswith(name)), _OTHERWISE)
    return round(ask.input_tokens * each[0] + reply.output_tokens * each[1])
