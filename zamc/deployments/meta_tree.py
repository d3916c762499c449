"""A Meta campaign: an ad set per language, in each an ad per format (image, video, carousel), each ad with a creative of its own.

One daily budget, on the campaign or on the ad sets and never on both (subcode 1885621), as the channel says:

- campaign: Meta moves money between languages to where it brings most; a language may get nearly nothing.
- ad_set: each language gets its even share. Where a share would be below the platform's minimum, the budget stands on the campaign.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from zamc.deployments import meta_money
from zamc.deployments.meta_creatives import Format, FormatMissing, carousel, image, video
from zamc.deployments.meta_rules import DSA, EVENTS, OBJECTIVES, OPTIMISATION, radius_km, special_category
from zamc.deployments.tree import Builder, Picture, Source, Wanted
from zamc.errors import InvalidInput
from zamc.money import Money
from zamc.strategies.budget_rules import minimum_daily

# A video takes time until it can be shown: it is uploaded first, and what shows it is made last.
_FORMATS: tuple[tuple[str, Callable[[Source, str], Format]], ...] = (("image", image), ("carousel", carousel), ("video", video))


def build_meta(source: Source) -> list[Wanted]:
    """Raises InvalidInput when the account lacks a page, or a pixel that the objective needs, or creatives are missing.

    A format whose material is missing is left out with a note in the campaign's spec; each language needs one format at least.
    """
    flight, account, goal = source.plan.flight, source.account, source.channel.objective
    if not account.page_id:
        raise InvalidInput("ad_account.page_id", f"Meta ads need a Facebook page; the account {account.external_id} has none")
    if goal in EVENTS and not account.pixel_id:
        raise InvalidInput("ad_account.pixel_id", f"an objective of {goal} needs a pixel; the account {account.external_id} has none")
    formats, notes = _formats(source)
    whole, shares = _budget(source, notes)
    category = special_category(source)
    builder = Builder(source, atomic=False)
    campaign = builder.add(
        "campaign",
        "campaign",
        {
            "name": f"{source.label} | {goal}",
            "objective": OBJECTIVES[goal],
            "special_ad_categories": [category] if category else [],
            "special_ad_category_country": sorted(flight.regions) if category else [],
            "daily_budget": whole,
            "currency": flight.currency,
            "notes": notes,
        },
    )
    files = _files(builder, [each for _, each in formats], campaign)
    ad_sets = {
        language: builder.add(
            "ad_set", language, _ad_set(source, language, daily_budget=share, category=category), parent=campaign, campaign=campaign
        )
        for language, share in zip(flight.languages, shares, strict=True)
    }
    for language, each in formats:
        ad_set, ref = ad_sets[language], f"{language}/{each.name}"
        shown = {role: files[picture.object_hash] for role, picture in each.pictures.items()}
        creative = builder.add("creative", ref, each.spec, parent=ad_set, **shown)
        builder.add("ad", ref, {"name": f"{source.label} | {language} | {each.label}"}, parent=ad_set, ad_set=ad_set, creative=creative)
    return builder.objects


def _formats(source: Source) -> tuple[list[tuple[str, Format]], list[str]]:
    """What can be made per language, in the order in which it is made, and a sentence about each format that cannot."""
    made: list[tuple[str, Format]] = []
    notes: list[str] = []
    for name, make in _FORMATS:
        for language in source.plan.flight.languages:
            try:
                made.append((language, make(source, language)))
            except FormatMissing as missing:
                notes.append(f"no {name} ad in {language!r}: {missing}")
    for language in source.plan.flight.languages:
        if all(each != language for each, _ in made):
            raise InvalidInput("creatives", f"nothing to show in {language!r} on Meta: no approved image, video or carousel")
    return made, notes


def _files(builder: Builder, formats: list[Format], campaign: UUID) -> dict[str, UUID]:
    """Each file once, by its content, videos first."""
    pictures: dict[str, Picture] = {}
    for each in formats:
        for picture in each.pictures.values():
            pictures.setdefault(picture.object_hash, picture)
    files = {}
    for picture in sorted(pictures.values(), key=lambda picture: not picture.is_video):
        kind = "video" if picture.is_video else "image"
        spec = {"name": picture.local_ref, "object_hash": picture.object_hash, "media_type": picture.media_type}
        files[picture.object_hash] = builder.add(kind, picture.local_ref, spec, parent=campaign)
    return files


def _budget(source: Source, notes: list[str]) -> tuple[int | None, list[int | None]]:
    """Of the campaign and of each language's ad set, in Meta's units: one of the two is None throughout."""
    languages, currency = len(source.plan.flight.languages), source.plan.flight.currency
    whole = meta_money.units(Money(source.channel.daily_budget_micros, currency))
    if source.channel.budget_level == "campaign":
        return whole, [None] * languages
    least = meta_money.least_units(minimum_daily("meta_ads", currency))
    if whole // languages < least and languages > 1:
        notes.append("the budget stands on the campaign: a part per language would be below the platform's minimum")
        return whole, [None] * languages
    return None, list(meta_money.split(whole, languages))


def _ad_set(source: Source, language: str, *, daily_budget: int | None, category: str | None) -> dict[str, Any]:
    flight, goal = source.plan.flight, source.channel.objective
    return {
        "name": f"{source.label} | {language}",
        "daily_budget": daily_budget,
        "currency": flight.currency,
        "countries": [] if flight.geo_targets else sorted(flight.regions),
        "places": [
            {"name": geo.name, "radius_km": radius_km(geo.radius_km, category), "country": flight.regions[0]} for geo in flight.geo_targets
        ],
        "language": language,
        "optimization_goal": OPTIMISATION[goal],
        "pixel_id": source.account.pixel_id if goal in EVENTS else None,
        "custom_event_type": EVENTS.get(goal),
        "page_id": source.account.page_id if goal == "awareness" else None,
        "dsa_name": source.plan.brand_name if DSA & set(flight.regions) else None,
        "starts_on": flight.starts_on.isoformat(),
        "ends_on": flight.ends_on.isoformat() if flight.ends_on else None,
    }
