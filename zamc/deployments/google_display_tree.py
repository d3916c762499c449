"""A Display campaign: budget, campaign, one ad group per language with the topics it shows beside, and a responsive display ad. Pure.

Limits: Google Ads API, ResponsiveDisplayAdInfo (1 to 5 headlines of 30 columns, one long headline of 90, 1 to 5 descriptions of 90,
a business name of 25; pictures of 1.91:1 and 1:1, at most 15 of both; logos of 1:1 and 4:1, at most 5 of both).
"""

from typing import Any

from zamc.deployments.google_common import (
    add_campaign,
    ages,
    business_name,
    enough,
    keywords,
    logos,
    long_headlines,
    required_picture,
)
from zamc.deployments.tree import Builder, Copy, Source, Wanted

_MOST_LINES = 5
# A page's topic is told by a few terms; longer lists only make an ad group harder to read.
_MOST_TOPICS = 20


def build_display(source: Source) -> list[Wanted]:
    """Raises InvalidInput when copy or a picture is missing, without which the ad cannot exist; a missing logo is left out."""
    builder = Builder(source, atomic=True)
    campaign = add_campaign(builder, source, "DISPLAY")
    for language in source.plan.flight.languages:
        copy = source.copy_for(language)
        enough(source, copy, headlines=1, descriptions=1)
        spec = {
            "name": f"{language} | all topics",
            # Pages about these terms. On the Display Network, match types mean nothing: all keywords are broad.
            "keywords": [{"text": text, "match_type": "BROAD"} for text in _topics(source, language)],
            "ages": ages(source),
        }
        group = builder.add("ad_group", language, spec, parent=campaign, campaign=campaign)
        builder.add("ad", f"{language}/1", _ad(source, copy), parent=group, ad_group=group)
    return builder.objects


def _topics(source: Source, language: str) -> list[str]:
    return list({each["text"].casefold(): each["text"] for each in keywords(source, language)}.values())[:_MOST_TOPICS]


def _ad(source: Source, copy: Copy) -> dict[str, Any]:
    language = copy.language
    return {
        "format": "responsive_display",
        "headlines": list(copy.headlines[:_MOST_LINES]),
        "long_headline": long_headlines(copy, 1)[0],
        "descriptions": list(copy.descriptions[:_MOST_LINES]),
        "business_name": business_name(source, copy),
        "images": {
            "marketing_images": [required_picture(source, "google_landscape", language)],
            "square_marketing_images": [required_picture(source, "google_square", language)],
            "square_logo_images": logos(source, "google_logo"),
            "logo_images": logos(source, "google_logo_wide"),
        },
        "final_url": source.plan.flight.landing_page,
    }
