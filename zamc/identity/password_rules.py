"""What a password must be (NIST SP 800-63B-4, 3.1.1.2), pure: long, not known to guessers, not made of what everybody knows.

No classes of characters are asked for and none expires: both make people choose worse.
"""

import unicodedata
from collections.abc import Callable
from itertools import pairwise

from zamc.errors import InvalidInput

# The least for a password that may be the only factor.
SHORTEST = 15
# Far above the 64 that must be possible; what is longer is no password but an attempt to keep the server busy.
LONGEST = 256
# Two common passwords in a row are guessed as one: there are only a thousand million such pairs.
_MOST_PARTS = 2
_SERVICE = "zamc"


def prepared(password: str) -> str:
    """Normalised (NFKC), so that the same signs from another keyboard are the same password. Lone surrogates become signs of their own."""
    return unicodedata.normalize("NFKC", password)


def too_long(password: str) -> bool:
    return len(password) > LONGEST


def check_password(password: str, *, email: str, common: Callable[[str], bool]) -> str:
    """The password as it is hashed. common: whether guessers know a (lower-case) text. Raises InvalidInput, which never quotes it."""
    if too_long(password):
        raise InvalidInput("password", f"may have {LONGEST} characters")
    ready = prepared(password)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in ready):
        raise InvalidInput("password", "must not have control characters")
    if len(ready) < SHORTEST:
        raise InvalidInput("password", f"needs {SHORTEST} characters at least; a few words that do not belong together are easy to keep")
    folded = ready.casefold()
    local, _, domain = email.partition("@")
    for known in (email, local, domain, domain.partition(".")[0], _SERVICE):
        if len(known) >= 3:
            folded = folded.replace(known, "")
    if len(folded) < SHORTEST // 2 or _is_made_of_common_ones(_without_repetition(folded), common):
        raise InvalidInput("password", "is one of those that are tried first: take words that nobody would expect beside each other")
    return ready


def _without_repetition(text: str) -> str:
    """The shortest text whose repetition it is: "abcabcab" is "abc"."""
    for length in range(1, len(text)):
        unit = text[:length]
        if (unit * (len(text) // length + 1))[: len(text)] == text:
            return unit
    return text


def _is_made_of_common_ones(text: str, common: Callable[[str], bool]) -> bool:
    """Whether it is short, or at most so many common passwords or runs ("12345", "fedcba"), with digits or signs at the end."""
    core = text.rstrip("0123456789!?.-_ ")
    if len(core) < SHORTEST // 2:
        return True
    return any(_covered(candidate, _MOST_PARTS, common) for candidate in {text, core})


def _covered(text: str, parts: int, common: Callable[[str], bool]) -> bool:
    if not text or common(text) or _is_run(text):
        return True
    if parts == 1:
        return False
    return any((common(text[:end]) or _is_run(text[:end])) and _covered(text[end:], parts - 1, common) for end in range(3, len(text)))


def _is_run(text: str) -> bool:
    """Neighbours in the alphabet, up or down, or one sign again and again."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(text) >= 3 and (steps <= {0} or steps <= {1} or steps <= {-1})
