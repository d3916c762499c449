"""Money: exact, one currency at a time, and refused rather than rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.errors import InvalidInput
from zamc.money import Money, decimals_of


@pytest.mark.parametrize(
    ("amount", "currency", "micros", "minor"),
    [("9000.00", "EUR", 9_000_000_000, 900_000), ("1200000", "JPY", 1_200_000_000_000, 1_200_000), ("1.005", "JOD", 1_005_000, 1_005)],
)
def test_amounts_are_read_exactly(amount: str, currency: str, micros: int, minor: int) -> None:
    money = Money.parse(amount, currency)
    assert money.micros == micros
    assert money.minor_units() == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        *((text, "EUR") for text in ("0.005", "-1", "+1", "1e3", "NaN", "Infinity", "1,000.00", "", " 1", "١٢", "9" * 16)),
        ("980.5", "JPY"),
        ("1.0001", "JOD"),
        ("1", "EUX"),
        ("1", "eur"),
    ],
)
def test_what_is_not_a_plain_amount_of_the_currency_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(InvalidInput):
        Money.parse(amount, currency)


def test_two_currencies_never_meet() -> None:
    with pytest.raises(InvalidInput, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(InvalidInput):
        _ = Money(1, "EUR") < Money(2, "JPY")


def test_more_than_a_platform_can_bill_is_refused() -> None:
    with pytest.raises(InvalidInput, match="larger than any platform"):
        Money(2**63, "EUR")


@given(st.integers(min_value=0, max_value=10**15), st.sampled_from(["EUR", "JPY", "JOD"]))
def test_rounding_to_coins_never_raises_an_amount_and_loses_less_than_one_coin(micros: int, currency: str) -> None:
    money = Money(micros, currency)
    floored = money.floor_to_minor_unit()
    assert 0 <= money.micros - floored.micros < money.minor_unit_micros
    assert Money.parse(f"{floored.minor_units() / 10 ** decimals_of(currency):.{decimals_of(currency)}f}", currency).currency == currency


@pytest.mark.parametrize(("money", "shown"), [(Money(240_000_000, "EUR"), "240.00 EUR"), (Money(980_000_000, "JPY"), "980 JPY")])
def test_amounts_are_shown_with_the_decimals_of_their_currency(money: Money, shown: str) -> None:
    assert str(money) == shown
