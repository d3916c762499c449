"""What a video shows and when: captions one after the other over moving art, then a card with the brand and what to do. Pure geometry."""

from dataclasses import dataclass, replace
from math import sqrt

from zamc.creatives.colours import Colour, schemes
from zamc.creatives.columns import centred_top, monogram, own_sign
from zamc.creatives.composition import compose
from zamc.creatives.layout import Align, ImageSpec, Layout, PlacedText, Role, safe_box
from zamc.creatives.photographs import PlacedPicture
from zamc.creatives.shapes import Box, rounded
from zamc.creatives.sizes import Placement
from zamc.creatives.typesetting import Room, Text, fit
from zamc.strategies.base_schema import SoundName

FRAMES_PER_SECOND = 25
LENGTHS = (6, 15)
# The card stays long enough to read a name and a call; what is left belongs to the captions in equal parts.
_CARD_SECONDS = {6: 1.8, 15: 3.6}


@dataclass(frozen=True)
class VideoSpec:
    """Everything that a video depends on; the same spec gives the same bytes.

    captions: 1 to 4 texts, shown one after the other. primary, secondary: "#RRGGBB". language: BCP 47, of the texts.
    seconds: 6 or 15. variant, logo, scene: as in ImageSpec. sound: "silence" or "tone".
    """

    placement: Placement
    brand: str
    captions: tuple[str, ...]
    call_to_action: str
    primary: str
    secondary: str
    language: str
    seconds: int = 6
    variant: int = 0
    logo: bytes = b""
    scene: bytes = b""
    sound: SoundName = "silence"


@dataclass(frozen=True)
class Scene:
    """One layout and how many frames it is shown for."""

    layout: Layout
    frames: int


def scenes(spec: VideoSpec) -> tuple[tuple[Scene, ...], Scene]:
    """The captions' scenes, which share art and brand row, and the closing card. Raises what composition.compose raises."""
    if spec.seconds not in LENGTHS or not spec.captions:
        raise ValueError(f"a video takes {LENGTHS} seconds and at least one caption, not {spec.seconds} and {len(spec.captions)}")
    card = round(_CARD_SECONDS[spec.seconds] * FRAMES_PER_SECOND)
    rest = spec.seconds * FRAMES_PER_SECOND - card
    ends = [rest * (index + 1) // len(spec.captions) for index in range(len(spec.captions))]
    starts = [0, *ends[:-1]]
    shown = [Scene(compose(_image(spec, text)), end - start) for text, start, end in zip(spec.captions, starts, ends, strict=True)]
    return tuple(shown), Scene(end_card(spec), card)


def _image(spec: VideoSpec, caption: str) -> ImageSpec:
    return ImageSpec(
        spec.placement, spec.brand, caption, "", "", spec.primary, spec.secondary, spec.language, spec.variant, spec.logo, spec.scene
    )


def end_card(spec: VideoSpec) -> Layout:
    """Monogram, brand and call to action in the middle of the safe zone, in the next of the brand's colour schemes."""
    chosen = schemes(Colour.parse("brand.primary", spec.primary), Colour.parse("brand.secondary", spec.secondary))
    scheme = chosen[(spec.variant + spec.variant // 4 + 1) % len(chosen)]
    place, safe = spec.placement, safe_box(spec.placement)
    unit = sqrt(place.width * place.height) / 100
    side, gap, padding = round(unit * 17), round(unit * 4.5), round(unit * 3.6)
    brand = Text.of("brand", spec.brand, language=spec.language, bold=True)
    name = fit(brand, Room(safe.width * 9 // 10, round(unit * 20), round(unit * 3), round(unit * 7.5), 2))
    call = Text.of("call_to_action", spec.call_to_action, language=spec.language, bold=True)
    label = fit(call, Room(safe.width * 8 // 10 - 2 * padding, round(unit * 7), round(unit * 2.8), round(unit * 4.4), 1))
    high = max(round(unit * 9.5), label.height + padding)
    middle = (safe.left + safe.right) // 2
    top = (safe.top + safe.bottom - side - gap - name.height - gap - high) // 2
    sign = Box(middle - side // 2, top, middle - side // 2 + side, top + side)
    tile, letter = monogram(_image(spec, spec.brand), scheme, sign)
    over: tuple[PlacedPicture, ...] = ()
    if spec.logo:
        tile, shown = own_sign(spec.logo, sign)
        over = (shown,)
    placed = PlacedText(Role.BRAND, name, middle - name.width // 2, top + side + gap, scheme.ink, scheme.ground, Align.CENTRE)
    pill = Box(0, 0, label.width + 2 * padding, high)
    left, at = middle - pill.width // 2, top + side + gap + name.height + gap
    pill = replace(pill, left=left, right=left + pill.width, top=at, bottom=at + high)
    button = PlacedText(Role.BUTTON, label, left + padding, centred_top(label, pill), scheme.button_ink, scheme.button, Align.CENTRE)
    texts = (placed, button) if over else (letter, placed, button)
    return Layout(place, scheme.ground, (tile, rounded(pill, high // 2, scheme.button)), texts, safe, (), over=over)
