"""`zamc relay --heartbeat`: what a probe looks at."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.services import Services

READY_SECONDS = 60


def test_a_relay_beats_while_it_turns_and_ends_in_order(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "alive"
    command = [sys.executable, "-m", "cli.main", "relay", "--heartbeat", str(file)]
    child = subprocess.Popen(command, env={**os.environ, **services.environment}, stderr=subprocess.DEVNULL)
    try:
        first = beat_after(file, 0, child)
        beat_after(file, first, child)
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=60) == 0
    finally:
        child.kill()
        child.wait()


def beat_after(file: Path, before: int, child: "subprocess.Popen[bytes]") -> int:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert child.poll() is None
        if file.exists() and (beat := file.stat().st_mtime_ns) > before:
            return beat
        time.sleep(0.05)
    raise AssertionError("no beat came")
