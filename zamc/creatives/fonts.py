"""The fonts of the creatives, from wheels, and which of them draws which character.

FiraGO Regular and Bold (wheel pymupdf-fonts; SIL Open Font License 1.1, Reserved Font Name "Fira"): Latin, Greek, Cyrillic,
Georgian, Arabic, Hebrew, Thai, Devanagari.
Noto Sans CJK Bold (wheel cvttf-notosanscjk-bold; the font inside is SIL Open Font License 1.1, (c) Adobe): Japanese, Chinese, Korean.
Noto Sans, Noto Sans Symbols and Symbols2 (wheel pymupdf-fonts; SIL Open Font License 1.1): what is rarer.

Characters that no font has are refused: a box instead of a letter never reaches an advert.
"""

import os
import tempfile
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module, resources
from typing import TYPE_CHECKING

from zamc.creatives.opentype import characters, localised
from zamc.errors import ConfigurationError, InvalidInput

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FIRA, FIRA_BOLD, NOTO, NOTO_BOLD, SYMBOLS, SYMBOLS_2 = "figo", "figbo", "notos", "notosbo", "symbol1", "symbol2"
CJK = "cjk"
_CJK_LANGUAGES = {"ja": b"JAN ", "ko": b"KOR ", "zh-hans": b"ZHS ", "zh-hant-hk": b"ZHH ", "zh-hant": None}
# Ideographs, kana, hangul, bopomofo, CJK punctuation, full-width forms: first and last code point of each range.
_CJK_RANGES = (0x1100, 0x11FF, 0x2E80, 0x33FF, 0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xA960, 0xA97F, 0xAC00, 0xD7FF, 0xF900, 0xFAFF,
               0xFE30, 0xFE4F, 0xFF00, 0xFFEF, 0x20000, 0x3FFFF)  # fmt: skip
# Scripts whose letters join, reorder or stack: without a shaping engine they would be wrong, not only plain.
_SHAPED_RANGES = (0x0590, 0x08FF, 0x0900, 0x0DFF, 0x0E00, 0x0FFF, 0x1000, 0x109F, 0x1780, 0x17FF, 0xFB1D, 0xFDFF, 0xFE70, 0xFEFC)
_JOINERS = "\u200c\u200d"
_RIGHT_TO_LEFT_LANGUAGES = ("ar", "ckb", "fa", "he", "ps", "ur", "yi")


class UnsupportedCharacter(InvalidInput):
    """A character that no font has, or that has no place in an advert (controls, direction marks)."""


class ScriptNotAvailable(ConfigurationError):
    """A script that needs shaping, on a machine whose Pillow found no libfribidi."""


@dataclass(frozen=True)
class Face:
    """One font file, by name and, for CJK, by the language whose forms it shows."""

    name: str
    language: str = ""


@dataclass(frozen=True)
class Run:
    """Consecutive characters that one face draws. direction: "ltr" or "rtl" of the line, where right-to-left letters occur in it."""

    face: Face
    text: str
    direction: str | None = None


def is_cjk(character: str) -> bool:
    return _within(_CJK_RANGES, ord(character))


def needs_shaping(character: str) -> bool:
    return _within(_SHAPED_RANGES, ord(character)) or character in _JOINERS or unicodedata.category(character) in ("Mn", "Mc")


def is_right_to_left(language: str) -> bool:
    return language.lower().split("-")[0] in _RIGHT_TO_LEFT_LANGUAGES


def has_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def faces(text: str, *, language: str, bold: bool) -> tuple[Face, ...]:
    """The faces that set a text, the preferred one first.

    Where Han, kana or hangul occur, their font sets figures and Latin too, in the size that suits them, and all is bold:
    CJK comes in one weight.
    """
    cjk = Face(CJK, _cjk_language(language, text))
    rare = (Face(SYMBOLS_2), Face(SYMBOLS))
    if any(map(is_cjk, text)):
        return (cjk, Face(FIRA_BOLD), Face(NOTO_BOLD), *rare)
    return (Face(FIRA_BOLD if bold else FIRA), Face(NOTO_BOLD if bold else NOTO), cjk, *rare)


