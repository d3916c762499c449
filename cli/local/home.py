"""The data folder: its layout, its owner, its lock and the small files that describe a running stack."""

import errno
import fcntl
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.local.errors import AlreadyRunning, StackError

FOLDERS = ("postgres", "nats", "valkey", "sandbox", "objects", "dagster", "logs", "run", "secrets")
SIGN = ".zamc-home"
# Linux allows 107 bytes for the path of a Unix socket; the longest that we put into run/ is "run/launcher.sock".
LONGEST_ROOT = 107 - len("/run/launcher.sock")


def default_root() -> Path:
    """ZAMC_HOME, or ~/.local/share/zamc."""
    return Path(os.environ.get("ZAMC_HOME") or "~/.local/share/zamc").expanduser().absolute()


@dataclass(frozen=True)
class Home:
    """One data folder, mode 0700. Everything that the embedded stack writes lies in it."""

    root: Path

    def folder(self, name: str) -> Path:
        return self.root / name

    def log(self, service: str) -> Path:
        return self.root / "logs" / f"{service}.log"

    @property
    def state_file(self) -> Path:
        return self.root / "run" / "state.json"

    @property
    def ports_file(self) -> Path:
        return self.root / "run" / "ports.json"

    @property
    def launcher_socket(self) -> Path:
        return self.root / "run" / "launcher.sock"

    def prepare(self) -> None:
        """Makes the folders. Raises StackError when the folder is not ours, not writable, or its disk is full."""
        if len(os.fsencode(self.root)) > LONGEST_ROOT:
            raise StackError(f"{self.root}: the path is too long for Unix sockets; set ZAMC_HOME to one of at most {LONGEST_ROOT} bytes")
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner = self.root.stat().st_uid
            if owner != os.geteuid():
                raise StackError(f"{self.root} belongs to user id {owner}, you are {os.geteuid()}: set ZAMC_HOME to a folder of your own")
            # We are going to close it to everybody else, which would be a bad surprise for /tmp or a home folder.
            if not (self.root / SIGN).exists() and any(self.root.iterdir()):
                raise StackError(f"{self.root} holds files that are not ours: set ZAMC_HOME to a new or an empty folder")
            write_atomically(self.root / SIGN, "The data folder of ZAMC's embedded stack.\n")
            self.root.chmod(0o700)
            for name in FOLDERS:
                self.folder(name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise _cannot_use(self.root, error) from None

    def lock(self) -> int:
        """Takes the folder for this process and the children that it forks without exec. Raises AlreadyRunning.

        The kernel drops the lock with the last holder, so that no stale lock is possible.
        """
        path = self.root / "run" / "lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _cannot_use(path, error) from None
        # Somebody who asks is_locked() holds the lock for a moment.
        first_deadline = time.monotonic() + 0.3
        while not _try_lock(descriptor, fcntl.LOCK_EX):
            if not self._holder_is_ending() and time.monotonic() > first_deadline:
                os.close(descriptor)
                raise AlreadyRunning(f"a stack is already running on {self.root}: `zamc status` shows it, `zamc down` stops it")
            time.sleep(0.02)
        return descriptor

    def _holder_is_ending(self) -> bool:
        # Its inner half was killed and the outer half cleans up, or it is stopping in order: both end soon, and by themselves.
        state = read_json(self.state_file)
        return state.get("phase") == "stopping" or not is_alive(state.get("pid"))

    def is_locked(self) -> bool:
        """Whether a supervisor holds the folder at this moment."""
        try:
            descriptor = os.open(self.root / "run" / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _cannot_use(self.root, error) from None
        try:
            return not _try_lock(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)


def write_atomically(path: Path, text: str, *, durable: bool = True) -> None:
    """A reader sees the old or the new text; when durable, after a power cut too. Mode 0600. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a small file of ours; empty when the file is missing or was damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: Mapping[str, Any], *, durable: bool = True) -> None:
    write_atomically(path, json.dumps(content, indent=1) + "\n", durable=durable)


def is_alive(pid: object) -> bool:
    """Whether a process of that number exists and has not ended. Anything but a number is no process."""
    if not isinstance(pid, int):
        return False
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _cannot_use(path: Path, error: OSError) -> StackError:
    place = error.filename or path
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return StackError(f"{place}: the disk is full; free some space or set ZAMC_HOME to a folder on another disk")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return StackError(f"{place} is not writable for you: set ZAMC_HOME to a folder that is")
        case errno.ENOTDIR | errno.EEXIST:
            return StackError(f"{place} is in the way and is not a folder: set ZAMC_HOME to another folder")
        case _:
            return StackError(f"{place} cannot be used ({error.strerror}): set ZAMC_HOME to another folder")
