"""A stack with data in it, processes of the API and of the bare application, and a second process that asks them."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.api.data import Size, load
from benchmarks.api.mix import Mix
from benchmarks.progress import say, stoppable
from cli.local.client import LocalStack

# One process stands for thousands of people: what they may ask for together.
_COST = {"ZAMC_API_COST_PER_MINUTE": "100000000"}


@dataclass(frozen=True)
class Loaded:
    """What a load came to. seconds: latencies by kind; busy: share of a core that the load generator took."""

    seconds: Mapping[str, list[float]]
    wrong: Mapping[str, int]
    errors_at: list[tuple[float, float, str]]
    took: float
    rate: float
    busy: float

    @property
    def all(self) -> list[float]:
        return [each for kind in self.seconds.values() for each in kind]

    @property
    def errors(self) -> int:
        return sum(self.wrong.values())


@dataclass
class Server:
    """A process that listens."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """MiB that belong to it alone."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024

    def counts(self, token: str) -> dict[str, int]:
        """GraphQL operations by outcome, from /metrics."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/metrics", headers={"authorization": f"Bearer {token}"}, timeout=30)
        found: dict[str, int] = {}
        for line in answer.text.splitlines():
            if line.startswith("zamc_graphql_operations_total{") and 'kind="query"' in line:
                outcome = line.split('outcome="')[1].split('"')[0]
                found[outcome] = found.get(outcome, 0) + int(float(line.rsplit(" ", 1)[1]))
        return found


class Stage:
    """A running stack with data of a size."""

    token = "benchmark-metrics-token"  # noqa: S105 - of this machine, for a minute

    def __init__(self, stack: LocalStack, size: Size, folder: Path) -> None:
        self.stack, self.size, self.folder = stack, size, folder
        self.environment = {**os.environ, **stack.environment, **_COST, "ZAMC_METRICS_TOKEN": self.token}
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)

    @contextmanager
    def api(self) -> Iterator[Server]:
        """A process of the API, ready."""
        with self._process(("-m", "cli.main", "api", "--port"), "/readyz") as server:
            yield server

    @contextmanager
    def bare(self, api: Server) -> Iterator[Server]:
        """The bare application, with an answer of the API's."""
        answer = httpx.post(f"http://127.0.0.1:{api.port}/graphql", **hot_request(self.size), timeout=30)
        (self.folder / "answer.json").write_bytes(answer.raise_for_status().content)
        more = {"ZAMC_BENCH_ANSWER": str(self.folder / "answer.json")}
        arguments = ("-m", "uvicorn", "benchmarks.api.bare:app", "--no-access-log", "--no-server-header", "--log-level", "error", "--port")
        with self._process(arguments, "/", more) as server:
            yield server

    @contextmanager
    def _process(self, arguments: tuple[str, ...], ready: str, more: Mapping[str, str] | None = None) -> Iterator[Server]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = self.folder / f"server-{port}.log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                (sys.executable, *arguments, str(port)), env={**self.environment, **(more or {})}, stdout=written, stderr=written
            )
        try:
            _wait(process, f"http://127.0.0.1:{port}{ready}", log)
            yield Server(port, process, log)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()

    def load(self, *servers: Server, what: str, seconds: float, **more: Any) -> Loaded:
        """By a second process; see benchmarks.api.load."""
        return self.begin(*servers, what=what, seconds=seconds, **more)()

    def begin(self, *servers: Server, how: str = "open", what: str, seconds: float, seed: int = 1, **more: Any) -> Callable[[], Loaded]:
        """The same, while it goes on; what is returned waits for its end."""
        answer = self.folder / f"load-{time.monotonic_ns()}.json"
        plan = {
            "size": asdict(self.size),
            "ports": [each.port for each in servers],
            "how": how,
            "what": what,
            "seconds": seconds,
            "seed": seed,
            **more,
        }
        process = subprocess.Popen((sys.executable, "-m", "benchmarks.api.load"), env=self.environment, stdin=subprocess.PIPE)
        if process.stdin is None:
            raise RuntimeError("no pipe to the load generator")
        with process.stdin as told:
            told.write(json.dumps({**plan, "answer": str(answer)}).encode())

        def ended() -> Loaded:
            if process.wait():
                raise RuntimeError("the load generator failed")
            return Loaded(**json.loads(answer.read_text()))

        return ended


def hot_request(size: Size) -> dict[str, Any]:
    """The dearest of the cached reads, as httpx sends it."""
    head, _, body = Mix(size, 1).cached("deployments", 0).payload.partition(b"\r\n\r\n")
    key = head.split(b"Authorization: ")[1].split(b"\r\n")[0].decode()
    return {"content": body, "headers": {"authorization": key, "content-type": "application/json"}}


@contextmanager
def stage(size: Size, world: Path | None = None) -> Iterator[Stage]:
    """PostgreSQL, NATS and Valkey with data of a size, in a folder that is gone afterwards.

    world: a folder in which they are made once and kept, for the next who asks for the same size on the same day.
    """
    with stoppable(), ExitStack() as stack_of:
        folder = world or Path(stack_of.enter_context(tempfile.TemporaryDirectory(prefix="zamc-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        # Days are counted from the one on which it was made.
        wanted, mark = {**asdict(size), "made": str(datetime.now(UTC).date())}, folder / "world.json"
        known = json.loads(mark.read_text()) if mark.exists() else None
        if known is not None and known != wanted:
            raise RuntimeError(f"{folder} holds another world ({known}); remove it, or name another folder")
        if known is None:  # whoever was making it was stopped half-way
            shutil.rmtree(folder / "home", ignore_errors=True)
        else:
            _into_memory(folder / "home" / "postgres")
        stack = stack_of.enter_context(LocalStack.start(home=folder / "home", services=("postgres", "nats", "valkey", "migrate")))
        made = Stage(stack, size, folder)
        if known is None:
            load(stack, size)
            # The stream of events is there, as on every platform; nobody publishes meanwhile.
            subprocess.run((sys.executable, "-m", "cli.main", "relay", "--once"), env=made.environment, check=True)
            mark.write_text(json.dumps(wanted))
        say("stage is set")
        yield made


def _into_memory(folder: Path) -> None:
    """A world that was just made lies in the file cache; one that was kept has left it, and would be measured with the disk's own time."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            with file.open("rb") as opened:
                while opened.read(1 << 22):
                    pass


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"a server did not start: {log.read_text()[-2000:]}")
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"a server did not answer: {log.read_text()[-2000:]}")
