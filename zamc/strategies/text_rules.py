"""What text of a brief may consist of: what a person can see, and nothing else.

Characters that cannot be seen (controls, zero-width, direction marks, tags) are refused, not removed: a text that was silently
changed is no longer the one that somebody approved, and whoever hides something in a brief should be told that it was found.
What looks the same is made the same: Unicode NFC, and every run of white space is one space.
"""

import re
import unicodedata

from zamc.errors import InvalidInput

_NEEDS_JOINERS = re.compile(r"[\u0600-\u06FF\u0750-\u077F\u0900-\u0DFF\u1000-\u109F]")  # Arabic, Indic scripts, Myanmar
_PLAIN = re.compile(r"[\x20-\x7E]*")
_STACKED_MARKS = 4


def clean(field: str, text: str) -> str:
    """The text in NFC with single spaces. Raises InvalidInput that names the field and the code point of what cannot be seen."""
    if not _PLAIN.fullmatch(text):
        _refuse_invisible(field, text)
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def _refuse_invisible(field: str, text: str) -> None:
    marks = 0
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > _STACKED_MARKS:
            raise InvalidInput(field, f"stacks more than {_STACKED_MARKS} marks on the letter before position {position + 1}")
        if character in "\t\n\r" or category not in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}:
            continue
        if character in "\u200c\u200d" and position and _NEEDS_JOINERS.match(text[position - 1]):
            continue
        raise InvalidInput(
            field,
            f"contains U+{ord(character):04X} at position {position + 1}: control, zero-width, direction and private characters "
            "cannot be seen and are not allowed; type the text without it",
        )
