"""A Search campaign: budget, campaign with its criteria, one ad group per language with keywords and a responsive search ad. Pure."""

from zamc.deployments.google_common import add_campaign, keywords
from zamc.deployments.tree import Builder, Source, Wanted
from zamc.errors import InvalidInput

_MOST_HEADLINES, _MOST_DESCRIPTIONS = 15, 4


def build_search(source: Source) -> list[Wanted]:
    """Raises InvalidInput when copy is missing or there is no keyword to bid on."""
    flight = source.plan.flight
    builder = Builder(source, atomic=True)
    campaign = add_campaign(builder, source, "SEARCH")
    for language in flight.languages:
        copy, terms = source.copy_for(language), keywords(source, language)
        if not terms:
            raise InvalidInput("plan.pitch.keywords", f"none in {language!r}; a Search campaign without keywords shows nothing")
        group = builder.add(
            "ad_group", language, {"name": f"{language} | all keywords", "keywords": terms}, parent=campaign, campaign=campaign
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
