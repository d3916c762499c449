"""The art of a picture that has no photograph: patterns of plain forms in the brand's colours.

A motif fills `art` and may run out of the canvas, never out of `art` into the text's side. `seed` makes two brands differ.
"""

from collections.abc import Callable
from hashlib import sha256
from itertools import count

from zamc.creatives.colours import Colour, Scheme, contrast
from zamc.creatives.shapes import Box, Corner, Form, Shape, disc, quarter, rectangle, rounded, shrunk

Motif = Callable[[Box, Box, Scheme, str], tuple[Shape, ...]]


class Dice:
    """Choices that are always the same for the same seed, in every process."""

    def __init__(self, seed: str) -> None:
        self._bytes = (byte for number in count() for byte in sha256(f"{seed}/{number}".encode()).digest())

    def below(self, limit: int) -> int:
        return next(self._bytes) % limit


def mosaic(art: Box, canvas: Box, scheme: Scheme, seed: str) -> tuple[Shape, ...]:
    """Tiles of quarter discs, discs and triangles."""
    dice = Dice(seed)
    side, _ = tiling(max(art.width, art.height), min(art.width, art.height))
    columns, rows = -(-art.width // side), -(-art.height // side)
    shapes: list[Shape] = []
    grounds: dict[tuple[int, int], Colour] = {}
    # Tiles start at the edge that touches the text, so that only the canvas cuts them.
    for row in range(rows):
        for column in range(columns):
            left = art.left + column * side if art.right == canvas.right else art.right - (column + 1) * side
            top = art.top + row * side if art.bottom == canvas.bottom else art.bottom - (row + 1) * side
            box = Box(left, top, left + side, top + side)
            near = {grounds.get((row - 1, column)), grounds.get((row, column - 1))}
            choices = [colour for colour in (scheme.ground, *scheme.shapes) if colour not in near] or list(scheme.shapes)
            ground = choices[dice.below(len(choices))]
            grounds[row, column] = ground
            figures = [colour for colour in scheme.shapes if contrast(colour, ground) >= 1.4] or [scheme.ink]
            shapes += _figure(dice, box, ground, figures)
    return tuple(shapes)


def _figure(dice: Dice, box: Box, ground: Colour, colours: list[Colour]) -> list[Shape]:
    fill, other = colours[dice.below(len(colours))], colours[dice.below(len(colours))]
    corner = list(Corner)[dice.below(4)]
    base = rectangle(box, ground)
    kind = dice.below(8)
    whole = quarter(box, corner, fill)
    if kind <= 2:
        return [base, whole]
    if kind <= 4:
        return [base, whole, shrunk(quarter(box, corner, ground), 0.68), shrunk(quarter(box, corner, other), 0.36)]
    if kind == 5:
        middle = Box(box.left, box.top, box.right, box.bottom)
        x, y = (middle.left + middle.right) // 2, (middle.top + middle.bottom) // 2
        return [base, disc(x, y, box.width * 36 // 100, fill), disc(x, y, box.width * 15 // 100, other if other != fill else ground)]
    if kind == 6:
        return [base, Shape(Form.TRIANGLE, box, fill, corner=corner)]
    half = box.width // 2
    pairs = [Box(box.left, box.top, box.left + half, box.top + half), Box(box.left + half, box.top + half, box.right, box.bottom)]
    return [base, *(quarter(pair, corner, fill) for pair in pairs)]


def tiling(span: int, depth: int) -> tuple[int, int]:
    """Side of square tiles of which 4 to 7 fill the span, and the depth nearest to `depth` that whole tiles fill."""
    sides = [-(-span // number) for number in (4, 5, 6, 7)]
    choices = [(side, max(1, round(depth / side)) * side) for side in sides]
    return min(choices, key=lambda choice: abs(choice[1] - depth))


def sun(art: Box, canvas: Box, scheme: Scheme, seed: str) -> tuple[Shape, ...]:
    """Rings that rise from the outer edge, and a small disc that answers them where there is room."""
    dice = Dice(seed)
    colours = _ordered(scheme, dice)
    side = 1 if dice.below(2) else -1
    if art.width > art.height:
        x = (art.left + art.right) // 2 - side * art.width // 5
        y = art.bottom if art.bottom == canvas.bottom else art.top
        radius = art.height * 98 // 100
        answer = (x + side * (radius + art.height * 27 // 100), y + (-1 if y == art.bottom else 1) * radius * 60 // 100)
    else:
        outer = art.right if art.right == canvas.right else art.left
        x, y = (outer * 2 + (art.left + art.right) // 2) // 3, art.bottom - art.height * 3 // 10
        radius = min(art.width * 98 // 100, abs(x - (art.left + art.right - outer)))
        answer = ((art.left + art.right) // 2 - art.width * 9 // 100, max(art.top + art.width * 27 // 100, y - radius - art.width // 6))
    parts = enumerate((100, 78, 56, 34, 14))
    rings = tuple(disc(x, y, radius * part // 100, colours[index % len(colours)], clip=art) for index, part in parts)
    small = disc(*answer, min(art.width, art.height) * 9 // 100, colours[1])
    return (*rings, small) if small.box.within(art) else rings


def arches(art: Box, canvas: Box, scheme: Scheme, seed: str) -> tuple[Shape, ...]:
    """Nested arches of different height that stand on the outer edge, or hang from it."""
    dice = Dice(seed)
    hanging = art.bottom != canvas.bottom
    number = max(2, round(art.width / (art.height * 0.62)))
    step = art.width // number
    colours = _ordered(scheme, dice)
    shapes: list[Shape] = []
    for index in range(number):
        left = art.left + index * step
        right = art.right if index == number - 1 else left + step
        height = art.height * (58, 92, 74, 84)[(index + dice.below(2)) % 4] // 100
        for depth in range(4):
            inset = (right - left) * depth * 13 // 100
            top, bottom = art.bottom - height + inset, art.bottom + step
            if hanging:
                top, bottom = art.top - step, art.top + height - inset
            box = Box(left + inset, top, right - inset, bottom)
            fill = colours[(index + depth) % len(colours)] if depth < 3 else scheme.ground
            shapes.append(rounded(box, box.width // 2, fill, clip=art))
    return tuple(shapes)


def scales(art: Box, canvas: Box, scheme: Scheme, seed: str) -> tuple[Shape, ...]:
    """Rows of overlapping concentric discs, like roof tiles or waves."""
    colours = _ordered(scheme, Dice(seed))
    radius = art.width // (6 if art.width > art.height else 3)
    # Towards text above, the first row shows whole tops; from the canvas edge the pattern comes in cut.
    first = art.top if art.top == canvas.top else art.top + radius
    shapes: list[Shape] = []
    for row, y in enumerate(range(first, art.bottom + radius, radius // 2)):
        strong, light = colours[row % len(colours)], colours[(row + 1) % len(colours)]
        parts = ((100, scheme.ground), (95, strong), (70, scheme.ground), (52, light), (24, scheme.ground))
        for x in range(art.left - radius * (row % 2), art.right + radius, radius * 2):
            shapes += [disc(x, y, radius * part // 100, fill, clip=art) for part, fill in parts]
    return tuple(shapes)


def _ordered(scheme: Scheme, dice: Dice) -> list[Colour]:
    """The shape colours, the strongest first, starting at a place that depends on the seed."""
    start = dice.below(2)
    colours = sorted(scheme.shapes[:3], key=lambda colour: -contrast(colour, scheme.ground)) + list(scheme.shapes[3:])
    return colours[start:] + colours[:start]


MOTIFS: tuple[Motif, ...] = (mosaic, sun, arches, scales)
