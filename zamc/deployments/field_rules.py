"""Fields that can change in place, pure: what their new values may be, and when two values are the same to a platform."""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from zamc.deployments.rules import MARKED
from zamc.errors import InvalidInput

_MATCH_TYPES = ("EXACT", "PHRASE", "BROAD")


def comparable(value: Any) -> Any:
    """Lists of keywords in one order and spelling: platforms keep neither."""
    if isinstance(value, list):
        return sorted((_keyword(each) for each in value), key=str)
    return value


def _keyword(each: Any) -> Any:
    if isinstance(each, Mapping):
        return {"match_type": str(each.get("match_type", "")), "text": str(each.get("text", "")).casefold()}
    return each.casefold() if isinstance(each, str) else each


def checked(kind: str, ref: str, name: str, value: Any) -> Any:
    """The value as it may be sent. Raises InvalidInput, which says what the field takes."""
    where = f"{kind}:{ref}.{name}"
    if name == "name":
        if not (_is_text(value) and len(value.strip()) <= 200):
            raise InvalidInput(where, "must be a text of 1 to 200 characters on one line")
        if MARKED.search(value):
            raise InvalidInput(where, "must not hold 'zamc:': that marks what is ours, and stands behind the name by itself")
        return value.strip()
    if name == "negative_keywords" and not (isinstance(value, list) and all(_is_text(each) for each in value)):
        raise InvalidInput(where, "must be a list of texts")
    if name == "keywords":
        good = isinstance(value, list) and all(
            isinstance(each, Mapping)
            and each.keys() == {"text", "match_type"}
            and _is_text(each["text"])
            and each["match_type"] in _MATCH_TYPES
            for each in value
        )
        if not good or not value:
            raise InvalidInput(where, 'must be a list such as [{"text": "fresh bread", "match_type": "PHRASE"}]')
    if isinstance(value, list):
        _refuse_twice(where, comparable(value))
    return value


def _is_text(value: Any) -> bool:
    """One line with something on it. Control characters and halves of characters reach neither a platform nor the database."""
    return isinstance(value, str) and bool(value.strip()) and not any(unicodedata.category(char) in ("Cc", "Cs") for char in value)


def _refuse_twice(where: str, values: Sequence[Any]) -> None:
    """Platforms keep one of two that are alike, so that the change would never read back as it was sent."""
    for first, second in pairwise(values):
        if first == second:
            named = second["text"] if isinstance(second, Mapping) else second
            raise InvalidInput(where, f"names {named!r} twice")
