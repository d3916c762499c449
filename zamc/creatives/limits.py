"""What each platform takes: fields of copy, their widths and counts.

Google Ads responsive search ad: 3 to 15 headlines of 30, 2 to 4 descriptions of 90, two paths of 15 (ResponsiveSearchAdInfo).
Meta link ad: primary text cut off after 125 characters (1,024 at most), headline after 40, description after 30 (Ads Guide, feed);
at most 5 of each. A carousel has 2 to 10 cards, each with a headline of 40 and a description of 30 (Ads Guide, carousel).
Performance Max and responsive display add 1 to 5 long headlines of 90 and the business name of 25; Performance Max wants one headline of
at most 15 and one description of at most 60 (developers.google.com/google-ads/api/performance-max/asset-requirements).
"""

from dataclasses import dataclass

from zamc.strategies.schema import Platform


@dataclass(frozen=True)
class Field:
    """One field of copy: its widest line in columns, and how many lines it takes."""

    name: str
    width: int
    least: int
    most: int


FIELDS: dict[Platform, tuple[Field, ...]] = {
    "google_ads": (
        Field("headlines", 30, 3, 15),
        Field("descriptions", 90, 2, 4),
        Field("path1", 15, 0, 1),
        Field("path2", 15, 0, 1),
        Field("long_headlines", 90, 0, 5),
        Field("business_name", 25, 0, 1),
    ),
    "meta_ads": (
        Field("primary_texts", 125, 1, 5),
        Field("headlines", 40, 1, 5),
        Field("descriptions", 30, 0, 5),
    ),
}
META_PRIMARY_TEXT_HARD_LIMIT = 1_024
SHORT_HEADLINE, SHORT_DESCRIPTION = 15, 60
CARD_HEADLINE, CARD_DESCRIPTION = Field("cards.headlines", 40, 1, 1), Field("cards.descriptions", 30, 0, 1)
FEWEST_CARDS, MOST_CARDS = 2, 10


def field_of(platform: Platform, name: str) -> Field:
    """The limits of one field."""
    return next(field for field in FIELDS[platform] if field.name == name)
