"""Free loopback ports, chosen once and kept, so that URLs stay the same over restarts."""

import random
import socket
from collections.abc import Iterable
from pathlib import Path

from cli.local.errors import StackError
from cli.local.home import read_json, write_json

# Below the range from which the kernel takes the local ends of outgoing connections (32768 and up): a port of ours
# must still be free when a server that died is started again.
FIRST, LAST = 20_000, 32_000
ATTEMPTS = 500


class Reservation:
    """Ports of one stack, held by listening sockets until `release` hands one to its server."""

    def __init__(self, path: Path, names: Iterable[str]) -> None:
        """Reads the ports of `names` from path, chooses the missing ones and those that are taken, writes path.

        Raises StackError when the machine has no free port left, OSError when path cannot be written.
        """
        self._held: dict[str, socket.socket] = {}
        known = {name: port for name, port in read_json(path).items() if isinstance(port, int)}
        self.ports = {name: self._reserve(name, known.get(name)) for name in names}
        if self.ports != known:
            write_json(path, self.ports)

    def keep(self, names: Iterable[str]) -> None:
        """Frees all others: nobody is going to ask for them."""
        for name in set(self._held) - set(names):
            self.release(name)

    def release(self, name: str) -> None:
        """Frees the port for the server that is started now."""
        if held := self._held.pop(name, None):
            held.close()

    def _reserve(self, name: str, preferred: int | None) -> int:
        candidates = [] if preferred is None else [preferred]
        # Not a secret: any free port does.
        candidates += random.sample(range(FIRST, LAST), ATTEMPTS)
        for port in candidates:
            if held := _listen(port):
                self._held[name] = held
                return port
        raise StackError(f"no free port for {name} on 127.0.0.1 between {FIRST} and {LAST}: stop a server that listens there")


def _listen(port: int) -> socket.socket | None:
    # Listening, not only bound: two sockets with SO_REUSEADDR may both be bound to a port, but only one may listen.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
        sock.listen(1)
    except OSError:
        sock.close()
        return None
    return sock
