"""API keys: what one looks like, and what of it is kept."""

import hashlib
import secrets
from dataclasses import dataclass

_PREFIX = "zamc_"
_SHOWN = 12


@dataclass(frozen=True)
class NewKey:
    """A fresh key: `text` is shown once; prefix tells people which one it is; key_hash is what the database keeps."""

    text: str
    prefix: str
    key_hash: str


def new_key() -> NewKey:
    """256 random bits: too many to guess, so a plain SHA-256 protects what is stored."""
    text = _PREFIX + secrets.token_urlsafe(32)
    return NewKey(text, text[:_SHOWN], hash_key(text))


def hash_key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
