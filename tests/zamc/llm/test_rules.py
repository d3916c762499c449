"""Prices, waits and what is scrubbed."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from zamc.errors import ConfigurationError
from zamc.llm.price_rules import PRICES, Price, price_of, prices, worst_case
from zamc.llm.refusals import retry_after, scrubbed
from zamc.settings import Settings


def test_a_price_is_rounded_up_and_a_worst_case_counts_every_byte() -> None:
    price = Price(750_000, 4_500_000)
    assert price.of(1_000, 500) == 750 + 2_250
    assert price.of(1, 0) == 1
    assert worst_case(price, request_bytes=10_000, most_output_tokens=16_000) == price.of(12_000, 16_000)


def test_dated_names_have_the_price_of_their_model_and_ones_own_prices_win() -> None:
    assert price_of(PRICES, "anthropic", "claude-haiku-4-5-20251001") == PRICES["anthropic/claude-haiku-4-5"]
    assert price_of(PRICES, "openai", "gpt-5.4-mini-2026-03-17") == PRICES["openai/gpt-5.4-mini"]
    own = prices({"openai/gpt-5.4": ("1.00", "2.00"), "huggingface/mine": ("0", "0")})
    assert own["openai/gpt-5.4"] == Price(1_000_000, 2_000_000)
    assert price_of(own, "huggingface", "mine") == Price(0, 0)
    with pytest.raises(ConfigurationError, match="ZAMC_MODEL_PRICES"):
        price_of(PRICES, "openai", "gpt-99")


@pytest.mark.parametrize(
    "wrong", [{"gpt": ("1", "2")}, {"openai/x": ("cheap", "2")}, {"openai/x": ("-1", "2")}, {"openai/x": ("NaN", "2")}]
)
def test_prices_that_cannot_be_read_are_refused(wrong: dict[str, tuple[str, str]]) -> None:
    with pytest.raises(ConfigurationError, match="ZAMC_MODEL_PRICES"):
        prices(wrong)


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_the_default_models_have_a_price(provider: str) -> None:
    assert price_of(PRICES, provider, str(Settings.model_fields[f"{provider}_model"].default)).written > 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_what_a_provider_names_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == (timedelta(seconds=seconds) if seconds is not None else None)


def test_a_date_is_a_wait_too() -> None:
    wait = retry_after({"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)})
    assert wait is not None
    assert timedelta(seconds=0) < wait <= timedelta(seconds=100)


def test_keys_are_scrubbed_known_or_not() -> None:
    assert scrubbed("the key abc-123 is wrong", "abc-123") == "the key [key] is wrong"
    assert "sk-proj" not in scrubbed("Incorrect API key provided: sk-proj-****abcd.", "")
    assert "hf_" not in scrubbed("token hf_AbCdEfGhIj", "")
