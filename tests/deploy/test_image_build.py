"""The image's build steps, tried in a clean folder as an ordinary user, up to every pod of the chart running on the result.

Only in `make deploy-check` (see conftest.py): it downloads every wheel.
"""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.cluster import running
from tests.deploy.journey import goes_live, is_ready
from tests.deploy.pods import IGNORED, Image

BUILD_TOOLS = ("pip", "pip3", "uv", "npm", "node", "gcc", "setuptools", "wheel")


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    """What the image's last stage holds under /opt/zamc, built as an ordinary user and closed to writing afterwards."""
    # Not pytest's own folder: each start of pytest closes that to other users.
    with tempfile.TemporaryDirectory(prefix="zamc-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        source, root = folder / "src", folder / "root"
        for line in IGNORED.read_text().splitlines():
            if line.startswith("!"):
                _copy(Path(line[1:]), source / line[1:])
        root.mkdir()
        for step, argument in (("wheels", source / "requirements.txt"), ("dashboard", source), ("app", source)):
            _as_ordinary_user(folder, ["sh", "deploy/image/build.sh", step, str(root), str(argument)], cwd=source)
        _set_writable(root, writable=False)
        yield root
        _set_writable(root, writable=True)


def _set_writable(root: Path, *, writable: bool) -> None:
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IWUSR if writable else mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def _copy(found: Path, to: Path) -> None:
    if found.is_file():
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found, to)
    else:
        shutil.copytree(found, to, ignore=shutil.ignore_patterns("__pycache__", "target", "logs", "node_modules", "dist"))


def _as_ordinary_user(folder: Path, command: list[str], *, cwd: Path) -> None:
    """As nobody when we are root, else as ourselves."""
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "PATH": f"{sys.base_prefix}/bin:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, **who)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_build_tool_and_no_source_without_bytecode_is_in_the_tree(tree: Path) -> None:
    assert [name for name in BUILD_TOOLS if (tree / "venv/bin" / name).exists()] == []
    assert not list((tree / "venv").glob("lib/python*/site-packages/pip"))
    modules = [file for file in (tree / "app").rglob("*.py") if "dbt" not in file.relative_to(tree / "app").parts]
    assert [file for file in modules if not list((file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"))] == []
    assert (tree / "app/dbt/target/manifest.json").is_file()
    assert (tree / "app/dashboard/dist/index.html").is_file()


def test_the_tree_runs_every_pod_without_being_written_to(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("c")
    image = Image(tree / "venv/bin", tree / "entrypoint.sh", tree / "app", {})
    before = _content(tree)
    with running(folder, image) as cluster:
        is_ready(cluster)
        goes_live(cluster)
    assert _content(tree) == before


def _content(tree: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in tree.rglob("*")}
