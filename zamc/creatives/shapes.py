"""Boxes and shapes: the geometry of a picture, in whole pixels from the top left corner."""

from dataclasses import dataclass, replace
from enum import StrEnum

from zamc.creatives.colours import Colour


@dataclass(frozen=True)
class Box:
    """Left and top inside, right and bottom outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def area(self) -> int:
        return self.width * self.height

    def inset(self, by: int) -> "Box":
        return Box(self.left + by, self.top + by, self.right - by, self.bottom - by)

    def clipped(self, other: "Box") -> "Box":
        """What both boxes have; empty or negative sides if they do not meet."""
        return Box(max(self.left, other.left), max(self.top, other.top), min(self.right, other.right), min(self.bottom, other.bottom))

    def within(self, other: "Box") -> bool:
        return self.left >= other.left and self.top >= other.top and self.right <= other.right and self.bottom <= other.bottom

    def meets(self, other: "Box") -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


class Form(StrEnum):
    """rounded: a rectangle whose corners have `radius`; quarter: of a disc, its centre in `corner` of the box."""

    RECTANGLE = "rectangle"
    ROUNDED = "rounded"
    DISC = "disc"
    QUARTER = "quarter"
    TRIANGLE = "triangle"


class Corner(StrEnum):
    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    BOTTOM_RIGHT = "bottom_right"
    BOTTOM_LEFT = "bottom_left"


@dataclass(frozen=True)
class Shape:
    """A filled form; parts outside the picture, or outside `clip`, are not drawn."""

    form: Form
    box: Box
    fill: Colour
    radius: int = 0
    corner: Corner = Corner.TOP_LEFT
    clip: Box | None = None


def disc(x: int, y: int, radius: int, fill: Colour, clip: Box | None = None) -> Shape:
    return Shape(Form.DISC, Box(x - radius, y - radius, x + radius, y + radius), fill, clip=clip)


def rectangle(box: Box, fill: Colour) -> Shape:
    return Shape(Form.RECTANGLE, box, fill)


def rounded(box: Box, radius: int, fill: Colour, clip: Box | None = None) -> Shape:
    return Shape(Form.ROUNDED, box, fill, radius=min(radius, box.width // 2, box.height // 2), clip=clip)


def quarter(box: Box, corner: Corner, fill: Colour) -> Shape:
    """A quarter disc as large as a square box, its centre in that corner."""
    return Shape(Form.QUARTER, box, fill, corner=corner)


def shrunk(shape: Shape, share: float) -> Shape:
    """A quarter of `share` of the radius around the same centre."""
    size = round(shape.box.width * share)
    left = shape.box.left if shape.corner in (Corner.TOP_LEFT, Corner.BOTTOM_LEFT) else shape.box.right - size
    top = shape.box.top if shape.corner in (Corner.TOP_LEFT, Corner.TOP_RIGHT) else shape.box.bottom - size
    return replace(shape, box=Box(left, top, left + size, top + size))
