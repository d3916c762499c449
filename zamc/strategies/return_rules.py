"""Budget goes where the next unit of money is expected to bring most. Pure.

A campaign brings  q * a * b^g  of what the goal wants for a budget b: less and less for each further unit (g < 1). The shares of the goal's
table are taken to be right where every kind returns what the documented means say (all q = 1): there, by definition of `a`, the marginal
return  q a g b^(g - 1)  is the same for all. Where a project's own campaigns have returned q times that, it is the same again for all at

    b  in proportion to  share * q^(1 / (1 - g))

q is the posterior of zamc.strategies.rate_rules over the prior, so that few or small campaigns move little. Without history nothing moves.
"""

from collections.abc import Mapping
from decimal import Decimal

from zamc.strategies.base_schema import CampaignKind

Returns = Mapping[CampaignKind, float]
"""How many times the expected return a kind of campaign has brought in this project; 1 where it is not named."""
# The exponent g: twice the budget brings 1.41 times as much. An assumption, the usual first guess of a concave response, until an
# account has been run on different budgets.
ELASTICITY = 0.5
# No kind gets less than a third or more than three times its share in the table: what nobody spends on, nobody learns about.
_MOST = 3.0


def moved(shares: Mapping[CampaignKind, Decimal], returns: Returns, *, normal: bool = True) -> dict[CampaignKind, Decimal]:
    """Shares at which the marginal return is equal; as they are when `returns` says nothing. normal: keep their sum."""
    if not returns:
        return dict(shares)
    weighed = {kind: share * _weight(returns.get(kind, 1.0)) for kind, share in shares.items()}
    factor = sum(shares.values(), Decimal(0)) / sum(weighed.values(), Decimal(0)) if normal else Decimal(1)
    return {kind: share * factor for kind, share in weighed.items()}


def _weight(times: float) -> Decimal:
    return Decimal(repr(min(_MOST, max(1 / _MOST, times ** (1 / (1 - ELASTICITY))))))
