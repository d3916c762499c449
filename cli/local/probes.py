"""Is a server up? Each probe answers in at most about a second and never raises for a server that is not there."""

import http.client
import socket
from datetime import UTC, datetime
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


def dagster_sensors(database_url: str) -> Probe:
    """Dagster's daemon evaluates sensors: it said so in its database a moment ago."""
    import psycopg

    plain = "postgresql://" + database_url.partition("://")[2]
    # It reports at once after its start, and then every 30 s. What an earlier run of the stack reported does not count.
    query = """
        SELECT 1 FROM daemon_heartbeats WHERE daemon_type = 'SENSOR'
        AND timestamp AT TIME ZONE 'UTC' > greatest(%s, now() - interval '90 seconds')
    """
    since = datetime.now(UTC)

    def probe() -> bool:
        try:
            with psycopg.connect(plain, connect_timeout=2) as connection:
                return connection.execute(query, (since,)).fetchone() is not None
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            return False

    return probe
