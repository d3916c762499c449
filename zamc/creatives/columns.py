"""The column of texts in a picture: brand, headline, supporting line and button, each as large as the others let it be."""

from math import sqrt

from zamc.creatives.colours import Colour, Scheme
from zamc.creatives.fonts import UnsupportedCharacter, is_cjk, is_right_to_left
from zamc.creatives.layout import Align, ImageSpec, PlacedText, Role
from zamc.creatives.photographs import PlacedPicture, shape_of
from zamc.creatives.shapes import Box, Shape, rounded
from zamc.creatives.typesetting import Block, Room, Text, TextDoesNotFit, fit

# Sizes are in hundredths of the square root of the picture's area. On a phone that shows 1080 pixels in 65 mm this is 2.2 mm.
_SMALLEST_HEADLINE = 3.4
# Of a logo in the brand row, in heights.
_WIDEST_SIGN = 3.0
_WHITE, _DARK = Colour(255, 255, 255), Colour(24, 24, 27)


class Column:
    """The stack of brand, headline, supporting line and button in the room for text."""

    def __init__(self, spec: ImageSpec, scheme: Scheme, room: Box) -> None:
        self._spec, self._scheme, self._room = spec, scheme, room
        self._mirrored = is_right_to_left(spec.language)
        self._align = Align.RIGHT if self._mirrored else Align.LEFT
        self._unit = sqrt(spec.placement.width * spec.placement.height) / 100
        self._between = self._pixels(2.2)
        self._headline_size = self._pixels(11 if spec.placement.messages else 9)
        self._brand = Text.of("brand", spec.brand, language=spec.language, bold=True)
        self._headline = Text.of("headline", spec.headline, language=spec.language, bold=True, name=spec.brand)
        messages = spec.placement.messages
        self._supporting = self._optional("supporting", spec.supporting, bold=False) if messages else None
        self._call = self._optional("call_to_action", spec.call_to_action, bold=True) if messages else None
        self.signs: tuple[PlacedPicture, ...] = ()

    def _optional(self, field: str, text: str, *, bold: bool) -> Text | None:
        return Text.of(field, text, language=self._spec.language, bold=bold, name=self._spec.brand) if text.strip() else None

    def _pixels(self, units: float) -> int:
        return round(self._unit * units)

    def shrink(self, by: float) -> None:
        """Set the headline smaller next time. Raises TextDoesNotFit when it would no longer be legible."""
        self._headline_size = round(self._headline_size * by)
        if self._headline_size < self._pixels(_SMALLEST_HEADLINE):
            raise TextDoesNotFit("headline", f"{self._spec.headline!r} covers more of the picture than the platform allows; shorten it")

    def set(self) -> tuple[tuple[PlacedText, ...], tuple[Shape, ...]]:
        """The placed texts, and the shapes under them. Raises TextDoesNotFit."""
        brand, mark = self._brand_row()
        button, pill = self._button()
        gap = self._pixels(4.2)
        top = max(brand[-1].box.bottom, mark.box.bottom)
        bottom = pill.box.top if pill else self._room.bottom
        headline, supporting = self._messages(bottom - top - gap * (2 if pill else 1))
        height = headline.height + (self._between + supporting.height if supporting else 0)
        at = top + (bottom - top - height) // 2 if pill else bottom - height
        texts = [*brand, self._placed(Role.HEADLINE, headline, at, self._scheme.ink)]
        if supporting:
            texts.append(self._placed(Role.SUPPORTING, supporting, at + headline.height + self._between, self._scheme.soft_ink))
        return (*texts, *([button] if button else [])), (mark, *([pill] if pill else []))

    def _messages(self, height: int) -> tuple[Block, Block | None]:
        """Headline and supporting line. A supporting line that takes more room is set smaller; the headline gets what remains."""
        if self._supporting is None:
            return self._headline_in(height), None
        try:
            return self._both(self._supporting, height, share=0.30, largest=3.8)
        except TextDoesNotFit:
            return self._both(self._supporting, height, share=0.52, largest=2.8)

    def _both(self, line: Text, height: int, *, share: float, largest: float) -> tuple[Block, Block]:
        room = Room(self._room.width, int(height * share), self._pixels(2.4), self._pixels(largest), 5)
        supporting = fit(line, room)
        return self._headline_in(height - supporting.height - self._between), supporting

    def _headline_in(self, height: int) -> Block:
        return fit(self._headline, Room(self._room.width, height, self._pixels(_SMALLEST_HEADLINE), self._headline_size, 6))

    def _brand_row(self) -> tuple[tuple[PlacedText, ...], Shape]:
        """The brand's sign, as wide as a logo wants within limits, and its name beside it."""
        # Where the platform shows the messages beside the picture, there is room for a larger sign.
        side = self._pixels(6.2 if self._spec.placement.messages else 7.6)
        wide = side if not self._spec.logo else round(side * min(max(shape_of(self._spec.logo)[0], 1.0), _WIDEST_SIGN))
        gap = self._pixels(1.7)
        name = fit(self._brand, Room(self._room.width - wide - gap, side, self._pixels(2.0), side * 58 // 100, 2))
        left = self._room.right - wide if self._mirrored else self._room.left
        box = Box(left, self._room.top, left + wide, self._room.top + side)
        at = left - gap - name.width if self._mirrored else left + wide + gap
        top = centred_top(name, box)
        placed = PlacedText(Role.BRAND, name, at, top, self._scheme.ink, self._scheme.ground, self._align)
        if self._spec.logo:
            tile, sign = own_sign(self._spec.logo, box)
            self.signs = (sign,)
            return (placed,), tile
        tile, letter = monogram(self._spec, self._scheme, box)
        return (letter, placed), tile

    def _button(self) -> tuple[PlacedText | None, Shape | None]:
        if self._call is None:
            return None, None
        padding = self._pixels(3.0)
        label = fit(self._call, Room(self._room.width - 2 * padding, self._pixels(5), self._pixels(2.3), self._pixels(3.3), 1))
        high, wide = max(self._pixels(7.2), label.height + self._pixels(3)), label.width + 2 * padding
        left = self._room.right - wide if self._mirrored else self._room.left
        box = Box(left, self._room.bottom - high, left + wide, self._room.bottom)
        top = centred_top(label, box)
        text = PlacedText(Role.BUTTON, label, left + padding, top, self._scheme.button_ink, self._scheme.button)
        return text, rounded(box, high // 2, self._scheme.button)

    def _placed(self, role: Role, block: Block, top: int, ink: Colour) -> PlacedText:
        left = self._room.right - block.width if self._mirrored else self._room.left
        return PlacedText(role, block, left, top, ink, self._scheme.ground, self._align)


def monogram(spec: ImageSpec, scheme: Scheme, box: Box) -> tuple[Shape, PlacedText]:
    """A tile with the brand's initial: the sign of a brand that has no logo."""
    size = round(box.width * 0.60)
    block = fit(_initial(spec), Room(box.width * 4 // 5, box.height * 9 // 10, size // 3, size, 1))
    left = (box.left + box.right - block.width) // 2
    letter = PlacedText(Role.MONOGRAM, block, left, centred_top(block, box), scheme.button_ink, scheme.button)
    return rounded(box, box.width * 24 // 100, scheme.button), letter


def own_sign(logo: bytes, box: Box) -> tuple[Shape, PlacedPicture]:
    """A plain tile, white or nearly black, whichever the logo stands out on, and the logo on it: whole, and in its own colours."""
    _, light = shape_of(logo)
    margin = max(1, min(box.width, box.height) * 10 // 100)
    return rounded(box, box.height * 24 // 100, _DARK if light else _WHITE), PlacedPicture(logo, box.inset(margin), cover=False)


def _initial(spec: ImageSpec) -> Text:
    initial = next((character for character in spec.brand if character.isalnum()), spec.brand.strip()[:1])
    try:
        return Text.of("brand", initial.upper(), language=spec.language, bold=True)
    except UnsupportedCharacter:  # Georgian has capitals that hardly any font draws
        return Text.of("brand", initial, language=spec.language, bold=True)


def centred_top(block: Block, box: Box) -> int:
    """Top of a block whose capitals, or ideographs, look centred between the box's top and bottom."""
    cjk = any(is_cjk(character) for line in block.lines for run in line.runs for character in run.text)
    half = round(block.size * (0.38 if cjk else 0.345))
    return (box.top + box.bottom - block.leading * (len(block.lines) - 1)) // 2 + half - block.above
