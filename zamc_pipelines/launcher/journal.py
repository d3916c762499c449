"""The server's memory beside its socket: what waits and which processes it has, for its own next image or its successor.

A queued run outlives the server. The lock keeps a second server off the socket; it is a POSIX record lock because that
one survives execve and is not inherited by forked children.
"""

import fcntl
import json
import os
from pathlib import Path

from zamc_pipelines.launcher.roster import Roster


class AlreadyRunning(RuntimeError):
    """Another server holds the socket."""


class Journal:
    """Files SOCKET.lock and SOCKET.journal, readable by their owner alone."""

    def __init__(self, socket_path: str, *, lock_fd: int | None = None) -> None:
        """Take the lock, or take over the one that this process held before execve. Raises AlreadyRunning."""
        self._path = Path(f"{socket_path}.journal")
        self.lock_fd = os.open(f"{socket_path}.lock", os.O_RDWR | os.O_CREAT, 0o600) if lock_fd is None else lock_fd
        try:
            fcntl.lockf(self.lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self.lock_fd)
            raise AlreadyRunning(f"another run launcher's server serves {socket_path}") from error

    def save(self, roster: Roster) -> None:
        """Write the roster for good, as this process's. Raises OSError."""
        record = {"pid": os.getpid(), "roster": roster.to_json()}
        draft = self._path.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(record, file)
        draft.replace(self._path)

    def load(self, *, max_runs: int, continued: bool) -> Roster:
        """The roster as it was left. Unless this process itself wrote it before execve, its children are dead.

        A journal that cannot be read is as good as none: health checks then say that nothing is known of its runs.
        """
        try:
            record = json.loads(self._path.read_text())
            roster = Roster.from_json(record["roster"], max_runs=max_runs)
            own = bool(record["pid"] == os.getpid())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Roster(max_runs=max_runs)
        if not (continued and own):
            roster.orphaned("The run's process ended together with the run launcher's server.")
        return roster
