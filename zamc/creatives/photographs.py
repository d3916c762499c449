"""Pictures that are not ours, made safe: a logo that somebody hands in, a background that a model paints.

The type is read from the content, never from a name or a header. Size in pixels is read before anything is unpacked. What is kept is drawn
anew: no metadata, no second file behind the first one, nothing but pixels.
"""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from zamc.creatives.shapes import Box
from zamc.errors import InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image

MEDIA_TYPE = "image/png"
_KINDS = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}
_MOST_BYTES = 10_000_000
_MOST_PIXELS = 24_000_000
_LONGEST_SIDE = 12_000


@dataclass(frozen=True)
class Photograph:
    """A picture of plain pixels as PNG. Lengths in pixels."""

    data: bytes
    width: int
    height: int
    media_type: str = MEDIA_TYPE


@dataclass(frozen=True)
class PlacedPicture:
    """A photograph in a box: cover fills the box and loses what sticks out, else all of it is shown within the box."""

    data: bytes
    box: Box
    cover: bool


def photograph(field: str, data: bytes, *, smallest: int = 16, largest: int = 2_048, see_through: bool = True) -> Photograph:
    """The picture that these bytes are, at most `largest` pixels long, with or without transparency.

    Raises InvalidInput with `field` and what is allowed: PNG or JPEG (no SVG: it is a program), at most 10 MB and 24 million pixels.
    """
    if len(data) > _MOST_BYTES:
        raise InvalidInput(field, f"is larger than {_MOST_BYTES // 1_000_000} MB")
    kind = next((kind for start, kind in _KINDS.items() if data.startswith(start)), None)
    if kind is None:
        svg = b"<svg" in data[:4_096].lower()
        raise InvalidInput(field, "is an SVG, which may hold a program; hand it in as PNG" if svg else "is neither a PNG nor a JPEG file")
    image = _opened(field, data, kind, smallest)
    image = image.convert("RGBA") if see_through else _flat(image)
    if max(image.size) > largest:
        image.thumbnail((largest, largest))
    file = BytesIO()
    image.save(file, "PNG", compress_level=6)
    return Photograph(file.getvalue(), image.width, image.height)


def _opened(field: str, data: bytes, kind: str, smallest: int) -> "Image":
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        image = Image.open(BytesIO(data), formats=[kind])
        wide, high = image.size
        if min(wide, high) < smallest:
            raise InvalidInput(field, f"is {wide} x {high} pixels; at least {smallest} x {smallest} are needed")
        if max(wide, high) > _LONGEST_SIDE or wide * high > _MOST_PIXELS:
            raise InvalidInput(field, f"is {wide} x {high} pixels; at most {_MOST_PIXELS // 1_000_000} million are taken")
        if getattr(image, "n_frames", 1) > 1:
            raise InvalidInput(field, "moves; hand in a still picture")
        image.load()
        return ImageOps.exif_transpose(image)
    except Image.DecompressionBombError as error:
        raise InvalidInput(field, f"has far too many pixels; at most {_MOST_PIXELS // 1_000_000} million are taken") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise InvalidInput(field, f"cannot be read as {kind}: it is damaged or not what it says") from error


def _flat(image: "Image") -> "Image":
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        return white.convert("RGB")
    return image.convert("RGB")


def paste(onto: "Image", placed: PlacedPicture) -> None:
    """Draw a photograph where it stands."""
    from PIL import ImageOps
    from PIL.Image import Resampling

    image, box = _decoded(placed.data), placed.box
    size = (box.width, box.height)
    fit = ImageOps.fit if placed.cover else ImageOps.contain
    drawn = fit(image, size, Resampling.LANCZOS)
    at = (box.left + (box.width - drawn.width) // 2, box.top + (box.height - drawn.height) // 2)
    onto.paste(drawn.convert("RGB"), at, drawn.getchannel("A") if drawn.mode == "RGBA" else None)


def shape_of(data: bytes) -> tuple[float, bool]:
    """(width / height, whether what is seen of it is light: it then wants a dark ground)."""
    import numpy

    image = _decoded(data)
    small = numpy.asarray(image.convert("RGBA").resize((64, 64))).astype(numpy.float64)
    seen = small[..., 3] / 255
    luma = (small[..., :3] @ numpy.array([0.2126, 0.7152, 0.0722])) / 255
    return image.width / image.height, bool(seen.sum() and (luma * seen).sum() / seen.sum() > 0.65)


@lru_cache(maxsize=8)
def _decoded(data: bytes) -> "Image":
    from PIL import Image

    image = Image.open(BytesIO(data), formats=["PNG"])
    image.load()
    return image
