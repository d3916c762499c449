"""Whether a line writes the brand's name as the brand does: not a letter off, not in other cases, not joined or torn."""

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

_NOT_LETTERS = re.compile(r"[\W_]+")
# Katakana become hiragana: both spell the same name.
_KANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_SHORTEST = 5


@dataclass(frozen=True)
class BrandName:
    """A name as it is written and squeezed to its letters; elsewhere: the squeezed facts of the brief without the name."""

    written: str
    letters: str
    elsewhere: str

    @classmethod
    def of(cls, written: str, facts: str) -> "BrandName":
        return cls(written, squeezed(written.lower()), squeezed(facts.replace(written, " ").lower()))

    @property
    def closeness(self) -> float:
        """How much of the name a misspelling keeps, 0 to 100: all letters but one, or but two of a long name."""
        count = len(self.letters)
        return 100 * (count - (1 if count < 10 else 2)) / count


def squeezed(folded: str) -> str:
    letters = _NOT_LETTERS.sub("", folded)
    return letters if letters.isascii() else letters.translate(_KANA)


def misspelt(text: str, folded: str, brand: BrandName) -> str | None:
    """What stands in the line in place of the name, squeezed; None where the name is right or is not meant."""
    count = len(brand.letters)
    if count < _SHORTEST:
        return None
    if brand.written in text:
        folded = text.replace(brand.written, " ").lower()
    rest = squeezed(folded)
    if len(rest) < count - 2:
        return None
    found = fuzz.partial_ratio_alignment(brand.letters, rest, score_cutoff=brand.closeness - 0.01)
    if found is None or found.dest_end - found.dest_start < count - 2:
        return None
    like = rest[found.dest_start : found.dest_end]
    return None if like in brand.elsewhere else like
