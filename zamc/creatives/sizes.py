"""The places where a picture can run, as the platforms describe them.

Google images   https://support.google.com/google-ads/answer/17090561 (responsive display) and
                https://developers.google.com/google-ads/api/performance-max/asset-requirements (ratios, 5120 KB)
Google text     https://support.google.com/adspolicy/answer/6363786 : text over more than 20 % of a responsive ad's image is
                not allowed; https://support.google.com/google-ads/answer/9050310 advises against text laid over images.
                Google draws descriptions and the button itself, so that our picture shows the brand and the headline alone.
Meta            https://www.facebook.com/business/ads-guide (feed 1:1 and 4:5, story 9:16, link 1.91:1; JPG or PNG, 30 MB);
                stories: about 14 % at the top and 20 % at the bottom are covered by the profile, the reply field and the button
"""

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a picture is for: an advert, or the brand's own sign."""

    ADVERT = "advert"
    LOGO = "logo"


@dataclass(frozen=True)
class SafeZone:
    """Shares of the height or width, 0 to 1, that a platform may cover or cut: no text goes there."""

    top: float
    right: float
    bottom: float
    left: float


@dataclass(frozen=True)
class Placement:
    """One size of picture. Lengths in pixels. text_share: how much of the area text may cover (None: no rule).

    messages: whether the supporting line and the button belong into the picture, or the platform shows them beside it.
    """

    name: str
    platform: str
    width: int
    height: int
    max_bytes: int
    safe: SafeZone
    purpose: Purpose = Purpose.ADVERT
    text_share: float | None = None
    messages: bool = True

    @property
    def ratio(self) -> float:
        return self.width / self.height


_GOOGLE_BYTES = 5120 * 1024
# Meta takes 30 MB; nothing that we draw needs it, and phones on slow networks are thankful.
_META_BYTES = 30 * 1024 * 1024
_EDGE = SafeZone(0.05, 0.05, 0.05, 0.05)
# A logo may be shown in a circle: what lies in the square inside that circle stays whole.
_CIRCLE = SafeZone(0.15, 0.15, 0.15, 0.15)


def _google(name: str, width: int, height: int) -> Placement:
    return Placement(name, "google_ads", width, height, _GOOGLE_BYTES, _EDGE, text_share=0.20, messages=False)


def _meta(name: str, width: int, height: int, safe: SafeZone = _EDGE) -> Placement:
    return Placement(name, "meta_ads", width, height, _META_BYTES, safe)


GOOGLE_LANDSCAPE = _google("google_landscape", 1200, 628)
GOOGLE_SQUARE = _google("google_square", 1200, 1200)
GOOGLE_PORTRAIT = _google("google_portrait", 960, 1200)
GOOGLE_LOGO = Placement("google_logo", "google_ads", 1200, 1200, _GOOGLE_BYTES, _CIRCLE, Purpose.LOGO)
GOOGLE_LOGO_WIDE = Placement("google_logo_wide", "google_ads", 1200, 300, _GOOGLE_BYTES, _EDGE, Purpose.LOGO)
META_SQUARE = _meta("meta_square", 1080, 1080)
META_PORTRAIT = _meta("meta_portrait", 1080, 1350)
META_STORY = _meta("meta_story", 1080, 1920, SafeZone(0.14, 0.06, 0.20, 0.06))
META_LINK = _meta("meta_link", 1200, 628)
# Cards of a carousel: Meta sets headline and description under each, the button beside them.
META_CARDS = tuple(Placement(f"meta_card_{number}", "meta_ads", 1080, 1080, _META_BYTES, _EDGE, messages=False) for number in range(1, 11))

# Videos. Reels cover more of the bottom than stories do: 14 % at the top, 35 % at the bottom, 6 % at the sides (Ads Guide, Reels).
META_VIDEO_SQUARE = _meta("meta_video_square", 1080, 1080)
META_VIDEO_VERTICAL = _meta("meta_video_vertical", 1080, 1920, SafeZone(0.14, 0.06, 0.35, 0.06))
META_VIDEO_LANDSCAPE = _meta("meta_video_landscape", 1920, 1080)
VIDEO_PLACEMENTS: dict[str, Placement] = {
    placement.name: placement for placement in (META_VIDEO_SQUARE, META_VIDEO_VERTICAL, META_VIDEO_LANDSCAPE)
}

PLACEMENTS: dict[str, Placement] = {
    placement.name: placement
    for placement in (
        GOOGLE_LANDSCAPE,
        GOOGLE_SQUARE,
        GOOGLE_PORTRAIT,
        GOOGLE_LOGO,
        GOOGLE_LOGO_WIDE,
        META_SQUARE,
        META_PORTRAIT,
        META_STORY,
        META_LINK,
        *META_CARDS,
    )
}


def placements_of(platform: str) -> tuple[Placement, ...]:
    """All placements of "google_ads" or "meta_ads", largest use first."""
    return tuple(placement for placement in PLACEMENTS.values() if placement.platform == platform)
