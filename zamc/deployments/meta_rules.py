"""What Meta asks of a campaign by its objective, by law and by its special ad categories."""

from typing import Final

from zamc.deployments.tree import Source

# European Union, Iceland, Liechtenstein, Norway: ads there name who benefits and who pays (Digital Services Act, article 26).
DSA: Final = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())
OBJECTIVES: Final = {"awareness": "OUTCOME_AWARENESS", "traffic": "OUTCOME_TRAFFIC", "leads": "OUTCOME_LEADS", "sales": "OUTCOME_SALES"}
OPTIMISATION: Final = {"awareness": "REACH", "traffic": "LINK_CLICKS", "leads": "OFFSITE_CONVERSIONS", "sales": "OFFSITE_CONVERSIONS"}
EVENTS: Final = {"leads": "LEAD", "sales": "PURCHASE"}

# What the brief calls credit, Meta has counted among financial products and services since January 2025.
_CATEGORIES: Final = {
    "housing": "HOUSING",
    "employment": "EMPLOYMENT",
    "credit": "FINANCIAL_PRODUCTS_SERVICES",
    "financial": "FINANCIAL_PRODUCTS_SERVICES",
}
# In a special category no ages or genders are singled out (we never do) and a place reaches at least 15 miles around it
# (facebook.com/business/help/298000447747885).
_LEAST_RADIUS_KM: Final = 25


def special_category(source: Source) -> str | None:
    """Meta's word for what the brief declares the advert to be, None for nothing special."""
    return _CATEGORIES.get(source.plan.flight.special_category)


def radius_km(wanted: int, category: str | None) -> int:
    """Around a place, as far as the category allows it to be narrowed."""
    return max(wanted, _LEAST_RADIUS_KM) if category else wanted
