"""A Search campaign: budget, campaign with its criteria, one ad group per language with keywords and a responsive search ad."""

from typing import Any

from zamc.deployments.tree import Builder, Source, Wanted
from zamc.errors import InvalidInput
from zamc.money import Money

# Value-track parameters by ids: names can be changed on the platform, ids cannot. Google adds its click id (gclid) itself.
URL_SUFFIX = "utm_source=google&utm_medium=cpc&utm_campaign={campaignid}&utm_content={creative}&utm_term={adgroupid}"
_MOST_HEADLINES, _MOST_DESCRIPTIONS = 15, 4


def build_google(source: Source) -> list[Wanted]:
    """Raises InvalidInput when copy is missing or there is no keyword to bid on."""
    plan, flight = source.plan, source.plan.flight
    builder = Builder(source, atomic=True)
    daily = Money(source.channel.daily_budget_micros, flight.currency)
    daily.minor_units()  # refuses a budget that is no whole number of the smallest coin
    budget = builder.add("budget", "budget", {"name": f"{source.label} | Search", "amount_micros": daily.micros})
    campaign = builder.add(
        "campaign",
        "campaign",
        {
            "name": f"{source.label} | Search",
            "starts_on": flight.starts_on.isoformat(),
            "ends_on": flight.ends_on.isoformat() if flight.ends_on else None,
            "bidding": _bidding(source),
            "countries": [] if flight.geo_targets else sorted(flight.regions),
            # A place lies in the first of the regions: nothing else in a brief says in which.
            "places": [{"name": geo.name, "radius_km": geo.radius_km, "country": flight.regions[0]} for geo in flight.geo_targets],
            "languages": list(flight.languages),
            "negative_keywords": _unique(plan.pitch.negative_keywords),
            "contains_eu_political_advertising": False,
            "url_suffix": URL_SUFFIX,
        },
        parent=budget,
        budget=budget,
    )
    for language in flight.languages:
        copy = source.copy_for(language)
        group = builder.add(
            "ad_group",
            language,
            {"name": f"{language} | all keywords", "keywords": _keywords(source, language)},
            parent=campaign,
            campaign=campaign,
        )
        builder.add(
            "ad",
            f"{language}/1",
            {
                "headlines": list(copy.headlines[:_MOST_HEADLINES]),
                "descriptions": list(copy.descriptions[:_MOST_DESCRIPTIONS]),
                "paths": list(copy.paths[:2]),
                "final_url": flight.landing_page,
            },
            parent=group,
            ad_group=group,
        )
    return builder.objects


def _bidding(source: Source) -> str:
    """Bidding for conversions needs a conversion action; without one, clicks are the best that can be bought."""
    if source.account.conversion_action is None or source.channel.objective in ("awareness", "traffic"):
        return "clicks"
    return "conversion_value" if source.channel.objective == "sales" else "conversions"


def _keywords(source: Source, language: str) -> list[dict[str, Any]]:
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for keyword in source.plan.pitch.keywords:
        if keyword.language == language:
            seen.setdefault((keyword.text.casefold(), keyword.match_type), {"text": keyword.text, "match_type": keyword.match_type})
    if not seen:
        raise InvalidInput("plan.pitch.keywords", f"none in {language!r}; a Search campaign without keywords shows nothing")
    return list(seen.values())


def _unique(texts: list[str]) -> list[str]:
    return list({text.casefold(): text for text in texts}.values())
