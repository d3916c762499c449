"""Passwords that guessers try first, offline.

common_passwords.bin holds the first five bytes of the SHA-256 of each, sorted: the 30,000 most frequent passwords of public breaches, as
the package zxcvbn 4.5 (MIT, Daniel Wolf; the list goes back to Dropbox's zxcvbn) counts them. One text in
37 million is in it by accident.
"""

import hashlib
from functools import cache
from pathlib import Path

_WIDTH = 5
_FILE = Path(__file__).with_name("common_passwords.bin")


@cache
def _known() -> frozenset[bytes]:
    data = _FILE.read_bytes()
    return frozenset(data[start : start + _WIDTH] for start in range(0, len(data), _WIDTH))


def is_common(text: str) -> bool:
    """Whether a lower-case text is one of them."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_WIDTH] in _known()
