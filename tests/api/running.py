"""The API as a process of its own, as a server or a container runs it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass(frozen=True)
class RunningApi:
    """url: where it listens; process: to send signals to."""

    url: str
    process: "subprocess.Popen[bytes]"

    def ask(self, key: str, document: str, **variables: Any) -> httpx.Response:
        """One request on a connection of its own."""
        body = {"query": document, "variables": variables}
        return httpx.post(f"{self.url}/graphql", json=body, headers={"Authorization": f"Bearer {key}"}, timeout=60)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=60)


@contextmanager
def running(environment: Mapping[str, str], log: Path, *options: str) -> Iterator[RunningApi]:
    """Ready when it is entered; gone when it is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("wb") as written:
        process = subprocess.Popen(
            (sys.executable, "-m", "cli.main", "api", "--port", str(port), *options),
            env={**os.environ, **environment},
            stdout=written,
            stderr=written,
        )
    api = RunningApi(f"http://127.0.0.1:{port}", process)
    try:
        until(lambda: api.get("/readyz").status_code == 200, lambda: log.read_text()[-3000:], process)
        yield api
    finally:
        process.kill()
        process.wait()


def until(holds: Any, words: Any = lambda: "", process: "subprocess.Popen[bytes] | None" = None, *, seconds: float = 60) -> None:
    """Waits until it holds. Fails with `words` after a minute, or when the process has ended."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.TransportError):
            if holds():
                return
        assert process is None or process.poll() is None, words()
        assert time.monotonic() < deadline, words()
        time.sleep(0.05)
