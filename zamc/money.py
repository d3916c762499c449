"""Money as integer micros and an ISO 4217 currency: 1 EUR = 1,000,000 micros, 1 JPY = 1,000,000 micros."""

import re
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, InvalidOperation

from zamc.errors import InvalidInput

MICROS = 1_000_000
LARGEST_MICROS = 2**63 - 1  # BIGINT in PostgreSQL, int64 in both platforms' APIs

# ISO 4217 minor units; every active currency that is not listed has two decimals.
_ZERO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_TWO_DECIMALS = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
    CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD
    KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU
    UZS VES WST XCD YER ZAR ZMW ZWG""".split()
)
_PLAIN_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")


def decimals_of(currency: str) -> int:
    """Number of decimals of a currency (0, 2 or 3). Raises InvalidInput for a code that ISO 4217 does not know."""
    if currency in _ZERO_DECIMALS:
        return 0
    if currency in _THREE_DECIMALS:
        return 3
    if currency in _TWO_DECIMALS:
        return 2
    raise InvalidInput("currency", f"{currency!r} is not an ISO 4217 code such as EUR, USD or JPY")


@dataclass(frozen=True, order=False)
class Money:
    """An amount in one currency. Never mixed: arithmetic between two currencies raises InvalidInput."""

    micros: int
    currency: str

    def __post_init__(self) -> None:
        decimals_of(self.currency)
        if abs(self.micros) > LARGEST_MICROS:
            raise InvalidInput("amount", "is larger than any platform can bill (2^63 - 1 micros)")

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """Read a plain decimal such as "9000.00"; refuses signs, exponents, NaN and more decimals than the currency has."""
        decimals = decimals_of(currency)
        if not _PLAIN_DECIMAL.fullmatch(amount):
            raise InvalidInput("amount", f"{amount!r} is not a plain positive decimal such as 240.00")
        try:
            value = Decimal(amount)
        except InvalidOperation as error:
            raise InvalidInput("amount", f"{amount!r} is not a decimal number") from error
        if value != value.quantize(Decimal(1).scaleb(-decimals)):
            raise InvalidInput("amount", f"{amount!r} has more than the {decimals} decimals of {currency}")
        return cls(int(value * MICROS), currency)

    @property
    def minor_unit_micros(self) -> int:
        """Micros of the smallest coin: 10,000 for EUR, 1,000,000 for JPY, 1,000 for JOD."""
        return int(MICROS // 10 ** decimals_of(self.currency))

    def floor_to_minor_unit(self) -> "Money":
        """Round down to what a platform accepts; never up, since rounding up spends."""
        return Money(self.micros // self.minor_unit_micros * self.minor_unit_micros, self.currency)

    def times(self, factor: Decimal | int) -> "Money":
        """Multiply and round down to whole micros."""
        product = (Decimal(self.micros) * Decimal(factor)).to_integral_value(rounding=ROUND_FLOOR)
        return Money(int(product), self.currency)

    def minor_units(self) -> int:
        """Whole minor units (cents, yen), as Meta's API counts. Raises InvalidInput if micros are not a whole number of them."""
        units, rest = divmod(self.micros, self.minor_unit_micros)
        if rest:
            raise InvalidInput("amount", f"{self.micros} micros are not a whole number of {self.currency} minor units")
        return units

    def __add__(self, other: "Money") -> "Money":
        return Money(self.micros + self._same(other).micros, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.micros - self._same(other).micros, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.micros < self._same(other).micros

    def __le__(self, other: "Money") -> bool:
        return self.micros <= self._same(other).micros

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise InvalidInput("currency", f"{self.currency} and {other.currency} cannot be added or compared")
        return other

    def __str__(self) -> str:
        decimals = decimals_of(self.currency)
        return f"{Decimal(self.micros) / MICROS:,.{decimals}f} {self.currency}"
