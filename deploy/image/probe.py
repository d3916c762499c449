"""zamc-probe: is the process of this container well? Standard library alone, because it runs every few seconds.

zamc-probe http PORT PATH     a GET on loopback is answered with 200
zamc-probe tcp PORT           something listens on loopback
zamc-probe fresh FILE SECONDS the file was touched within that time

Exit code 0 means well; otherwise 1, and one line says what was found.
"""

import http.client
import os
import socket
import sys
import time

LIMIT_SECONDS = 4


def http_ok(port: str, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=LIMIT_SECONDS)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    finally:
        connection.close()
    return "" if status == http.client.OK else f"{path} on port {port} answers {status}"


def tcp_open(port: str) -> str:
    socket.create_connection(("127.0.0.1", int(port)), timeout=LIMIT_SECONDS).close()
    return ""


def fresh(file: str, seconds: str) -> str:
    age = time.time() - os.stat(file).st_mtime
    return "" if age <= float(seconds) else f"{file} was last touched {age:.0f} s ago"


def main(arguments: list[str]) -> int:
    kinds = {"http": http_ok, "tcp": tcp_open, "fresh": fresh}
    try:
        found = kinds[arguments[0]](*arguments[1:])
    except (IndexError, KeyError, TypeError, ValueError):
        print(__doc__, file=sys.stderr)
        return 2
    except (OSError, http.client.HTTPException) as error:
        found = f"{' '.join(arguments)}: {error}"
    if found:
        print(found, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
