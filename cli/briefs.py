"""Briefs as they lie in files."""

from pathlib import Path

from zamc.errors import InvalidInput
from zamc.strategies.rules import read_brief
from zamc.strategies.schema import BriefFile


def read_file(file: Path) -> BriefFile:
    """Raises InvalidInput that names the file, or the field in it."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            str(file), f"cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not UTF-8 text'}"
        ) from None
    return read_brief(text)
