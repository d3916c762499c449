"""The frames of a video, as the three planes that an encoder takes. Whatever stands still is drawn and converted once.

Only the art is scaled anew for each frame (a slow zoom and drift), and only the rows of a caption are blended while it appears.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zamc.creatives.layout import Layout, Role
from zamc.creatives.pictures import ground, write_texts
from zamc.creatives.shapes import Box
from zamc.creatives.video_scenes import VideoSpec, scenes

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

_APPEARING_FRAMES = 14  # a caption is wiped in from top to bottom
_CLOSING_FRAMES = 12  # the card is wiped over the last caption
_SOFT_EDGE = 0.35  # of the wipe, as a share of the caption's height
_ZOOM = 0.10  # the art at the end shows this share less of itself than at the beginning
# The art moves by half a pixel a frame; moved by one pixel in every second frame it looks the same and costs half.
_ART_EVERY = 2


@dataclass(frozen=True)
class Planes:
    """Luma at full size, both chromas at half: BT.709, limited range (16 to 235)."""

    luma: "NDArray[Any]"
    blue: "NDArray[Any]"
    red: "NDArray[Any]"

    def all(self) -> tuple["NDArray[Any]", "NDArray[Any]", "NDArray[Any]"]:
        return self.luma, self.blue, self.red

    def copy(self) -> "Planes":
        return Planes(self.luma.copy(), self.blue.copy(), self.red.copy())

    def part(self, box: Box) -> "Planes":
        """A view of a box whose edges are even."""
        half = (slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2))
        return Planes(self.luma[box.top : box.bottom, box.left : box.right], self.blue[half], self.red[half])


def frames(spec: VideoSpec) -> Iterator[Planes]:
    """Every frame in order. A frame may be the same object as the one before, changed: use it before asking for the next."""
    captions, card = scenes(spec)
    total = sum(scene.frames for scene in captions)
    art = [_Moving(box, _planes(ground(captions[0].layout)), total) for box in map(_even, captions[0].layout.art)]
    at = 0
    frame = _planes(_drawn(captions[0].layout, without=Role.HEADLINE))
    for scene in captions:
        bare, full = _planes(_drawn(scene.layout, without=Role.HEADLINE)), _planes(_drawn(scene.layout))
        rows = _rows(scene.layout)
        frame = bare.copy()
        for index in range(scene.frames):
            if index <= _APPEARING_FRAMES:
                _wipe(frame.part(rows), bare.part(rows), full.part(rows), index / _APPEARING_FRAMES)
            for moving in art:
                moving.draw(frame, at - at % _ART_EVERY, fresh=index == 0 or at % _ART_EVERY == 0)
            at += 1
            yield frame
    last, closing = frame.copy(), _planes(_drawn(card.layout))
    for index in range(card.frames):
        if index < _CLOSING_FRAMES:
            _wipe(frame, last, closing, (index + 1) / _CLOSING_FRAMES)
        yield frame


class _Moving:
    """Art that is zoomed and drifts within its box."""

    def __init__(self, box: Box, still: Planes, total: int) -> None:
        from PIL import Image

        self._box, self._total = box, total
        self._sources = [Image.fromarray(plane.copy()) for plane in still.part(box).all()]

    def draw(self, frame: Planes, at: int, *, fresh: bool) -> None:
        """As it looks at a frame; nothing is done where that frame has it already."""
        import numpy
        from PIL.Image import Resampling

        if not fresh:
            return
        share = at / self._total * _ZOOM
        for source, target in zip(self._sources, frame.part(self._box).all(), strict=True):
            wide, high = source.size
            left, top = wide * share * 0.7, high * share * 0.5
            seen = (left, top, left + wide * (1 - share), top + high * (1 - share))
            target[:] = numpy.asarray(source.resize(source.size, Resampling.BILINEAR, box=seen))


def _drawn(layout: Layout, *, without: Role | None = None) -> "Image":
    image = ground(layout)
    write_texts(image, [text for text in layout.texts if text.role is not without])
    return image


def _planes(image: "Image") -> Planes:
    """Whole-number arithmetic, so that every machine gets the same bytes."""
    import numpy

    full = numpy.asarray(image).astype(numpy.int32)
    half = numpy.asarray(image.reduce(2)).astype(numpy.int32)
    luma = ((full @ numpy.array([11966, 40254, 4064], numpy.int32)) + 32768 >> 16) + 16
    blue = ((half @ numpy.array([-6596, -22189, 28784], numpy.int32)) + 32768 >> 16) + 128
    red = ((half @ numpy.array([28784, -26145, -2639], numpy.int32)) + 32768 >> 16) + 128
    return Planes(*(plane.astype(numpy.uint8) for plane in (luma, blue, red)))


def _even(box: Box) -> Box:
    """The largest box with even edges inside."""
    return Box(box.left + box.left % 2, box.top + box.top % 2, box.right - box.right % 2, box.bottom - box.bottom % 2)


def _rows(layout: Layout) -> Box:
    """Where the caption stands, with room for its accents, out to even pixels and not into the art."""
    caption = next(text for text in layout.texts if text.role is Role.HEADLINE)
    margin, box, place = caption.block.size // 3, caption.box, layout.placement
    top = max([0, *(art.bottom for art in layout.art if art.bottom <= box.top), box.top - margin])
    bottom = min([place.height, *(art.top for art in layout.art if art.top >= box.bottom), box.bottom + margin])
    grown = Box(max(0, box.left - margin), top, min(place.width, box.right + margin), bottom)
    return Box(grown.left // 2 * 2, (grown.top + 1) // 2 * 2, (grown.right + 1) // 2 * 2, grown.bottom // 2 * 2)


def _wipe(target: Planes, bare: Planes, full: Planes, progress: float) -> None:
    """From nothing (progress 0) to all of the caption (1), top rows first, with a soft edge."""
    import numpy

    for into, below, above in zip(target.all(), bare.all(), full.all(), strict=True):
        high = into.shape[0]
        edge = high * _SOFT_EDGE
        weight = numpy.clip((progress * (high + edge) - numpy.arange(high)) / edge, 0, 1)
        _mix(into, below, above, (weight * 256).astype(numpy.int32)[:, None])


def _mix(into: "NDArray[Any]", below: "NDArray[Any]", above: "NDArray[Any]", weight: Any) -> None:
    """weight: 0 to 256, of `above`."""
    import numpy

    first = below.astype(numpy.int32)
    into[:] = first + ((above.astype(numpy.int32) - first) * weight >> 8)
