"""Idempotency keys, pure: what one looks like, and what a second request with the same one means. And how new data are."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from zamc.errors import Conflict, InvalidInput

_KEY = re.compile(r"[\x21-\x7e]{8,200}")
# A request that waits for platforms takes minutes at most; after that its worker is gone, and doing it again is safe.
CLAIMED_FOR = timedelta(minutes=5)
# What is done under these names (of entries of the audit log) changes how a project is set up: who passes its gates, who works in it, whom
# its news reaches. Nothing that it has made, planned, launched or earned looks different afterwards, until something else happens to it.
SETTINGS = frozenset({"gates.set", "member.role", "notifications.chosen", "notifications.endpoint_added", "notifications.endpoint_removed"})


class Version(NamedTuple):
    """How new a project's data are: whole rises with every change, work with those that change more than its settings. None falls."""

    whole: int
    work: int


NEVER_CHANGED = Version(0, 0)


class Known(StrEnum):
    """What a key that is there already says: it was done, or whoever did it is gone."""

    DONE = "done"
    ABANDONED = "abandoned"


def check_key(key: str) -> str:
    """Raises InvalidInput."""
    if not _KEY.fullmatch(key):
        raise InvalidInput("Idempotency-Key", "must have 8 to 200 visible ASCII characters, such as a UUID")
    return key


def hash_of(*parts: bytes) -> str:
    """SHA-256 over parts that cannot run into each other."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def known(*, stored_hash: str, request_hash: str, outcome: Mapping[str, Any] | None, claimed_at: datetime, now: datetime) -> Known:
    """Raises Conflict when the key stands for another request, or its own is still under way."""
    if stored_hash != request_hash:
        raise Conflict("this Idempotency-Key was used for another request; a new request needs a new key")
    if outcome is not None:
        return Known.DONE
    if now - claimed_at < CLAIMED_FOR:
        raise Conflict("the request with this Idempotency-Key is still under way; ask again in a moment")
    return Known.ABANDONED
