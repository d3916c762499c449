"""The layout of a picture: where art, texts and button stand. Pure geometry; `pictures.render` draws it.

A picture is a ground, a motif in the brand's colours on one side, and the texts on the other, within the placement's safe zone.
`variant` chooses motif, colour arrangement and side, so that the pictures of a set differ at a glance.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt

from zamc.creatives.colours import Colour, Scheme, readable, schemes
from zamc.creatives.fonts import is_cjk, is_right_to_left
from zamc.creatives.motifs import MOTIFS, tiling
from zamc.creatives.shapes import Box, Shape, rounded
from zamc.creatives.sizes import Placement, Purpose
from zamc.creatives.typesetting import Block, Line, Room, Text, TextDoesNotFit, fit


class Role(StrEnum):
    MONOGRAM = "monogram"
    BRAND = "brand"
    HEADLINE = "headline"
    SUPPORTING = "supporting"
    BUTTON = "call_to_action"


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True)
class ImageSpec:
    """Everything that a picture depends on; the same spec gives the same bytes.

    primary, secondary: "#RRGGBB"; colours.fallback_brand_colours(brand) for a brand that has none. language: BCP 47, of the texts.
    Placements whose `messages` is False show neither supporting line nor call to action; logos show the brand alone.
    """

    placement: Placement
    brand: str
    headline: str
    supporting: str
    call_to_action: str
    primary: str
    secondary: str
    language: str
    variant: int = 0


@dataclass(frozen=True)
class PlacedText:
    """A block of text at its place. ink is readable on `ground`, the one colour behind it."""

    role: Role
    block: Block
    left: int
    top: int
    ink: Colour
    ground: Colour
    align: Align = Align.LEFT

    @property
    def box(self) -> Box:
        return Box(self.left, self.top, self.left + self.block.width, self.top + self.block.height)

    def lines(self) -> list[tuple[float, int, Line]]:
        """(x of the origin, y of the baseline, line), top down."""
        placed = []
        for index, line in enumerate(self.block.lines):
            rest = self.block.width - (max(line.right, line.width) - line.left)
            x = self.left - line.left + {Align.LEFT: 0.0, Align.CENTRE: rest // 2, Align.RIGHT: rest}[self.align]
            placed.append((x, self.top + self.block.above + index * self.block.leading, line))
        return placed


@dataclass(frozen=True)
class Layout:
    """A composed picture: paint `ground`, then `shapes`, then `texts`, in order."""

    placement: Placement
    ground: Colour
    shapes: tuple[Shape, ...]
    texts: tuple[PlacedText, ...]
    safe: Box
    art: tuple[Box, ...]

    @property
    def text_share(self) -> float:
        """Share of the picture that text covers, 0 to 1."""
        return sum(text.box.area for text in self.texts) / (self.placement.width * self.placement.height)


def compose(spec: ImageSpec) -> Layout:
    """Place everything. Raises InvalidInput: TextDoesNotFit, UnsupportedCharacter, a colour that is none; ScriptNotAvailable."""
    chosen = schemes(Colour.parse("brand.primary", spec.primary), Colour.parse("brand.secondary", spec.secondary))
    scheme = chosen[(spec.variant + spec.variant // 4) % len(chosen)]
    if spec.placement.purpose is Purpose.LOGO:
        return _logo(spec, scheme)
    art, room = _zones(spec)
    motif = MOTIFS[spec.variant % len(MOTIFS)]
    canvas = Box(0, 0, spec.placement.width, spec.placement.height)
    shapes = tuple(shape for box in art for shape in motif(box, canvas, scheme, f"{spec.brand}/{spec.variant}"))
    column = _Column(spec, scheme, room)
    limit = spec.placement.text_share
    texts, extra = column.set()
    while limit is not None and _share(spec, texts) > limit:
        column.shrink(sqrt(limit / _share(spec, texts)) * 0.98)
        texts, extra = column.set()
    return Layout(spec.placement, scheme.ground, (*shapes, *extra), texts, safe_box(spec.placement), art)


def _share(spec: ImageSpec, texts: tuple[PlacedText, ...]) -> float:
    return sum(text.box.area for text in texts) / (spec.placement.width * spec.placement.height)


def safe_box(placement: Placement) -> Box:
    """Where text may stand."""
    wide, high, safe = placement.width, placement.height, placement.safe
    return Box(ceil(wide * safe.left), ceil(high * safe.top), int(wide * (1 - safe.right)), int(high * (1 - safe.bottom)))


def _zones(spec: ImageSpec) -> tuple[tuple[Box, ...], Box]:
    """The boxes of the art, which runs to the edges, and the room for text."""
    place, safe = spec.placement, safe_box(spec.placement)
    wide, high = place.width, place.height
    padding = round(min(wide, high) * 0.075)
    other_side = (spec.variant // 2) % 2 == 1
    if place.ratio > 1.3:
        _, across = tiling(high, round(wide * (0.39 if place.messages else 0.43)))
        on_the_left = other_side != is_right_to_left(spec.language)
        art = Box(0, 0, across, high) if on_the_left else Box(wide - across, 0, wide, high)
        column = Box(art.right, 0, wide, high) if on_the_left else Box(0, 0, art.left, high)
    else:
        _, down = tiling(wide, round(high * (0.34 if place.messages else 0.50)))
        art = Box(0, high - down, wide, high) if other_side else Box(0, 0, wide, down)
        column = Box(0, 0, wide, art.top) if other_side else Box(0, art.bottom, wide, high)
    column = column.inset(padding)
    room = Box(max(column.left, safe.left), max(column.top, safe.top), min(column.right, safe.right), min(column.bottom, safe.bottom))
    if place.safe.bottom > 0.15 and not other_side:  # below the text of a story too, where the platform's own buttons lie over it
        return (art, Box(0, high - high * 12 // 100, wide, high)), room
    return (art,), room


class _Column:
    """The stack of brand, headline, supporting line and button in the room for text."""

    def __init__(self, spec: ImageSpec, scheme: Scheme, room: Box) -> None:
        self._spec, self._scheme, self._room = spec, scheme, room
        self._mirrored = is_right_to_left(spec.language)
        self._align = Align.RIGHT if self._mirrored else Align.LEFT
        self._unit = sqrt(spec.placement.width * spec.placement.height) / 100
        self._headline_size = self._pixels(11 if spec.placement.messages else 9)
        self._brand = Text.of("brand", spec.brand, language=spec.language, bold=True)
        self._headline = Text.of("headline", spec.headline, language=spec.language, bold=True)
        self._supporting = Text.of("supporting", spec.supporting, language=spec.language, bold=False) if spec.placement.messages else None
        self._call = Text.of("call_to_action", spec.call_to_action, language=spec.language, bold=True) if spec.placement.messages else None

    def _pixels(self, units: float) -> int:
        return round(self._unit * units)

    def shrink(self, by: float) -> None:
        """Set the headline smaller next time. Raises TextDoesNotFit when it would no longer be legible."""
        self._headline_size = round(self._headline_size * by)
        if self._headline_size < self._pixels(3.4):
            raise TextDoesNotFit("headline", f"{self._spec.headline!r} covers more of the picture than the platform allows; shorten it")

    def set(self) -> tuple[tuple[PlacedText, ...], tuple[Shape, ...]]:
        brand, mark = self._brand_row()
        button, pill = self._button()
        gap = self._pixels(4.2)
        top = max(brand[-1].box.bottom, mark.box.bottom)
        bottom = pill.box.top if pill else self._room.bottom
        headline, supporting = self._messages(bottom - top - gap * (2 if pill else 1))
        between = self._pixels(2.2) if supporting else 0
        height = headline.height + between + (supporting.height if supporting else 0)
        free = bottom - top - height
        at = top + free // 2 if pill else bottom - height
        texts = [*brand, self._placed(Role.HEADLINE, headline, at, self._scheme.ink)]
        if supporting:
            texts.append(self._placed(Role.SUPPORTING, supporting, at + headline.height + between, self._scheme.soft_ink))
        return (*texts, *([button] if button else [])), (mark, *([pill] if pill else []))

    def _messages(self, height: int) -> tuple[Block, Block | None]:
        """Headline and supporting line: the supporting line small enough, the headline as large as what remains allows."""
        smallest = self._pixels(3.4)
        if self._supporting is None:
            return fit(self._headline, Room(self._room.width, height, smallest, self._headline_size, 6)), None
        between = self._pixels(2.2)
        for last, share, largest in ((False, 0.30, 3.8), (False, 0.42, 3.2), (True, 0.52, 2.7)):
            try:
                supporting = fit(self._supporting, Room(self._room.width, int(height * share), self._pixels(2.4), self._pixels(largest), 5))
                left = height - supporting.height - between
                return fit(self._headline, Room(self._room.width, left, smallest, self._headline_size, 6)), supporting
            except TextDoesNotFit:
                if last:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _brand_row(self) -> tuple[tuple[PlacedText, ...], Shape]:
        side = self._pixels(5.4)
        gap = self._pixels(1.7)
        name = fit(self._brand, Room(self._room.width - side - gap, side, self._pixels(2.0), self._pixels(3.3), 2))
        left = self._room.right - side if self._mirrored else self._room.left
        box = Box(left, self._room.top, left + side, self._room.top + side)
        tile, letter = monogram(self._spec, self._scheme, box)
        at = left - gap - name.width if self._mirrored else left + side + gap
        top = box.top + (side - name.height) // 2
        if len(name.lines) == 1:
            top = (box.top + box.bottom) // 2 + _middle(name.lines[0], name.size) - name.above
        placed = PlacedText(Role.BRAND, name, at, top, self._scheme.ink, self._scheme.ground, self._align)
        return (letter, placed), tile

    def _button(self) -> tuple[PlacedText | None, Shape | None]:
        if self._call is None:
            return None, None
        padding = self._pixels(3.0)
        label = fit(self._call, Room(self._room.width - 2 * padding, self._pixels(5), self._pixels(2.3), self._pixels(3.3), 1))
        high, wide = max(self._pixels(7.2), label.height + self._pixels(3)), label.width + 2 * padding
        left = self._room.right - wide if self._mirrored else self._room.left
        box = Box(left, self._room.bottom - high, left + wide, self._room.bottom)
        top = (box.top + box.bottom) // 2 + _middle(label.lines[0], label.size) - label.above
        text = PlacedText(Role.BUTTON, label, left + padding, top, self._scheme.button_ink, self._scheme.button)
        return text, rounded(box, high // 2, self._scheme.button)

    def _placed(self, role: Role, block: Block, top: int, ink: Colour) -> PlacedText:
        left = self._room.right - block.width if self._mirrored else self._room.left
        return PlacedText(role, block, left, top, ink, self._scheme.ground, self._align)


def monogram(spec: ImageSpec, scheme: Scheme, box: Box) -> tuple[Shape, PlacedText]:
    """A tile with the brand's initial: the sign of a brand that has no logo."""
    initial = next((character for character in spec.brand.strip() if character.isalnum()), spec.brand.strip()[:1]).upper()
    text = Text.of("brand", initial, language=spec.language, bold=True)
    tile = scheme.button
    size = round(box.width * 0.60)
    block = fit(text, Room(box.width * 4 // 5, box.height * 9 // 10, size // 3, size, 1))
    top = (box.top + box.bottom) // 2 + _middle(block.lines[0], block.size) - block.above
    left = (box.left + box.right - block.width) // 2
    letter = PlacedText(Role.MONOGRAM, block, left, top, readable(scheme.button_ink, tile), tile)
    return rounded(box, box.width * 24 // 100, tile), letter


def _middle(line: Line, size: int) -> int:
    """How far under a row's middle the baseline lies, so that capitals or ideographs look centred in it."""
    cjk = any(is_cjk(character) for run in line.runs for character in run.text)
    return round(size * (0.38 if cjk else 0.345))


def _logo(spec: ImageSpec, scheme: Scheme) -> Layout:
    """The monogram with the name under it, or beside it when the picture is wide."""
    safe = safe_box(spec.placement)
    name = Text.of("brand", spec.brand, language=spec.language, bold=True)
    align = Align.LEFT if spec.placement.ratio > 1.3 else Align.CENTRE
    if spec.placement.ratio > 1.3:
        side = safe.height * 84 // 100
        gap = side // 4
        block = fit(name, Room(safe.width - side - gap, side, side // 6, side * 62 // 100, 2))
        left = (spec.placement.width - side - gap - block.width) // 2
        top = (spec.placement.height - side) // 2
        name_left, name_top = left + side + gap, (spec.placement.height - block.height) // 2
    else:
        side = safe.width * 52 // 100
        gap = side // 6
        block = fit(name, Room(safe.width, safe.height - side - gap, safe.width // 14, safe.width * 17 // 100, 3))
        left, top = (spec.placement.width - side) // 2, (spec.placement.height - side - gap - block.height) // 2
        name_left, name_top = (spec.placement.width - block.width) // 2, top + side + gap
    tile, letter = monogram(spec, scheme, Box(left, top, left + side, top + side))
    placed = PlacedText(Role.BRAND, block, name_left, name_top, scheme.ink, scheme.ground, align)
    return Layout(spec.placement, scheme.ground, (tile,), (letter, placed), safe, ())
