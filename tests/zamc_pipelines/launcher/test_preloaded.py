"""What the platform loads before runs are forked from it must start no thread: the launcher would refuse to start, and no run with it."""

import subprocess
import sys

from cli.local.stack import PRELOADED
from resources.dbt import prepare_manifest

_COUNT = """
import importlib, os, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    if len(os.listdir("/proc/self/task")) > 1:
        sys.exit(f"{name} starts a thread")
"""


def test_nothing_that_is_loaded_before_a_fork_starts_a_thread() -> None:
    prepare_manifest()
    done = subprocess.run((sys.executable, "-c", _COUNT, *PRELOADED), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
