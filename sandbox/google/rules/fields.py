"""What fits into which field of an ad or asset group: width of a text, shape and least size of a picture.

After developers.google.com/google-ads/api/performance-max/asset-requirements and the reference of ResponsiveDisplayAdInfo.
"""

from dataclasses import dataclass
from typing import Final

from sandbox.google.bodies import Body
from sandbox.google.errors import AdsError, Path
from sandbox.google.rules.kind import Check, text_error
from sandbox.google.rules.text import display_width

_TOLERANCE: Final = 0.01


@dataclass(frozen=True)
class Text:
    """`width` in columns."""

    width: int


@dataclass(frozen=True)
class Picture:
    """`ratio` is width by height; sizes in pixels are the least."""

    ratio: float
    width: int
    height: int


FIELDS: Final[dict[str, Text | Picture]] = {
    "HEADLINE": Text(30),
    "LONG_HEADLINE": Text(90),
    "DESCRIPTION": Text(90),
    "BUSINESS_NAME": Text(25),
    "MARKETING_IMAGE": Picture(1.91, 600, 314),
    "SQUARE_MARKETING_IMAGE": Picture(1.0, 300, 300),
    "PORTRAIT_MARKETING_IMAGE": Picture(0.8, 480, 600),
    "TALL_PORTRAIT_MARKETING_IMAGE": Picture(9 / 16, 600, 1067),
    "LOGO": Picture(1.0, 128, 128),
    "LANDSCAPE_LOGO": Picture(4.0, 512, 128),
}


def fits(asset: Body, field_type: str, path: Path) -> Check:
    """What keeps an asset out of a field; errors point at `path`, where the asset is named."""
    wanted = FIELDS[field_type]
    kind = "TEXT" if isinstance(wanted, Text) else "IMAGE"
    if asset.get("type") != kind:
        message = f"An asset of type {asset.get('type')} cannot be used as {field_type}."
        yield AdsError("asset_link_error", "FIELD_TYPE_INCOMPATIBLE_WITH_ASSET_TYPE", message, path, trigger=field_type)
    elif isinstance(wanted, Text):
        text = asset["text_asset"]["text"]
        if display_width(text) > wanted.width:
            yield text_error("TOO_LONG", path, text)
    else:
        yield from _shape(asset["image_asset"], wanted, path)


def _shape(image: Body, wanted: Picture, path: Path) -> Check:
    size = image.get("full_size", {})
    width, height = size.get("width_pixels", 0), size.get("height_pixels", 0)
    shown = f"{width}x{height}"
    if image.get("animated"):
        yield AdsError("image_error", "ANIMATED_NOT_ALLOWED", "An animated image is not allowed here.", path)
    elif not height or abs(width / height / wanted.ratio - 1) > _TOLERANCE:
        message = f"The image is {shown}; the ratio must be {wanted.ratio:.4g}:1."
        yield AdsError("image_error", "ASPECT_RATIO_NOT_ALLOWED", message, path, trigger=shown)
    elif width < wanted.width or height < wanted.height:
        message = f"The image is {shown}; at least {wanted.width}x{wanted.height} is needed."
        yield AdsError("asset_link_error", "IMAGE_NOT_WITHIN_SPECIFIED_DIMENSION_RANGE", message, path, trigger=shown)
