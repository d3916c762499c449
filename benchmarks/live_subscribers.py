"""Ten thousand who listen to one project's alerts on one process of the API: how soon an alert has reached all, and what each weighs.

An alert is committed to PostgreSQL, as the pipelines do it; the relay carries it to NATS, the API from there to every socket. The time
runs from just before the commit. The listeners are a second process, on the same cores. Memory is the resident memory of the API's
process, before and after they came, so the server's own part of each connection is in it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

from benchmarks.figure import Figure, at_most, percentile, shown
from cli.local.client import LocalStack
from cli.local.stack import BASE
from zamc.bootstrap import Services
from zamc.events.alert_codes import AlertCode
from zamc.identity.permission_rules import Role
from zamc.identity.service import IdentityService
from zamc.notifications.alerts import raise_once
from zamc.settings import Settings

SUBSCRIBERS, ROUNDS, USERS = 10_000, 10, 100
_DOCUMENT = """subscription ($p: UUID!) { alerts(projectId: $p) {
  cursor gap alert { id code severity title deploymentId details raisedAt } } }"""
_WARM = 300
_PATIENCE_SECONDS = 20.0
_SETTLE_SECONDS = 3.0


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--subscribers", type=int, default=SUBSCRIBERS, help="WebSockets on the one process")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="alerts that are raised, one a second")


def measure(subscribers: int = SUBSCRIBERS, rounds: int = ROUNDS) -> list[Figure]:
    """One stack in a folder that is gone afterwards."""
    _raise_file_limit(subscribers)
    environment = {
        "ZAMC_LIVE_SOCKETS": str(subscribers + 100),
        "ZAMC_LIVE_SOCKETS_PER_USER": str(subscribers),
        "ZAMC_API_COST_PER_MINUTE": "100000000",
    }
    with (
        tempfile.TemporaryDirectory(prefix="zamc-bench-") as folder,
        LocalStack.start(home=Path(folder), services=(*BASE, "migrate", "relay", "api"), environment=environment, durable=False) as stack,
    ):
        os.environ |= stack.environment
        wired = Services(Settings())
        try:
            return _measured(stack, wired, subscribers, rounds)
        finally:
            wired.database.close()


def _measured(stack: LocalStack, wired: Services, subscribers: int, rounds: int) -> list[Figure]:
    project_id, keys = _world(wired)
    pid = stack.pid("api")
    assert pid is not None
    address = urlsplit(stack.url("api"))
    order = {
        "do": "connect", "host": address.hostname, "port": address.port, "keys": keys, "document": _DOCUMENT,
        "variables": {"p": str(project_id)},
    }  # fmt: skip
    with _Listeners() as listeners:
        # What everybody shares (modules, pools, the group's document) is there before it is weighed.
        listeners.ask(**order, count=_WARM)
        _round(wired, listeners, project_id, "warm")
        listeners.ask(do="leave")
        time.sleep(_SETTLE_SECONDS)
        empty = _resident(pid)
        connected = listeners.ask(**order, count=subscribers)
        time.sleep(_SETTLE_SECONDS)
        idle = _resident(pid)
        groups = _metric(stack, "zamc_live_groups")
        seconds: list[float] = []
        worst, missed = 0.0, 0
        for number in range(rounds):
            heard = _round(wired, listeners, project_id, f"round {number}")
            seconds += heard["seconds"]
            missed += subscribers - len(heard["seconds"])
            worst = max(worst, percentile(heard["seconds"], 0.99))
            time.sleep(1)
        after = _resident(pid)
    kib = 1024 * subscribers
    return [
        shown("subscribers on one process", connected["connected"], "sockets"),
        shown("groups that are executed for them", groups, "groups"),
        shown("connecting and subscribing, each", 1000 * connected["seconds"] / subscribers, "ms"),
        shown("from the commit to a subscriber, median", percentile(seconds, 0.5), "s"),
        at_most(f"from the commit to a subscriber, {rounds} alerts, p99", percentile(seconds, 0.99), "s", 1),
        at_most("the same for the worst of the alerts, p99", worst, "s", 1),
        at_most("messages that did not come", missed, "messages", 0),
        at_most("memory of a subscriber, idle", (idle - empty) / kib, "KiB", 70),
        at_most("memory of a subscriber, after the alerts", (after - empty) / kib, "KiB", 70),
    ]


class _Listeners:
    """The second process."""

    def __enter__(self) -> Self:
        command = (sys.executable, "-m", "benchmarks.live_listeners")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def ask(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _world(wired: Services) -> tuple[UUID, list[str]]:
    """A project, and keys of users of every role."""
    with wired.database.transaction() as session:
        project_id = wired.projects.create_project(session, "Live", by="bench", gates={}).id
        roles = [role.value for role in Role]
        identity = IdentityService(wired.identity.keyring)
        granted = (
            identity.grant_key(session, email=f"user{number}@example.org", roles={project_id: roles[number % len(roles)]})
            for number in range(USERS)
        )
        return project_id, list(granted)


def _round(wired: Services, listeners: _Listeners, project_id: UUID, title: str) -> dict[str, Any]:
    began = time.monotonic()
    with wired.database.transaction() as session:
        raise_once(session, AlertCode.GENERAL, title, severity="warning", title=f"Spend is odd in {title}", project_id=project_id)
    return listeners.ask(do="report", began=began, patience=_PATIENCE_SECONDS)


def _resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def _metric(stack: LocalStack, name: str) -> float:
    token = stack.environment.get("ZAMC_METRICS_TOKEN", "")
    request = urllib.request.Request(f"{stack.url('api')}/metrics", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def _raise_file_limit(subscribers: int) -> None:
    """Each side needs a file per socket; children inherit it. Raises SystemExit where the machine does not allow as many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < subscribers + 500:
        raise SystemExit(f"{subscribers} sockets need as many open files, and this machine allows {most}: `ulimit -Hn`, or --subscribers")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
