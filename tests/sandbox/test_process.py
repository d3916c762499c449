"""`python -m sandbox` as a process: ready, stopped by SIGTERM, killed, started again."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

READY_SECONDS = 60


@contextmanager
def process(home: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running sandbox and the address of its HTTP port."""
    child = subprocess.Popen([sys.executable, "-m", "sandbox", "--home", str(home), *more], env=os.environ.copy(), stderr=subprocess.PIPE)
    try:
        ports = wait_for(home / "ports.json", child)
        yield child, f"http://127.0.0.1:{ports['http']}"
    finally:
        child.kill()
        child.communicate(timeout=60)


def wait_for(path: Path, child: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if path.exists():
            ports: dict[str, Any] = json.loads(path.read_text())
            if ports["pid"] == child.pid:
                return ports
        assert child.poll() is None, child.communicate()[1]
        time.sleep(0.05)
    raise AssertionError("the sandbox did not get ready")


def campaigns(url: str, account: str) -> list[str]:
    query = {"fields": "name", "limit": "500", "access_token": "sandbox-token"}
    return [c["name"] for c in requests.get(f"{url}/v26.0/{account}/campaigns", params=query, timeout=60).json()["data"]]


def test_a_kill_loses_nothing_that_was_acknowledged_and_sigterm_ends_cleanly(tmp_path: Path) -> None:
    body = {"name": "Brand", "currency": "EUR", "timezone_name": "Europe/Berlin"}
    form = {"objective": "OUTCOME_TRAFFIC", "special_ad_categories": "[]", "daily_budget": "1000", "access_token": "sandbox-token"}
    with process(tmp_path, "--clock", "2027-03-01T08:00:00Z", "--seed", "5") as (child, url):
        account = requests.post(f"{url}/sandbox/meta/accounts", json=body, timeout=60).json()["account_id"]
        for n in range(12):
            answer = requests.post(f"{url}/v26.0/{account}/campaigns", data={**form, "name": f"C{n}"}, timeout=60)
            assert answer.status_code == 200
        requests.post(f"{url}/sandbox/clock", json={"advance_seconds": 86_400}, timeout=60)
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=60)
    with process(tmp_path) as (child, url):
        assert campaigns(url, account) == [f"C{n}" for n in range(11, -1, -1)]
        assert requests.get(f"{url}/sandbox/clock", timeout=60).json()["now"] > "2027-03-02T08"
        ports = json.loads((tmp_path / "ports.json").read_text())
        assert Path(ports["cert"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
        second = subprocess.run(
            [sys.executable, "-m", "sandbox", "--home", str(tmp_path)], capture_output=True, timeout=READY_SECONDS, check=False
        )
        assert second.returncode == 1
        assert b"another sandbox" in second.stderr
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=60) == 0
        assert not (tmp_path / "ports.json").exists()


def test_under_a_host_name_it_serves_other_machines_and_its_certificate_says_so(tmp_path: Path) -> None:
    with process(tmp_path):
        assert b"ads.example" not in certificate(tmp_path)
        port = json.loads((tmp_path / "ports.json").read_text())["http"]
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.2:{port}/sandbox/health", timeout=60)
    with process(tmp_path, "--host", "ads.example"):
        # Another address than 127.0.0.1, as another machine would use.
        port = json.loads((tmp_path / "ports.json").read_text())["http"]
        assert requests.get(f"http://127.0.0.2:{port}/sandbox/health", timeout=60).status_code == 200
        assert b"ads.example" in certificate(tmp_path)


def certificate(home: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(Path(json.loads((home / "ports.json").read_text())["cert"]).read_text())


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "sandbox", "--home", str(tmp_path), "--meta-port", port]
        run = subprocess.run(command, capture_output=True, timeout=READY_SECONDS, check=False)
    assert run.returncode == 1
    assert run.stderr.decode().strip().splitlines()[-1].startswith("sandbox: ")
    assert port in run.stderr.decode()


def test_help_has_an_example() -> None:
    run = subprocess.run([sys.executable, "-m", "sandbox", "--help"], capture_output=True, timeout=READY_SECONDS, check=True)
    assert b"curl" in run.stdout