def runs(field: str, text: str, chain: tuple[Face, ...], *, language: str) -> tuple[Run, ...]:
    """Split text into runs that one face of the chain can draw.

    Raises UnsupportedCharacter and ScriptNotAvailable, naming the character. text: as `linebreaks.tidy` leaves it.
    """
    if any(map(needs_shaping, text)) and not can_shape():
        character = next(filter(needs_shaping, text))
        raise ScriptNotAvailable(
            f"{field}: {character!r} ({unicodedata.name(character, 'unnamed')}) needs shaping; install libfribidi0 for Pillow"
        )
    found: list[Run] = []
    for character in text:
        last = found[-1].face if found else None
        face = _face_of(character, chain, last)
        if face is None:
            name = unicodedata.name(character, "unnamed")
            raise UnsupportedCharacter(field, f"no font has {character!r} (U+{ord(character):04X}, {name})")
        if face == last:
            found[-1] = Run(face, found[-1].text + character)
        else:
            found.append(Run(face, character))
    if not has_right_to_left(text):
        return tuple(found)
    if len(found) > 1:
        raise UnsupportedCharacter(field, f"{found[1].text!r} cannot be set in one line with right-to-left text")
    return (Run(found[0].face, found[0].text, "rtl" if is_right_to_left(language) else "ltr"),)


def _face_of(character: str, chain: tuple[Face, ...], last: Face | None) -> Face | None:
    if last is not None and not character.isalnum() and not is_cjk(character) and ord(character) in coverage(last):
        return last  # spaces, quotes and dashes keep the face of what they follow
    return next((face for face in chain if ord(character) in coverage(face)), None)


def _cjk_language(language: str, text: str) -> str:
    """Which forms Han characters take. In text of another language kana mean Japanese and hangul Korean."""
    primary, *subtags = language.lower().split("-")
    if primary == "zh":
        if "hk" in subtags or "mo" in subtags:
            return "zh-hant-hk"
        return "zh-hant" if "hant" in subtags or "tw" in subtags else "zh-hans"
    if primary in _CJK_LANGUAGES:
        return primary
    return "ko" if any(0xAC00 <= ord(character) <= 0xD7FF for character in text) else "ja"


@cache
def coverage(face: Face) -> frozenset[int]:
    """Code points that a face draws. Loads the font once per process."""
    return frozenset(characters(_file(face)))


@cache
def can_shape() -> bool:
    from PIL import features

    return bool(features.check("raqm")) and bool(features.check("fribidi"))


@lru_cache(maxsize=256)
def sized(face: Face, pixels: int) -> "FreeTypeFont":
    """The face at a size, for drawing and measuring. CJK needs no shaping: its local forms are already its default ones."""
    from PIL import ImageFont

    engine = ImageFont.Layout.RAQM if can_shape() and face.name != CJK else ImageFont.Layout.BASIC
    return ImageFont.truetype(_path(face), pixels, layout_engine=engine)


@lru_cache(maxsize=8192)
def width(run: Run, pixels: int) -> float:
    """Advance width in pixels."""
    return sized(run.face, pixels).getlength(run.text, direction=run.direction)


def ink(run: Run, pixels: int) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is drawn, from the origin on the baseline."""
    return sized(run.face, pixels).getbbox(run.text, direction=run.direction, anchor="ls")


def _file(face: Face) -> bytes:
    """The font as the wheel has it."""
    if face.name == CJK:
        return resources.files("cvttf_NotoSansCJK_Bold").joinpath("NotoSansCJKtc-Bold.otf").read_bytes()
    return bytes(import_module("pymupdf_fonts").myfont(face.name))


@cache
def _path(face: Face) -> str:
    """Where FreeType opens the face. Given a path it maps the file; given bytes it would copy 17 MB for each size."""
    data, forms = _file(face), _CJK_LANGUAGES.get(face.language)
    if forms:
        data = localised(data, b"hani", forms)
    if hasattr(os, "memfd_create"):  # shared with forked children, gone with the last of them
        descriptor = os.memfd_create(f"zamc-font-{face.name}")
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        return f"/proc/self/fd/{descriptor}"
    descriptor, name = tempfile.mkstemp(prefix="zamc-font-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return name


def _within(ranges: tuple[int, ...], code: int) -> bool:
    at = bisect_right(ranges, code)
    return at % 2 == 1 or (at > 0 and ranges[at - 1] == code)
