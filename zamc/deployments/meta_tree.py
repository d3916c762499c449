"""A Meta campaign: one ad set per language with an image, a creative and an ad.

Budgets stand on the ad sets as long as each part reaches the platform's minimum, else on the campaign: never on both (subcode 1885621).
"""

from typing import Any

from zamc.deployments.tree import Builder, Copy, Picture, Source, Wanted, short
from zamc.errors import InvalidInput
from zamc.money import Money
from zamc.strategies.budget_rules import minimum_daily

# By ids: name macros freeze when an ad is first published (developers.facebook.com, url-tags-for-tracking).
URL_TAGS = "utm_source=facebook&utm_medium=paid_social&utm_campaign={{campaign.id}}&utm_term={{adset.id}}&utm_content={{ad.id}}"
# European Union, Iceland, Liechtenstein, Norway: ads there name who benefits and who pays (Digital Services Act, article 26).
_DSA = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())
_OBJECTIVES = {"awareness": "OUTCOME_AWARENESS", "traffic": "OUTCOME_TRAFFIC", "leads": "OUTCOME_LEADS", "sales": "OUTCOME_SALES"}
_OPTIMISATION = {"awareness": "REACH", "traffic": "LINK_CLICKS", "leads": "OFFSITE_CONVERSIONS", "sales": "OFFSITE_CONVERSIONS"}
_EVENTS = {"leads": "LEAD", "sales": "PURCHASE"}


def build_meta(source: Source) -> list[Wanted]:
    """Raises InvalidInput when the account lacks a page, or a pixel that the objective needs, or creatives are missing."""
    flight, account, goal = source.plan.flight, source.account, source.channel.objective
    if not account.page_id:
        raise InvalidInput("ad_account.page_id", f"Meta ads need a Facebook page; the account {account.external_id} has none")
    if goal in _EVENTS and not account.pixel_id:
        raise InvalidInput("ad_account.pixel_id", f"an objective of {goal} needs a pixel; the account {account.external_id} has none")
    daily = Money(source.channel.daily_budget_micros, flight.currency)
    parts = split_minor_units(daily, len(flight.languages))
    builder = Builder(source, atomic=False)
    campaign = builder.add(
        "campaign",
        "campaign",
        {
            "name": f"{source.label} | {goal}",
            "objective": _OBJECTIVES[goal],
            "special_ad_categories": [],
            "daily_budget": daily.minor_units() if parts is None else None,
            "currency": flight.currency,
        },
    )
    images: dict[str, Any] = {}
    for index, language in enumerate(flight.languages):
        copy, picture = source.copy_for(language), _picture_for(source, language)
        if picture.object_hash not in images:
            spec = {"object_hash": picture.object_hash, "media_type": picture.media_type}
            images[picture.object_hash] = builder.add("image", picture.local_ref, spec, parent=campaign)
        ad_set = builder.add(
            "ad_set",
            language,
            _ad_set(source, language, daily_budget=None if parts is None else parts[index]),
            parent=campaign,
            campaign=campaign,
        )
        creative = builder.add("creative", f"{language}/1", _creative(source, copy), parent=ad_set, image=images[picture.object_hash])
        builder.add("ad", f"{language}/1", {"name": f"{language} | ad 1"}, parent=ad_set, ad_set=ad_set, creative=creative)
    return builder.objects


def split_minor_units(daily: Money, parts: int) -> list[int] | None:
    """A daily budget in minor units, divided as evenly as coins allow and never above it; None when a part would be below the minimum."""
    each, rest = divmod(daily.minor_units(), parts)
    if each < minimum_daily("meta_ads", daily.currency).minor_units() and parts > 1:
        return None
    return [each + (1 if index < rest else 0) for index in range(parts)]


def _ad_set(source: Source, language: str, *, daily_budget: int | None) -> dict[str, Any]:
    flight, goal = source.plan.flight, source.channel.objective
    return {
        "name": f"{source.label} | {language}",
        "daily_budget": daily_budget,
        "currency": flight.currency,
        "countries": [] if flight.geo_targets else sorted(flight.regions),
        "places": [{"name": geo.name, "radius_km": geo.radius_km, "country": flight.regions[0]} for geo in flight.geo_targets],
        "language": language,
        "optimization_goal": _OPTIMISATION[goal],
        "pixel_id": source.account.pixel_id if goal in _EVENTS else None,
        "custom_event_type": _EVENTS.get(goal),
        "page_id": source.account.page_id if goal == "awareness" else None,
        "dsa_name": source.plan.brand_name if _DSA & set(flight.regions) else None,
        "starts_on": flight.starts_on.isoformat(),
        "ends_on": flight.ends_on.isoformat() if flight.ends_on else None,
    }


def _creative(source: Source, copy: Copy) -> dict[str, Any]:
    if not copy.primary_texts or not copy.headlines:
        raise InvalidInput("creatives", f"the copy in {copy.language!r} for Meta lacks a primary text or a headline")
    return {
        # A creative's name may have 100 characters, of which the marker takes 33.
        "name": f"{short(source.strategy_name, 50)} | {copy.language} | 1",
        "page_id": source.account.page_id,
        "message": copy.primary_texts[0],
        "headline": copy.headlines[0],
        "description": copy.descriptions[0] if copy.descriptions else "",
        "link": source.plan.flight.landing_page,
        "call_to_action": copy.call_to_action,
        "url_tags": URL_TAGS,
    }


def _picture_for(source: Source, language: str) -> Picture:
    """The squarest picture in the language, else one without text in it."""
    fitting = [each for each in source.images if each.language in (language, None)]
    if not fitting:
        raise InvalidInput("creatives", f"no approved image in {language!r} for Meta")
    return min(fitting, key=lambda each: (each.language is None, abs(each.ratio - 1.0), each.local_ref))
