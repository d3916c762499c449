"""Where art, texts and button stand in a picture: pure geometry, drawn by `pictures`.

A picture is a ground, a motif in the brand's colours on one side, and the texts on the other, within the placement's safe zone.
"""

from math import sqrt

from zamc.creatives.colours import Colour, Scheme, schemes
from zamc.creatives.columns import Column, centred_top, monogram, own_sign
from zamc.creatives.fonts import is_right_to_left
from zamc.creatives.layout import Align, ImageSpec, Layout, PlacedText, Role, safe_box
from zamc.creatives.motifs import MOTIFS, tiling
from zamc.creatives.photographs import PlacedPicture
from zamc.creatives.shapes import Box
from zamc.creatives.sizes import Purpose
from zamc.creatives.typesetting import Room, Text, fit


def compose(spec: ImageSpec) -> Layout:
    """Place everything. Raises InvalidInput: TextDoesNotFit, UnsupportedCharacter, a colour that is none; ScriptNotAvailable."""
    chosen = schemes(Colour.parse("brand.primary", spec.primary), Colour.parse("brand.secondary", spec.secondary))
    scheme = chosen[(spec.variant + spec.variant // 4) % len(chosen)]
    if spec.placement.purpose is Purpose.LOGO:
        return _logo(spec, scheme)
    art, room = _zones(spec)
    motif = MOTIFS[spec.variant % len(MOTIFS)]
    canvas = Box(0, 0, spec.placement.width, spec.placement.height)
    under = tuple(PlacedPicture(spec.scene, box, cover=True) for box in art) if spec.scene else ()
    shapes = () if under else tuple(shape for box in art for shape in motif(box, canvas, scheme, f"{spec.brand}/{spec.variant}"))
    column = Column(spec, scheme, room)
    limit = spec.placement.text_share
    texts, extra = column.set()
    while limit is not None and _share(spec, texts) > limit:
        column.shrink(sqrt(limit / _share(spec, texts)) * 0.98)
        texts, extra = column.set()
    return Layout(spec.placement, scheme.ground, (*shapes, *extra), texts, safe_box(spec.placement), art, under, column.signs)


def _share(spec: ImageSpec, texts: tuple[PlacedText, ...]) -> float:
    return sum(text.box.area for text in texts) / (spec.placement.width * spec.placement.height)


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
    room = column.clipped(safe)
    if place.safe.bottom > 0.15 and not other_side:  # below the text of a story too, where the platform's own buttons lie over it
        _, strip = tiling(wide, high * 12 // 100)
        return (art, Box(0, high - strip, wide, high)), room
    return (art,), room


def _logo(spec: ImageSpec, scheme: Scheme) -> Layout:
    """The brand's own sign alone; else the monogram with the name under it, or beside it when the picture is wide."""
    safe = safe_box(spec.placement)
    if spec.logo:
        ground, sign = own_sign(spec.logo, safe)
        return Layout(spec.placement, ground.fill, (), (), safe, (), over=(sign,))
    name = Text.of("brand", spec.brand, language=spec.language, bold=True)
    align = Align.LEFT if spec.placement.ratio > 1.3 else Align.CENTRE
    if spec.placement.ratio > 1.3:
        side = safe.height * 84 // 100
        gap = side // 4
        block = fit(name, Room(safe.width - side - gap, side, side // 6, side * 62 // 100, 2))
        left = (spec.placement.width - side - gap - block.width) // 2
        top = (spec.placement.height - side) // 2
        name_left, name_top = left + side + gap, centred_top(block, Box(0, top, 0, top + side))
    else:
        side = safe.width * 52 // 100
        gap = side // 6
        block = fit(name, Room(safe.width, safe.height - side - gap, safe.width // 14, safe.width * 17 // 100, 3))
        left, top = (spec.placement.width - side) // 2, (spec.placement.height - side - gap - block.height) // 2
        name_left, name_top = (spec.placement.width - block.width) // 2, top + side + gap
    tile, letter = monogram(spec, scheme, Box(left, top, left + side, top + side))
    placed = PlacedText(Role.BRAND, block, name_left, name_top, scheme.ink, scheme.ground, align)
    return Layout(spec.placement, scheme.ground, (tile,), (letter, placed), safe, ())
