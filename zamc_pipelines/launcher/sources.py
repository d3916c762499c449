"""Notices that code of the project has changed on disk since it was imported."""

import os
import sys
import sysconfig
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_INSTALLED = tuple({str(Path(sysconfig.get_path(name)).resolve()) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")})


class _Stamp(NamedTuple):
    mtime_ns: int
    size: int
    inode: int


class SourceWatch:
    """The loaded source files outside the Python installation, and the extra files given, as they were when loaded."""

    def __init__(self, *, extra: Iterable[Path] = (), since_ns: int) -> None:
        """`since_ns` is the time (time.time_ns) at which loading began: what was written after it may be half loaded."""
        now = time.time_ns()
        files = {*project_files(), *extra}
        self._stamps = {path: _stamp(path) for path in files}
        self._stale = {path for path, stamp in self._stamps.items() if stamp is not None and since_ns <= stamp.mtime_ns <= now}

    def changed(self) -> list[Path]:
        """Files that are not what was loaded, sorted."""
        return sorted(path for path, stamp in self._stamps.items() if path in self._stale or _stamp(path) != stamp)

    def accept(self) -> None:
        """Take the files as they are now for loaded."""
        self._stamps = {path: _stamp(path) for path in self._stamps}
        self._stale = set()


def project_files() -> set[Path]:
    """Source files of all loaded modules that are not part of the Python installation or its packages."""
    files = set()
    for module in tuple(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if isinstance(name, str) and name.endswith(".py") and not name.startswith(_INSTALLED):
            path = Path(name).resolve()
            if not str(path).startswith(_INSTALLED):
                files.add(path)
    return files


def files_of_error(error: BaseException) -> set[Path]:
    """Project files that a failed import passed through; mending one of them is a reason to load again."""
    names = {frame.filename for frame in traceback.extract_tb(error.__traceback__)}
    if isinstance(error, SyntaxError) and error.filename:
        names.add(error.filename)
    paths = {Path(name).resolve() for name in names if name.endswith(".py")}
    return {path for path in paths if not str(path).startswith(_INSTALLED)}


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _Stamp(mtime_ns=status.st_mtime_ns, size=status.st_size, inode=status.st_ino)
