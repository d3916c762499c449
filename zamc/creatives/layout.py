"""What a picture is made from, and what it is made into before it is drawn: plain values.

`composition.compose` turns an ImageSpec into a Layout, `pictures.render` into the bytes of a file.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from zamc.creatives.colours import Colour, contrast
from zamc.creatives.photographs import PlacedPicture
from zamc.creatives.shapes import Box, Shape
from zamc.creatives.sizes import Placement
from zamc.creatives.typesetting import Block, Line


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
    supporting, call_to_action: "" leaves them out. Placements whose `messages` is False show neither; logos show the brand alone.
    variant: 0, 1, 2 ...: other motif, colour arrangement and side, so that the pictures of a set differ at a glance.
    logo: the brand's own sign, drawn in place of its initial; scene: a photograph in place of the motif; both PNG as
    `photographs.photograph` makes it, b"": there is none.
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
    logo: bytes = b""
    scene: bytes = b""


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
    """A composed picture: paint `ground`, then `under`, `shapes`, `over` and `texts`, in order."""

    placement: Placement
    ground: Colour
    shapes: tuple[Shape, ...]
    texts: tuple[PlacedText, ...]
    safe: Box
    art: tuple[Box, ...]
    under: tuple[PlacedPicture, ...] = ()
    over: tuple[PlacedPicture, ...] = ()

    @property
    def text_share(self) -> float:
        """Share of the picture that text covers, 0 to 1."""
        return sum(text.box.area for text in self.texts) / (self.placement.width * self.placement.height)

    @property
    def lowest_contrast(self) -> float:
        """The WCAG contrast ratio of the text that has the least of it."""
        return min((contrast(text.ink, text.ground) for text in self.texts), default=21.0)


def safe_box(placement: Placement) -> Box:
    """Where text may stand."""
    wide, high, safe = placement.width, placement.height, placement.safe
    return Box(ceil(wide * safe.left), ceil(high * safe.top), int(wide * (1 - safe.right)), int(high * (1 - safe.bottom)))
