"""Text as an ad shows it: display width, and what a customiser or keyword insertion counts as."""

import re
import unicodedata

# {KeyWord:default} and {CUSTOMIZER.name:default} count as their default text.
_INSERTION = re.compile(r"\{(?:keyword|customizer\.[^:{}]*)(?::([^{}]*))?\}", re.IGNORECASE)


def shown(text: str) -> str:
    """The text with insertions replaced by their defaults."""
    return _INSERTION.sub(lambda found: found[1] or "", text)


def display_width(text: str) -> int:
    """Columns: East Asian wide and full-width characters take two, combining marks none."""
    width = 0
    for char in unicodedata.normalize("NFC", shown(text)):
        if unicodedata.combining(char):
            continue
        width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return width
