"""Whether the lines of a set differ: by their words, whatever the order, and by how they begin."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

_WORDS = re.compile(r"\w+")
_IDEOGRAPHIC = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
FEWEST_LINES = 4
# Mean share of the shorter line's words that the other one has too. Chosen on the tuning half of the corpus.
MOST_IN_COMMON = 0.45
# Lines of a field that begin with the same two words.
MOST_ALIKE = 0.75


def words_of(folded: str) -> frozenset[str]:
    """The words of a line; of Japanese, pairs of neighbouring letters."""
    if folded.isascii() or not _IDEOGRAPHIC.search(folded):
        return frozenset(word for word in _WORDS.findall(folded) if len(word) > 2)
    letters = "".join(_WORDS.findall(folded))
    return frozenset(letters[at : at + 2] for at in range(len(letters) - 1))


def in_common(folded_lines: Sequence[str]) -> float:
    """Mean over all pairs of lines of the share of words that they have in common, 0 to 1. Fewer than 4 lines: 0."""
    if len(folded_lines) < FEWEST_LINES:
        return 0.0
    sets = [words for words in map(words_of, folded_lines) if words]
    if len(sets) < FEWEST_LINES:
        return 0.0
    shares = [len(one & other) / min(len(one), len(other)) for one, other in combinations(sets, 2)]
    return sum(shares) / len(shares)


def begin_alike(folded_lines: Sequence[str]) -> float:
    """The share of lines that begin as most of them do, 0 to 1. Fewer than 4 lines: 0."""
    if len(folded_lines) < FEWEST_LINES:
        return 0.0
    starts = Counter(_start(line) for line in folded_lines)
    return starts.most_common(1)[0][1] / len(folded_lines)


def _start(folded: str) -> str:
    return folded[:4] if _IDEOGRAPHIC.match(folded) else " ".join(_WORDS.findall(folded)[:2])


def most_shared(folded_lines: Sequence[str]) -> int:
    """Which line has most in common with the others: its index, the last one of several."""
    sets = [words_of(line) for line in folded_lines]

    def shared(at: int) -> float:
        others = [words for index, words in enumerate(sets) if index != at]
        return sum(len(sets[at] & other) / (min(len(sets[at]), len(other)) or 1) for other in others)

    return max(range(len(sets)), key=lambda at: (shared(at), at))
