"""Short texts that people write into requests, pure."""

from zamc.errors import InvalidInput

LONGEST_SENTENCE = 2_000


def sentence(text: str, *, field: str) -> str:
    """A reason or a note, without what a log or a terminal would stumble over. Raises InvalidInput."""
    kept = text.strip()
    if not kept or len(kept) > LONGEST_SENTENCE:
        raise InvalidInput(field, f"must have 1 to {LONGEST_SENTENCE} characters")
    if any(not (letter.isprintable() or letter in "\n\t") for letter in kept):
        raise InvalidInput(field, "must not have control characters")
    return kept
