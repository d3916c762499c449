"""The wire under the fetcher: names resolved once, connections to the very address that was checked, one deadline for all of it."""
# ruff: noqa: ARG002 -- the signatures are httpcore's

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from zamc.errors import Later


class Deadline:
    """Seconds that are left. What drips byte by byte is ended like what is silent."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """More than 0. Raises httpcore.ReadTimeout when the time is up."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for this page is up")
        return left


class SystemResolver:
    """The operating system's resolver, which knows no time limit of its own."""

    def addresses(self, host: str, *, seconds: float) -> Sequence[str]:
        found: list[str] = []
        errors: list[OSError] = []

        def resolve() -> None:
            try:
                found.extend(str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
            except OSError as error:
                errors.append(error)

        # A daemon: a name server that never answers must not hold the process at its end.
        thread = threading.Thread(target=resolve, name="resolve", daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive() or errors or not found:
            raise Later(f"the name {host} could not be resolved", outage=True)
        return tuple(dict.fromkeys(found))


class _Timed(httpcore.NetworkStream):
    """A stream none of whose waits outlasts the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Pinned(httpcore.NetworkBackend):
    """Connects to `addresses` whatever the host is called: nobody asks a name server a second time."""

    def __init__(self, addresses: Sequence[str], deadline: Deadline, inner: httpcore.NetworkBackend) -> None:
        self._addresses, self._deadline, self._inner = addresses, deadline, inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        refused: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for number, address in enumerate(self._addresses):
            # One address that is silent leaves time for the next.
            share = self._deadline.left() / (len(self._addresses) - number)
            try:
                return _Timed(self._inner.connect_tcp(address, port, timeout=share), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
        raise refused or httpcore.ConnectError("no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("pages are not read from sockets of this machine")

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(min(seconds, self._deadline.left()))
