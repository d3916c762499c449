"""Asks the launcher's server over its Unix socket. Standard library only: the daemon and the webserver import it."""

import os
import socket
import time
from dataclasses import dataclass

from zamc_pipelines.launcher.protocol import (
    ANSWER_LIMIT_BYTES,
    SOCKET_PATH_LIMIT_BYTES,
    Answer,
    ProtocolError,
    Request,
    decode_answer,
)

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.5


class ServerUnreachable(RuntimeError):
    """No server has the socket: it is dead, or was never started. The message says which, and what to do."""


class ServerSilent(RuntimeError):
    """Something holds the socket but gave no answer: nobody knows whether the runs are at work."""


class RequestRefused(RuntimeError):
    """The server answered and said no; the message is its own."""


@dataclass(frozen=True)
class Client:
    """One request per connection, so it may be shared by threads.

    `wait_seconds` is how long a server that is away is waited for (its supervisor starts it again),
    `answer_seconds` how long one that has taken the connection may think: it may be loading changed code.
    """

    path: str
    wait_seconds: float = 10.0
    answer_seconds: float = 60.0

    def ask(self, request: Request, *, wait: bool = True) -> Answer:
        """The server's answer. A request is sent again when the connection breaks: every verb may be repeated.

        Without `wait`, a server that is not there is reported at once instead of after `wait_seconds`.
        Raises ServerUnreachable, ServerSilent, RequestRefused.
        """
        deadline = time.monotonic() + self.wait_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            absent = False
            try:
                answer = self._ask_once(request)
                reason = answer.error
                if answer.ok:
                    return answer
                if not answer.retry:
                    raise RequestRefused(f"the run launcher's server at {self.path} refused to {request.verb}: {reason}")
            except (FileNotFoundError, ConnectionRefusedError) as error:
                absent, reason = True, str(error)
            except TimeoutError as error:
                raise ServerSilent(
                    f"the run launcher's server at {self.path} took the connection and gave no answer within"
                    f" {self.answer_seconds:g} s; see its log"
                ) from error
            except (OSError, ProtocolError) as error:
                reason = str(error)
            if absent and not wait:
                raise ServerUnreachable(f"no run launcher's server is at {self.path} ({reason})")
            if time.monotonic() >= deadline:
                if absent:
                    raise ServerUnreachable(
                        f"no run launcher's server came to {self.path} within {self.wait_seconds:g} s ({reason});"
                        " start it with `python -m zamc_pipelines.launcher.server`"
                    )
                raise ServerSilent(f"the run launcher's server at {self.path} gave no answer: {reason}")
            time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _ask_once(self, request: Request) -> Answer:
        if len(os.fsencode(self.path)) > SOCKET_PATH_LIMIT_BYTES:
            raise RequestRefused(f"the socket path {self.path} is longer than {SOCKET_PATH_LIMIT_BYTES} bytes")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self.answer_seconds)
            connection.connect(self.path)
            connection.sendall(request.encode())
            received = bytearray()
            while not received.endswith(b"\n"):
                chunk = connection.recv(4_096)
                if not chunk:
                    raise ConnectionResetError("the server closed the connection without an answer")
                received += chunk
                if len(received) > ANSWER_LIMIT_BYTES:
                    raise ProtocolError(f"the answer is longer than {ANSWER_LIMIT_BYTES} bytes")
            return decode_answer(bytes(received))
