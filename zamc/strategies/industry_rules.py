"""How lines of business differ from the mean of all: in the price of a click, in click-through and in conversion rate. Pure.

Search, United States. Figures of 2024: LocaliQ and WordStream, "Search Advertising Benchmarks 2024" (17,000 campaigns, April 2023 to March
2024; all industries: CTR 6.42 %, CPC 4.66 USD, CVR 6.96 %). Where the price of 2024 is not known to us, that of the report of 2021 stands
against its own mean (3.53 USD; 18,316 campaigns, May 2020 to June 2021). A rate that is not known to us is the mean of all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from zamc.strategies.base_schema import CampaignKind, Industry

_CTR, _CPC, _CVR, _CPC_2021 = 6.42, 4.66, 6.96, 3.53
# What is dear to search for is dear elsewhere too, though less so: half the difference of logarithms. An assumption; no table that we know
# has all platforms by one method.
_CARRIED = 0.5
# How much of the prior's spread is left once the line of business is known. An assumption: the tables show means, not what is within.
KNOWN_SPREAD = 0.75


@dataclass(frozen=True)
class Factors:
    """Multipliers of a prior's figures; known: whether the table has that figure for the industry."""

    ctr: float = 1.0
    cpc: float = 1.0
    cvr: float = 1.0
    ctr_known: bool = False
    cpc_known: bool = False
    cvr_known: bool = False


@dataclass(frozen=True)
class _Row:
    """Per cent, US dollars of 2024, per cent, US dollars of 2021; None: not known to us."""

    ctr: float | None = None
    cpc: float | None = None
    cvr: float | None = None
    cpc_2021: float | None = None


_ROWS: Mapping[Industry, _Row] = {
    "animals": _Row(7.0, 3.90, 12.03),
    "apparel": _Row(6.0, 3.39, 3.33),
    "arts": _Row(13.04, 1.72, 4.22),
    "automotive": _Row(9.0, 2.34, 6.49),
    "beauty": _Row(cpc_2021=3.74),
    "business_services": _Row(cpc_2021=4.90),
    "careers": _Row(cpc_2021=3.90),
    "dental": _Row(5.38, 6.82),
    "education": _Row(cpc_2021=4.18),
    "finance": _Row(cvr=2.78, cpc_2021=5.16),
    "fitness": _Row(cpc_2021=3.97),
    "food": _Row(cpc_2021=1.77),
    "furniture": _Row(cvr=2.53, cpc_2021=2.14),
    "gifts": _Row(cpc_2021=2.23),
    "health": _Row(cvr=11.08, cpc_2021=3.63),
    "home": _Row(5.59, 6.96),
    "industrial": _Row(cpc_2021=4.14),
    "legal": _Row(5.30, 8.94, 5.64),
    "personal_services": _Row(cpc_2021=3.46),
    "real_estate": _Row(9.20, 2.10, 2.91),
    "sports": _Row(9.66, cpc_2021=1.73),
    "travel": _Row(cpc=1.92),
}


def factors(industry: Industry, kind: CampaignKind) -> Factors:
    """How a kind of campaign differs in a line of business; all 1 for "general"."""
    row = _ROWS.get(industry)
    if row is None:
        return Factors()
    price = row.cpc / _CPC if row.cpc is not None else row.cpc_2021 / _CPC_2021 if row.cpc_2021 is not None else None
    ctr = row.ctr / _CTR if row.ctr is not None else None
    cvr = row.cvr / _CVR if row.cvr is not None else None
    power = 1.0 if kind == "search" else _CARRIED
    known = kind == "search"
    return Factors(
        ctr=(ctr or 1.0) ** power,
        cpc=(price or 1.0) ** power,
        cvr=(cvr or 1.0) ** power,
        ctr_known=known and ctr is not None,
        cpc_known=known and price is not None,
        cvr_known=known and cvr is not None,
    )
