"""Is a server up? Each probe answers in at most about a second and never raises for a server that is not there."""

import http.client
import socket
from pathlib import Path

from cli.local.services import Probe

SECONDS = 1.0


def tcp(port: int) -> Probe:
    """Something accepts connections on the loopback port."""

    def probe() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=SECONDS):
                return True
        except OSError:
            return False

    return probe


def http_ok(port: int, path: str) -> Probe:
    """GET path answers 200."""

    def probe() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def unix_socket(path: Path) -> Probe:
    """Something accepts connections on the Unix socket."""

    def probe() -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(SECONDS)
            try:
                sock.connect(str(path))
            except OSError:
                return False
        return True

    return probe


def always() -> bool:
    """For a child that serves nothing: it is ready as soon as it runs."""
    return True
