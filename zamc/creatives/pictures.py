"""A layout becomes the bytes of a picture, with Pillow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from zamc.creatives.composition import compose
from zamc.creatives.fonts import sized, width
from zamc.creatives.layout import ImageSpec, Layout, PlacedText
from zamc.creatives.photographs import paste
from zamc.creatives.shapes import Box, Corner, Form, Shape
from zamc.errors import InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Picture:
    """An encoded picture and the layout that it shows. media_type: image/png, or image/jpeg where PNG would be too large."""

    data: bytes
    media_type: str
    layout: Layout


def render(spec: ImageSpec) -> Picture:
    """Compose and draw. The same spec gives the same bytes with the same Pillow. Raises what `composition.compose` raises."""
    return draw(compose(spec))


def draw(layout: Layout) -> Picture:
    """Draw a composed layout."""
    image = ground(layout)
    write_texts(image, layout.texts)
    data, media_type = _encoded(image, layout.placement.max_bytes)
    return Picture(data, media_type, layout)


def write_texts(image: "Image", texts: Sequence[PlacedText]) -> None:
    """Draw texts where they stand."""
    from PIL import ImageDraw

    pen = ImageDraw.Draw(image)
    for text in texts:
        for x, baseline, line in text.lines():
            at = x
            for run in line.runs:
                font = sized(run.face, text.block.size)
                pen.text((at, baseline), run.text, fill=text.ink, font=font, anchor="ls", direction=run.direction)
                at += width(run, text.block.size)


def ground(layout: Layout) -> "Image":
    """The picture without its texts."""
    from PIL import Image

    image = Image.new("RGB", (layout.placement.width, layout.placement.height), layout.ground)
    for placed in layout.under:
        paste(image, placed)
    for shape in layout.shapes:
        _paint(image, shape)
    for placed in layout.over:
        paste(image, placed)
    return image


def _encoded(image: "Image", max_bytes: int) -> tuple[bytes, str]:
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=3)  # a sixth larger than level 6, a quarter faster
    if buffer.tell() <= max_bytes:
        return buffer.getvalue(), "image/png"
    for quality in (95, 90, 80, 65, 40):
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True)
        if buffer.tell() <= max_bytes:
            return buffer.getvalue(), "image/jpeg"
    raise InvalidInput("placement.max_bytes", f"{image.width} x {image.height} pixels do not fit into {max_bytes} bytes")


def _paint(image: "Image", shape: Shape) -> None:
    box, canvas = shape.box, Box(0, 0, image.width, image.height)
    seen = box.clipped(canvas).clipped(shape.clip or canvas)
    if seen.width <= 0 or seen.height <= 0:
        return
    area = (seen.left, seen.top, seen.right, seen.bottom)
    if shape.form is Form.RECTANGLE:
        image.paste(shape.fill, area)
        return
    mask = _mask(shape.form, box.width, box.height, shape.radius, shape.corner)
    image.paste(shape.fill, area, mask.crop((seen.left - box.left, seen.top - box.top, seen.right - box.left, seen.bottom - box.top)))


@lru_cache(maxsize=24)
def _mask(form: Form, wide: int, high: int, radius: int, corner: Corner) -> "Image":
    """How much of each pixel a form covers, 0 to 255."""
    from PIL import Image, ImageDraw

    if form is Form.QUARTER:
        return _turned(_quarter_mask(wide), corner)
    if form is Form.TRIANGLE:
        large = Image.new("L", (wide * 4, wide * 4), 0)
        ImageDraw.Draw(large).polygon([(0, 0), (wide * 4, 0), (0, wide * 4)], fill=255)
        return _turned(large.reduce(4), corner)
    bend = wide // 2 if form is Form.DISC else radius
    mask = Image.new("L", (wide, high), 255)
    piece = _quarter_mask(bend)
    for name, at in (
        (Corner.BOTTOM_RIGHT, (0, 0)),
        (Corner.BOTTOM_LEFT, (wide - bend, 0)),
        (Corner.TOP_LEFT, (wide - bend, high - bend)),
        (Corner.TOP_RIGHT, (0, high - bend)),
    ):
        mask.paste(_turned(piece, name), at)
    return mask


@lru_cache(maxsize=24)
def _quarter_mask(radius: int) -> "Image":
    """A quarter disc with its centre in the top left corner, with smooth edges."""
    import numpy
    from PIL import Image

    squares = (numpy.arange(radius, dtype=numpy.float32) + 0.5) ** 2
    distance = numpy.sqrt(squares[:, None] + squares[None, :])
    return Image.fromarray((numpy.clip(radius - distance + 0.5, 0, 1) * 255 + 0.5).astype(numpy.uint8))


def _turned(mask: "Image", corner: Corner) -> "Image":
    """The mask with what was at its top left moved to a corner."""
    from PIL.Image import Transpose

    turn = {
        Corner.TOP_RIGHT: Transpose.FLIP_LEFT_RIGHT,
        Corner.BOTTOM_LEFT: Transpose.FLIP_TOP_BOTTOM,
        Corner.BOTTOM_RIGHT: Transpose.ROTATE_180,
    }
    return mask.transpose(turn[corner]) if corner in turn else mask
