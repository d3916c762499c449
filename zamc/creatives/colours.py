"""Colours of a creative: contrast as WCAG measures it, tints and shades as the eye sees them, and a palette for a brand."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from typing import NamedTuple

from zamc.errors import InvalidInput

# Success criterion 1.4.3 (text) and 1.4.11 (a button's shape): https://www.w3.org/TR/WCAG22/#contrast-minimum
TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 1.6


class Colour(NamedTuple):
    """sRGB, each channel 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, field: str, text: str) -> "Colour":
        """From "#RRGGBB". Raises InvalidInput that names the field."""
        if not re.fullmatch(r"#[0-9A-Fa-f]{6}", text):
            raise InvalidInput(field, f"must be a colour such as #265787, not {text!r}")
        return cls(*bytes.fromhex(text[1:]))

    @property
    def hex(self) -> str:
        return f"#{self.red:02X}{self.green:02X}{self.blue:02X}"


WHITE = Colour(255, 255, 255)
BLACK = Colour(0, 0, 0)

# Pairs that go together, for a brand that named no colours; (primary, secondary).
_FALLBACKS = (
    ("#1F5AA6", "#F2A93B"),
    ("#0F766E", "#F4B63F"),
    ("#B3402A", "#264653"),
    ("#5B3A8C", "#F08A5D"),
    ("#1D6F42", "#E9B44C"),
    ("#C2410C", "#1E3A5F"),
    ("#A8325E", "#2A4B7C"),
    ("#2B4C7E", "#E76F51"),
)


def fallback_brand_colours(brand: str) -> tuple[str, str]:
    """Primary and secondary colour for a brand without a brand kit: always the same ones for the same name."""
    return _FALLBACKS[sha256(brand.encode()).digest()[0] % len(_FALLBACKS)]


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (_linear(channel) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(wanted: Colour, *grounds: Colour, ratio: float = TEXT_CONTRAST) -> Colour:
    """The colour nearest to `wanted` that has at least `ratio` on every ground; white or black where none of its hue has.

    Raises ValueError if the grounds differ so much that nothing is readable on all of them: a layout must not do that.
    """
    lightness, chroma, hue = to_lch(wanted)
    steps = sorted((step / 50 for step in range(51)), key=lambda level: (abs(level - lightness), level))
    for candidate in chain([wanted], (from_lch(level, chroma, hue) for level in steps), [WHITE, BLACK]):
        if all(contrast(candidate, ground) >= ratio for ground in grounds):
            return candidate
    raise ValueError(f"nothing has a contrast of {ratio} on all of {', '.join(ground.hex for ground in grounds)}")


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` (0 to 1) of the other colour laid over the one, as an opaque colour."""
    return Colour(*(round(a + (b - a) * share) for a, b in zip(one, other, strict=True)))


def to_lch(colour: Colour) -> tuple[float, float, float]:
    """OKLCH: lightness 0 to 1, chroma 0 to about 0.32, hue in radians (Ottosson, https://bottosson.github.io/posts/oklab/)."""
    red, green, blue = (_linear(channel) for channel in colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def from_lch(lightness: float, chroma: float, hue: float) -> Colour:
    """The sRGB colour of an OKLCH one; chroma that no screen shows is taken back until one does."""
    for step in range(21):
        channels = _linear_rgb(lightness, chroma * (1 - step / 20), hue)
        if all(-0.0005 <= channel <= 1.0005 for channel in channels):
            break
    return Colour(*(_encoded(channel) for channel in channels))


def _linear_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encoded(value: float) -> int:
    value = min(max(value, 0.0), 1.0)
    return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))


@dataclass(frozen=True)
class Scheme:
    """The colours of one picture. `shapes` stand out from `ground`; `ink`, `soft_ink` and `button` are readable on it."""

    ground: Colour
    ink: Colour
    soft_ink: Colour
    button: Colour
    button_ink: Colour
    shapes: tuple[Colour, ...]


@lru_cache(maxsize=256)
def schemes(primary: Colour, secondary: Colour) -> tuple[Scheme, ...]:
    """Arrangements of a brand's two colours: on paper, on the primary, on a deep shade, on a wash of the primary."""
    deep = _deep(secondary if to_lch(secondary)[0] < to_lch(primary)[0] else primary)
    _, chroma, hue = to_lch(primary)
    paper = from_lch(0.975, min(chroma, 0.013), hue)
    wash = from_lch(0.91, min(chroma, 0.05), hue)
    bold = _settled(primary)
    accents = (primary, secondary, deep, _tint(primary, 0.86), _tint(secondary, 0.80))
    return (
        _scheme(paper, (deep,), (primary, secondary, deep), accents),
        _scheme(bold, (WHITE, deep), (deep, paper), (secondary, deep, _tint(primary, 0.88), paper)),
        _scheme(deep, (paper,), (primary, secondary, paper), (primary, secondary, _tint(primary, 0.84), paper)),
        _scheme(wash, (deep,), (secondary, primary, deep), (primary, secondary, deep, paper)),
    )


def _scheme(ground: Colour, inks: tuple[Colour, ...], buttons: tuple[Colour, ...], shapes: tuple[Colour, ...]) -> Scheme:
    ink = next((ink for ink in inks if contrast(ink, ground) >= TEXT_CONTRAST), None) or readable(inks[-1], ground)
    soft = readable(mix(ink, ground, 0.18), ground)
    button = next((button for button in buttons if contrast(button, ground) >= SHAPE_CONTRAST), ink)
    label = next((label for label in (WHITE, ink, ground) if contrast(label, button) >= TEXT_CONTRAST), None)
    visible = tuple(dict.fromkeys(shape for shape in shapes if contrast(shape, ground) >= 1.12))
    label = label or readable(_deep(button), button)
    return Scheme(ground, ink, soft, button, label, visible if len(visible) > 1 else (*visible, ink, soft))


def _deep(colour: Colour) -> Colour:
    _, chroma, hue = to_lch(colour)
    return from_lch(0.27, min(chroma, 0.075), hue)


def _tint(colour: Colour, lightness: float) -> Colour:
    level, chroma, hue = to_lch(colour)
    return from_lch(max(lightness, level), chroma * 0.6, hue)


def _settled(colour: Colour) -> Colour:
    """The colour itself, moved out of the middle greys where neither white nor black text has room to spare."""
    lightness, chroma, hue = to_lch(colour)
    return from_lch(min(max(lightness, 0.30), 0.90), chroma, hue)
