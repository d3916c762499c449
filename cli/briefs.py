"""Briefs as they lie in files."""

from pathlib import Path

from zamc.errors import InvalidInput
from zamc.strategies.rules import read_brief
from zamc.strategies.schema import BriefFile


def read_file(file: Path) -> BriefFile:
    """Raises InvalidInput that names the file, or the field in it."""
    return read_brief(text_of(file))


def text_of(file: Path) -> str:
    """Raises InvalidInput that names the file."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            str(file), f"cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not UTF-8 text'}"
        ) from None
