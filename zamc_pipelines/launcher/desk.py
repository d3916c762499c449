"""The server's socket: takes one bounded line per connection, answers it, hangs up; wakes up for signals too."""

import contextlib
import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from zamc_pipelines.launcher.protocol import (
    REQUEST_LIMIT_BYTES,
    SOCKET_PATH_LIMIT_BYTES,
    Answer,
    ProtocolError,
    Request,
    decode_request,
)

_LOG = logging.getLogger("zamc.launcher")

_CALLERS_LIMIT = 64
_CALLER_SECONDS = 10.0
_BACKLOG = 128
_WATCHED_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class _Caller:
    connection: socket.socket
    hang_up_at: float
    received: bytearray = field(default_factory=bytearray)


def listen(path: str) -> socket.socket:
    """A listening Unix socket that its owner alone may use, in place of whatever a dead server left at the path.

    Raises OSError; the caller holds the lock that says that no living server has the path.
    """
    if len(os.fsencode(path)) > SOCKET_PATH_LIMIT_BYTES:
        raise OSError(f"the socket path {path} is longer than {SOCKET_PATH_LIMIT_BYTES} bytes")
    with contextlib.suppress(FileNotFoundError):
        Path(path).unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)
    listener.listen(_BACKLOG)
    return listener


def _leave_to_wake_up(_number: int, _frame: object) -> None:
    """A signal without a Python handler would not be written to the wake-up socket."""


class Desk:
    """Owns the listener, the callers' connections and the signal wake-up pipe."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self._selector = selectors.DefaultSelector()
        self._callers: dict[int, _Caller] = {}
        self._wake_up, self._alarm = socket.socketpair()
        for end in (self.listener, self._wake_up, self._alarm):
            end.setblocking(False)
        self._selector.register(self.listener, selectors.EVENT_READ)
        self._selector.register(self._wake_up, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._alarm.fileno(), warn_on_full_buffer=False)
        for number in _WATCHED_SIGNALS:
            signal.signal(number, _leave_to_wake_up)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED_SIGNALS)  # whoever started us may have left them blocked

    def attend(self, respond: Callable[[Request], Answer], *, until: float | None) -> list[int]:
        """Wait for something to happen (at most until `until`, monotonic), answer the callers; the signals that came."""
        deadlines = [caller.hang_up_at for caller in self._callers.values()]
        if until is not None:
            deadlines.append(until)
        timeout = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        signals: list[int] = []
        for key, _ in self._selector.select(timeout):
            if key.fileobj is self._wake_up:
                with contextlib.suppress(BlockingIOError):
                    signals += self._wake_up.recv(4_096)
            elif key.fileobj is self.listener:
                self._accept()
            elif caller := self._callers.get(key.fd):
                self._read(caller, respond)
        now = time.monotonic()
        for caller in tuple(self._callers.values()):
            if now >= caller.hang_up_at:
                self._answer(caller, Answer(ok=False, error=f"no whole line came within {_CALLER_SECONDS:g} s"))
        return signals

    def close(self) -> None:
        """Take no more callers: the socket's path disappears."""
        with contextlib.suppress(FileNotFoundError):
            Path(self.listener.getsockname()).unlink()
        self._selector.unregister(self.listener)
        self.listener.close()

    def abandon(self) -> None:
        """In a forked child: close its copies of everything, and leave the path alone."""
        for caller in self._callers.values():
            caller.connection.close()
        self._selector.close()
        for end in (self.listener, self._wake_up, self._alarm):
            end.close()

    def _accept(self) -> None:
        try:
            connection, _ = self.listener.accept()
        except OSError as error:
            _LOG.warning("accept_failed error=%s", error)
            return
        connection.setblocking(False)
        caller = _Caller(connection=connection, hang_up_at=time.monotonic() + _CALLER_SECONDS)
        if len(self._callers) >= _CALLERS_LIMIT:
            longest = min(self._callers.values(), key=lambda other: other.hang_up_at)
            self._answer(longest, Answer(ok=False, retry=True, error="too many callers at once"))
        self._callers[connection.fileno()] = caller
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, caller: _Caller, respond: Callable[[Request], Answer]) -> None:
        try:
            chunk = caller.connection.recv(REQUEST_LIMIT_BYTES + 1)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        caller.received += chunk
        line, newline, _ = caller.received.partition(b"\n")
        if newline or len(caller.received) > REQUEST_LIMIT_BYTES:
            try:
                answer = respond(decode_request(bytes(line)))
            except ProtocolError as error:
                answer = Answer(ok=False, error=str(error))
            self._answer(caller, answer)
        elif not chunk:
            self._hang_up(caller)

    def _answer(self, caller: _Caller, answer: Answer) -> None:
        with contextlib.suppress(OSError):
            caller.connection.send(answer.encode())
        self._hang_up(caller)

    def _hang_up(self, caller: _Caller) -> None:
        self._callers.pop(caller.connection.fileno(), None)
        self._selector.unregister(caller.connection)
        caller.connection.close()
