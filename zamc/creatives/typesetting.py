"""Text into a box: the largest size at which it fits, lines of like length, and a refusal where it does not fit."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil

from zamc.creatives.fonts import Face, Run, faces, ink, is_cjk, needs_shaping, runs, width
from zamc.creatives.linebreaks import Break, Piece, pieces, tidy
from zamc.errors import InvalidInput

# Widths are looked up at one size and scaled while searching; the size that is found is then measured as it is drawn.
_REFERENCE = 128
_LONGEST = 500
# Breaking lines at poor places must win this much in size, or the good places are kept.
_WORTH_A_POOR_BREAK = 1.3


class TextDoesNotFit(InvalidInput):
    """The text is too long for its place even at the smallest legible size: it must be shortened by who wrote it."""


@dataclass(frozen=True)
class Line:
    """One line: runs from left to right, its advance width, and how far its ink reaches from the baseline and the origin."""

    runs: tuple[Run, ...]
    width: float
    left: float
    right: float
    above: float
    below: float


@dataclass(frozen=True)
class Block:
    """Lines at one size, in pixels. The first baseline is `above` under the block's top; the next ones follow by `leading`."""

    size: int
    leading: int
    above: int
    below: int
    width: int
    lines: tuple[Line, ...]

    @property
    def height(self) -> int:
        return self.above + self.leading * (len(self.lines) - 1) + self.below


@dataclass(frozen=True)
class Text:
    """A text ready to be fitted. field: its name in errors; faces: the fonts of all of its lines, the preferred one first.

    name: of a brand that may stand in it, and that stays in one line where it can.
    """

    field: str
    text: str
    language: str
    bold: bool
    faces: tuple[Face, ...]
    name: str = ""

    @classmethod
    def of(cls, field: str, text: str, *, language: str, bold: bool, name: str = "") -> "Text":
        """Raises UnsupportedCharacter, ScriptNotAvailable, and InvalidInput for a text with nothing to see."""
        if len(text) > _LONGEST:
            raise TextDoesNotFit(field, f"has {len(text)} characters; no picture has room for more than {_LONGEST}")
        text = tidy(field, text)
        if not text.strip("\u00a0\u200c\u200d"):
            raise InvalidInput(field, "must not be empty")
        chain = faces(text, language=language, bold=bold)
        runs(field, text, chain, language=language)
        return cls(field, text, language, bold, chain, name)


@dataclass(frozen=True)
class Room:
    """What a text may take: width and height, sizes of type from `smallest` to `largest` (all in pixels), and a number of lines."""

    width: int
    height: int
    smallest: int
    largest: int
    lines: int


def fit(text: Text, room: Room) -> Block:
    """The text at the largest size that keeps to the room. Raises TextDoesNotFit."""
    broken = pieces(text.text, name=text.name)
    good, poor = (_search(text, _merged(broken, worst), room) for worst in (Break.GOOD, Break.POOR))
    if good is not None and (poor is None or poor.size < good.size * _WORTH_A_POOR_BREAK):
        return good
    if poor is None:
        sentence = f"{text.text!r} does not fit into {room.width} x {room.height} pixels at a legible size; shorten it"
        raise TextDoesNotFit(text.field, sentence)
    return poor


def _merged(broken: tuple[Piece, ...], worst: Break) -> tuple[Piece, ...]:
    """Pieces joined where a break is worse than `worst`."""
    joined: list[Piece] = []
    for piece in broken:
        if joined and joined[-1].after < worst:
            last = joined[-1]
            joined[-1] = Piece(last.text + " " * last.spaced + piece.text, piece.after, piece.spaced)
        else:
            joined.append(piece)
    return tuple(joined)


