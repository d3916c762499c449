"""A Performance Max campaign: budget, campaign with the brand's name and logo, one asset group per language with its signals. Pure.

Limits: developers.google.com/google-ads/api/performance-max/asset-requirements (3 to 15 headlines, 1 to 5 long headlines, 2 to 5
descriptions of which one has at most 60 columns, pictures of 1.91:1 and 1:1, also 4:5, a square logo, a business name of 25 columns).
With brand guidelines, name and logos hang on the campaign instead of the asset groups.

Every automation of Google's that would write texts, change pictures or choose another landing page is opted out of: what is shown is
what was approved.
"""

from typing import Any

from zamc.deployments.google_common import (
    URL_SUFFIX_WITHOUT_ADS,
    add_campaign,
    ages,
    business_name,
    enough,
    keywords,
    logos,
    long_headlines,
    picture,
    required_picture,
)
from zamc.deployments.tree import Builder, Copy, Source, Wanted
from zamc.errors import InvalidInput

_MOST_HEADLINES, _MOST_LONG, _MOST_DESCRIPTIONS = 15, 5, 5
# Search themes per asset group: Google Ads Help 14179631 ("up to 25").
_MOST_THEMES = 25


def build_performance_max(source: Source) -> list[Wanted]:
    """Raises InvalidInput when the account counts no conversions, or copy, a picture or the logo is missing: it cannot exist without."""
    if source.account.conversion_action is None:
        raise InvalidInput("ad_account.conversion_action", needs_conversions(source.account.external_id))
    flight = source.plan.flight
    logo = logos(source, "google_logo")
    if not logo:
        raise InvalidInput("creatives", "no approved google_logo image; Performance Max needs one")
    brand = {
        "business_name": business_name(source, source.copy_for(flight.languages[0])),
        "logos": {"LOGO": logo, "LANDSCAPE_LOGO": logos(source, "google_logo_wide")},
    }
    builder = Builder(source, atomic=True)
    campaign = add_campaign(builder, source, "PERFORMANCE_MAX", brand=brand, url_suffix=URL_SUFFIX_WITHOUT_ADS)
    for language in flight.languages:
        spec = _asset_group(source, source.copy_for(language))
        builder.add("asset_group", language, spec, parent=campaign, campaign=campaign)
    return builder.objects


def needs_conversions(account: str) -> str:
    """What to tell a person whose account counts no conversions."""
    return f"Performance Max bids for conversions alone, and the account {account} has no conversion action; add it to the account"


def _asset_group(source: Source, copy: Copy) -> dict[str, Any]:
    enough(source, copy, headlines=3, descriptions=2)
    language = copy.language
    portrait = picture(source, "google_portrait", language)
    return {
        "name": f"{language} | all",
        "final_url": source.plan.flight.landing_page,
        "url_suffix": URL_SUFFIX_WITHOUT_ADS,
        "texts": {
            "HEADLINE": list(dict.fromkeys(copy.headlines))[:_MOST_HEADLINES],
            "LONG_HEADLINE": long_headlines(copy, _MOST_LONG),
            "DESCRIPTION": list(dict.fromkeys(copy.descriptions))[:_MOST_DESCRIPTIONS],
        },
        "images": {
            "MARKETING_IMAGE": [required_picture(source, "google_landscape", language)],
            "SQUARE_MARKETING_IMAGE": [required_picture(source, "google_square", language)],
            "PORTRAIT_MARKETING_IMAGE": [portrait] if portrait else [],
        },
        "search_themes": list({each["text"].casefold(): each["text"] for each in keywords(source, language)}.values())[:_MOST_THEMES],
        "ages": ages(source),
    }
