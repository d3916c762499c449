"""Generated passwords: one file each, mode 0600, kept over restarts."""

import secrets as randomness
from pathlib import Path

from cli.local.home import write_atomically


class Secrets:
    """The folder secrets/ of a data folder. Only the holder of the folder's lock may make new ones."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        return self._folder / name

    def get(self, name: str) -> str:
        """The secret of that name, made on first use: 48 hexadecimal digits, so that no URL needs to escape it."""
        path = self.path(name)
        try:
            value = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            value = ""
        if not value:
            value = randomness.token_hex(24)
            write_atomically(path, value + "\n")
        return value
