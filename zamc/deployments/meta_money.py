"""Budgets as Meta counts them. Its unit is not always the smallest coin of ISO 4217, and a factor of 100 too much is real money.

Source: developers.facebook.com/docs/marketing-api/currencies (the "offset" of each currency of an ad account).
"""

from zamc.errors import InvalidInput
from zamc.money import LARGEST_MICROS, MICROS, Money

# Counted in whole units. HUF, TWD, COP, CRC and IDR have two decimals in ISO 4217.
_WHOLE = frozenset("CLP COP CRC HUF IDR ISK JPY KRW PYG TWD VND".split())
# Counted in hundredths. BHD and JOD have three decimals in ISO 4217.
_HUNDREDTHS = frozenset(
    """AED ARS AUD BDT BGN BHD BOB BRL CAD CHF CNY CZK DKK DZD EGP EUR GBP GTQ HKD HNL ILS INR JOD KES LKR MOP MXN MYR NGN NIO NOK
    NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY UAH USD UYU VES ZAR""".split()
)


def unit_micros(currency: str) -> int:
    """Micros of the unit in which Meta takes and tells a currency's budgets: 10,000 for EUR and JOD, 1,000,000 for JPY and HUF.

    Raises InvalidInput for a currency whose unit Meta does not document: a guess could spend a hundred times too much.
    """
    if currency in _WHOLE:
        return MICROS
    if currency in _HUNDREDTHS:
        return MICROS // 100
    raise InvalidInput("ad_account.currency", f"Meta documents no budgets in {currency}; use an ad account in another currency")


def shown_micros(units: object, currency: str) -> int | None:
    """A daily budget in micros as Meta shows it (a text of units); None where it shows none, or nothing that is a number.

    At most what a record can hold: more than that is out of range, whatever it is.
    """
    text = str(units or "")
    count = int(text) if text.isdecimal() else 0
    return min(count * unit_micros(currency), LARGEST_MICROS) if count else None


def units(daily: Money) -> int:
    """A budget in Meta's units, rounded down: up would spend more than was approved."""
    return daily.micros // unit_micros(daily.currency)


def least_units(least: Money) -> int:
    """A minimum in Meta's units, rounded up."""
    return -(-least.micros // unit_micros(least.currency))


def split(whole: int, parts: int) -> list[int]:
    """Units divided as evenly as they allow; the parts sum exactly to the whole."""
    each, rest = divmod(whole, parts)
    return [each + (1 if index < rest else 0) for index in range(parts)]
