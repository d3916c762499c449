"""Money is a decimal text and its currency, since GraphQL's Int has 32 bits."""

from decimal import Decimal
from functools import cache
from typing import Self

import strawberry

from zamc.money import Money, decimals_of


@cache
def _smallest(currency: str) -> Decimal:
    """The smallest amount that it has."""
    return Decimal(1).scaleb(-decimals_of(currency))


@strawberry.type(name="Money")
class MoneyType:
    """An amount in one currency."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, micros: int, currency: str) -> Self:
        return cls(amount=Decimal(micros).scaleb(-6).quantize(_smallest(currency)), currency=currency)

    @classmethod
    def maybe(cls, micros: int | None, currency: str) -> "MoneyType | None":
        """None stays None."""
        return None if micros is None else cls.of(micros, currency)


@strawberry.input
class MoneyInput:
    """An amount as people write it, such as "150.00", and its ISO 4217 currency."""

    amount: str
    currency: str

    def read(self, field: str) -> Money:
        """Raises InvalidInput that names `field`."""
        from zamc.errors import InvalidInput

        try:
            return Money.parse(self.amount, self.currency)
        except InvalidInput as error:
            raise error.under(field) from None
