"""API keys: what one looks like, and what of it is kept. Pure but for the randomness of a new one.

A key is `zamc_key_`, 40 letters and digits (238 random bits) and 6 of a checksum: scanners of public code know it by its form, and a
mistyped one is refused without a look into the database. Keys of before the checksum (`zamc_` and 43 characters) go on working.
"""

import hashlib
import secrets
import string
import zlib
from dataclasses import dataclass

_PREFIX = "zamc_key_"
_RANDOM = 40
_CHECK = 6
_SHOWN = 16
_OLD_PREFIX, _OLD_LENGTH = "zamc_", 48
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
# Under which zamc.identity.keyring protects the hash of a key.
PURPOSE = "api key"


@dataclass(frozen=True)
class NewKey:
    """A fresh key: `text` is shown once; prefix tells people which one it is."""

    text: str
    prefix: str


def new_key() -> NewKey:
    """Too many to guess, so a fast hash protects what is stored."""
    body = _PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    text = body + _checksum(body)
    return NewKey(text, text[:_SHOWN])


def may_be_key(text: str) -> bool:
    """Whether a text has the form of a key, new or old."""
    if len(text) == _OLD_LENGTH and text.startswith(_OLD_PREFIX):
        return True
    body, check = text[:-_CHECK], text[-_CHECK:]
    return text.startswith(_PREFIX) and len(text) == len(_PREFIX) + _RANDOM + _CHECK and text.isascii() and _checksum(body) == check


def hash_key(text: str) -> str:
    """The plain SHA-256 that was kept of keys before there was a key of the server."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_LETTERS))
        digits = _LETTERS[digit] + digits
    return digits
