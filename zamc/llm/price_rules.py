"""What models cost, in micros of US dollars per million tokens, and what a call may cost at worst. Pure.

As the providers listed them on 2026-11-22: developers.openai.com/api/docs/pricing (requests up to 272,000 tokens; ours are far smaller) and
platform.claude.com/docs/about-claude/pricing. Prices of models of one's own, of Hugging Face's (each host there has its own), and newer
ones stand in ZAMC_MODEL_PRICES, which wins. Discounts for cached input are not counted: the record never says less than the bill.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from zamc.errors import ConfigurationError

_MILLION = 1_000_000
# What providers add to a request for schemas and tools; Anthropic documents up to 804 tokens.
_OVERHEAD_TOKENS = 2_000
_DATED = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2})$")


@dataclass(frozen=True)
class Price:
    """Micros of US dollars per million tokens."""

    read: int
    written: int

    def of(self, read_tokens: int, written_tokens: int) -> int:
        """What so many tokens cost, rounded up."""
        return math.ceil((read_tokens * self.read + written_tokens * self.written) / _MILLION)


def _dollars(read: str, written: str) -> Price:
    return Price(int(Decimal(read) * _MILLION), int(Decimal(written) * _MILLION))


PRICES: Mapping[str, Price] = {
    "openai/gpt-5.4": _dollars("2.50", "15.00"),
    "openai/gpt-5.4-mini": _dollars("0.75", "4.50"),
    "openai/gpt-5.4-nano": _dollars("0.20", "1.25"),
    "openai/gpt-5.5": _dollars("5.00", "30.00"),
    "anthropic/claude-haiku-4-5": _dollars("1.00", "5.00"),
    "anthropic/claude-sonnet-4-5": _dollars("3.00", "15.00"),
    "anthropic/claude-sonnet-4-6": _dollars("3.00", "15.00"),
    "anthropic/claude-sonnet-5": _dollars("2.00", "10.00"),
    "anthropic/claude-sonnet-5-5": _dollars("2.00", "10.00"),
    "anthropic/claude-opus-4-8": _dollars("5.00", "25.00"),
    "anthropic/claude-opus-5": _dollars("5.00", "25.00"),
    "anthropic/claude-opus-5-5": _dollars("4.00", "20.00"),
}


def prices(own: Mapping[str, tuple[str, str]]) -> dict[str, Price]:
    """The table with an installation's own prices (dollars per million tokens, as text). Raises ConfigurationError."""
    table = dict(PRICES)
    for name, (read, written) in own.items():
        try:
            price = _dollars(read, written)
        except (InvalidOperation, ValueError, OverflowError):
            price = Price(-1, -1)
        if price.read < 0 or price.written < 0 or "/" not in name:
            raise ConfigurationError(f'ZAMC_MODEL_PRICES: {name!r} is not such as {{"openai/my-model": ["0.10", "0.40"]}}')
        table[name] = price
    return table


def price_of(table: Mapping[str, Price], provider: str, model: str) -> Price:
    """Of a model, or of the model that a dated name is a version of. Raises ConfigurationError: what costs an unknown sum is not asked."""
    for name in (model, _DATED.sub("", model)):
        if found := table.get(f"{provider}/{name}"):
            return found
    raise ConfigurationError(
        f"the price of {provider}/{model} is not known, so that its cost cannot be kept within a budget; "
        f'name it in ZAMC_MODEL_PRICES, such as {{"{provider}/{model}": ["0.10", "0.40"]}}'
    )


def worst_case(price: Price, *, request_bytes: int, most_output_tokens: int) -> int:
    """Micros that a call may cost at most: no token is shorter than a byte."""
    return price.of(request_bytes + _OVERHEAD_TOKENS, most_output_tokens)