def _search(text: Text, parts: tuple[Piece, ...], room: Room) -> Block | None:
    measured = _Measured(parts, tuple(_reference_width(text, part.text) for part in parts), _reference_width(text, "\u00a0"))
    low, high = room.smallest - 1, room.largest
    while low < high:
        size = (low + high + 1) // 2
        wrapped = _wrap(measured, room.width * _REFERENCE / size)
        if wrapped and len(wrapped) <= room.lines and _leading(text, size) * (len(wrapped) - 1) + size * 0.72 <= room.height:
            low = size
        else:
            high = size - 1
    # Hinting rounds widths at small sizes, and stacked accents need room: what is drawn decides.
    for size in range(low, room.smallest - 1, -1):
        block = _set(text, measured, size, room)
        if block is not None and block.width <= room.width and block.height <= room.height:
            return block
    return None


@dataclass(frozen=True)
class _Measured:
    """Pieces with their widths, and the width of a space, at the reference size."""

    pieces: tuple[Piece, ...]
    widths: tuple[float, ...]
    space: float


def _wrap(measured: _Measured, limit: float) -> list[list[int]] | None:
    """Greedy lines as lists of piece indices; None if a piece is wider than the limit."""
    wrapped: list[list[int]] = []
    used = 0.0
    for index, piece_width in enumerate(measured.widths):
        if piece_width > limit:
            return None
        extra = piece_width + (measured.space if index and measured.pieces[index - 1].spaced else 0)
        if wrapped and used + extra <= limit:
            wrapped[-1].append(index)
            used += extra
        else:
            wrapped.append([index])
            used = piece_width
    return wrapped


def _balanced(measured: _Measured, limit: float) -> list[list[int]]:
    """The same number of lines within the narrowest limit: lines of like length, and no lonely last word."""
    wrapped = _wrap(measured, limit)
    if wrapped is None:
        return []
    low, high = max(measured.widths), limit
    for _ in range(10):
        middle = (low + high) / 2
        narrower = _wrap(measured, middle)
        if narrower is not None and len(narrower) == len(wrapped):
            wrapped, high = narrower, middle
        else:
            low = middle
    return wrapped


def _set(text: Text, measured: _Measured, size: int, room: Room) -> Block | None:
    wrapped = _balanced(measured, room.width * _REFERENCE / size)
    if not wrapped or len(wrapped) > room.lines:
        return None
    parts = measured.pieces
    joined = ("".join(parts[i].text + " " * (parts[i].spaced and i != row[-1]) for i in row) for row in wrapped)
    set_lines = tuple(_line(text, content, size) for content in joined)
    above = max(ceil(set_lines[0].above), round(size * 0.70))
    below = max(ceil(set_lines[-1].below), round(size * 0.2))
    closest = max((ceil(upper.below + lower.above) for upper, lower in pairwise(set_lines)), default=0)
    widest = max(ceil(max(line.right, line.width) - min(line.left, 0)) for line in set_lines)
    return Block(size, max(_leading(text, size), closest + size // 20), above, below, widest, set_lines)


@lru_cache(maxsize=2048)
def _line(text: Text, content: str, size: int) -> Line:
    parts = runs(text.field, content, text.faces, language=text.language)
    at, lefts, rights, aboves, belows = 0.0, [0.0], [0.0], [0.0], [0.0]
    for run in parts:
        left, top, right, bottom = ink(run, size)
        lefts.append(at + left)
        rights.append(at + right)
        aboves.append(-top)
        belows.append(bottom)
        at += width(run, size)
    return Line(parts, at, min(lefts), max(rights), max(aboves), max(belows))


@lru_cache(maxsize=8192)
def _reference_width(text: Text, content: str) -> float:
    return _line(text, content, _REFERENCE).width


def _leading(text: Text, size: int) -> int:
    return round(size * _openness(text.text, text.bold))


@lru_cache(maxsize=1024)
def _openness(text: str, bold: bool) -> float:
    """Distance of baselines in sizes: ideographs fill their square, and Arabic, Thai and Devanagari reach far up and down."""
    if any(map(needs_shaping, text)):
        return 1.45
    if any(map(is_cjk, text)):
        return 1.34
    return 1.14 if bold else 1.32
