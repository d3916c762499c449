"""What the three kinds of Google campaign have in common: budget, campaign, bidding, aim, tracking, pictures. Pure.

Names: brand | strategy | kind, and behind them the marker that the connector adds: "Padaria | Spring | Search [zamc:1f2e3d4c:9a8b...]".

Tracking, the same for every ad and by ids alone, since names can be changed on the platform and ids cannot: a final URL suffix with
ValueTrack parameters. Google's own click id (gclid) is added by auto-tagging, which is a setting of the account. The suffix leaves the
landing page's own parameters alone and may be changed without another review
(developers.google.com/google-ads/api/docs/ads/upgraded-urls-overview). Performance Max knows {campaignid} but neither {adgroupid} nor
{creative} (developers.google.com/google-ads/api/performance-max/valuetrack): there utm_term is the id of ours that is in our record.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from zamc.deployments.tree import Builder, Copy, Picture, Source, short
from zamc.errors import InvalidInput
from zamc.money import Money
from zamc.strategies.kind_rules import NAMES

URL_SUFFIX = "utm_source=google&utm_medium=cpc&utm_campaign={campaignid}&utm_content={creative}&utm_term={adgroupid}"
URL_SUFFIX_WITHOUT_ADS = "utm_source=google&utm_medium=cpc&utm_campaign={campaignid}"
# Sizes of an asset group and of a responsive display ad: placement and its width by height, for sets that do not name placements.
_RATIOS = {"google_landscape": 1.91, "google_square": 1.0, "google_portrait": 0.8}
_TOLERANCE = 0.01  # Google takes a picture whose ratio is off by one per cent
_BUSINESS_NAME = 25
# Google's age ranges; its oldest has no end.
_AGES = ((18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, None))


def add_campaign(builder: Builder, source: Source, channel_type: str, **more: Any) -> UUID:
    """Budget and campaign; returns the campaign's key. Raises InvalidInput when the budget is no whole number of the smallest coin."""
    flight = source.plan.flight
    name = f"{source.label} | {NAMES[source.channel.kind]}"
    daily = Money(source.channel.daily_budget_micros, flight.currency)
    daily.minor_units()
    budget = builder.add("budget", "budget", {"name": name, "amount_micros": daily.micros})
    spec = {
        "name": name,
        "channel_type": channel_type,
        "starts_on": flight.starts_on.isoformat(),
        "ends_on": flight.ends_on.isoformat() if flight.ends_on else None,
        "bidding": bidding(source),
        "countries": [] if flight.geo_targets else sorted(flight.regions),
        # A place lies in the first of the regions: nothing else in a brief says in which.
        "places": [{"name": geo.name, "radius_km": geo.radius_km, "country": flight.regions[0]} for geo in flight.geo_targets],
        "languages": list(flight.languages),
        "negative_keywords": unique(source.plan.pitch.negative_keywords),
        "contains_eu_political_advertising": False,
        "url_suffix": URL_SUFFIX,
        **more,
    }
    return builder.add("campaign", "campaign", spec, parent=budget, budget=budget)


def bidding(source: Source) -> str:
    """Bidding for conversions needs a conversion action; without one, clicks are the best that can be bought."""
    if source.account.conversion_action is None or source.channel.objective in ("awareness", "traffic"):
        return "clicks"
    return "conversion_value" if source.channel.objective == "sales" else "conversions"


def keywords(source: Source, language: str) -> list[dict[str, Any]]:
    """Each text and match type once."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for keyword in source.plan.pitch.keywords:
        if keyword.language == language:
            seen.setdefault((keyword.text.casefold(), keyword.match_type), {"text": keyword.text, "match_type": keyword.match_type})
    return list(seen.values())


def ages(source: Source) -> list[list[int | None]]:
    """The age ranges, from and to, that the plan's audiences touch; none when they are all, and none for a special category.

    Housing, employment and consumer finance must not be aimed by age (Google Advertising Policies, "Personalized advertising").
    """
    people = source.plan.pitch.audiences
    if source.plan.flight.special_category != "none":
        return []
    youngest, oldest = min(each.age_min for each in people), max(each.age_max for each in people)
    # 65 stands for everybody from there on; a range that is touched is taken whole.
    touched = [[low, high] for low, high in _AGES if low <= oldest and youngest <= (high or 65)]
    return [] if len(touched) == len(_AGES) else touched


def business_name(source: Source, copy: Copy) -> str:
    return copy.business_name or short(source.plan.brand_name, _BUSINESS_NAME)


def long_headlines(copy: Copy, most: int) -> list[str]:
    """Sets of the time before long headlines have descriptions, which have the same room."""
    return list((copy.long_headlines or copy.descriptions[:1] or copy.headlines[:1])[:most])


def picture(source: Source, placement: str, language: str) -> dict[str, str] | None:
    """What an asset is made of, by content: pictures alike become one asset, whoever needs them."""
    found = source.placed(placement, language)
    if found is None and placement in _RATIOS:
        ratio = _RATIOS[placement]
        unnamed = [each for each in source.images if not each.placement and each.language in (language, None)]
        close = [each for each in unnamed if abs(each.ratio / ratio - 1) <= _TOLERANCE]
        found = min(close, key=lambda each: (each.language is None, each.local_ref), default=None)
    return asset_of(found) if found else None


def required_picture(source: Source, placement: str, language: str) -> dict[str, str]:
    """Raises InvalidInput: a campaign of this kind cannot exist without it."""
    found = picture(source, placement, language)
    if found is None:
        raise InvalidInput("creatives", f"no approved {placement} image in {language!r}; {NAMES[source.channel.kind]} needs one")
    return found


def logos(source: Source, placement: str) -> list[dict[str, str]]:
    found = source.placed(placement, "")
    return [asset_of(found)] if found else []


def asset_of(found: Picture) -> dict[str, str]:
    return {"object_hash": found.object_hash, "media_type": found.media_type}


def enough(source: Source, copy: Copy, *, headlines: int, descriptions: int) -> None:
    """Raises InvalidInput when a language's copy has fewer lines than the kind of campaign takes."""
    for name, have, least in (("headlines", len(copy.headlines), headlines), ("descriptions", len(copy.descriptions), descriptions)):
        if have < least:
            kind = NAMES[source.channel.kind]
            raise InvalidInput("creatives", f"the copy in {copy.language!r} has {have} {name}; {kind} needs at least {least}")


def unique(texts: Sequence[str]) -> list[str]:
    return list({text.casefold(): text for text in texts}.values())
