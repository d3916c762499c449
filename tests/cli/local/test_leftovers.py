"""A lock file that lies: its number belongs to somebody else by now."""

import os
from pathlib import Path

import pytest

from cli.local.home import Home
from cli.local.leftovers import MARKER, clear_leftovers
from tests.cli.local.processes import all_end


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = Home(tmp_path)
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    return folder


def test_a_lock_file_that_names_a_living_stranger_is_removed(home: Home) -> None:
    lock = home.folder("postgres") / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n")
    clear_leftovers(home)
    assert not lock.exists()


def test_only_what_is_marked_with_this_folder_is_ended(home: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    ours, theirs = (os.posix_spawn("/bin/sleep", ["sleep", "600"], {MARKER: str(folder)}) for folder in (home.root, other))
    try:
        clear_leftovers(home)
        all_end([ours])
        assert os.waitpid(theirs, os.WNOHANG) == (0, 0)
    finally:
        os.kill(theirs, 9)
        os.waitpid(theirs, 0)
        os.waitpid(ours, 0)
