"""The dashboard, built as its users build it."""

import fcntl
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from tests.tools import tool

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "dashboard"


def make_dashboard() -> None:
    """`make dashboard`; one worker at a time, and nothing to do for the second. Skips or fails without Node.js."""
    npm()
    lock = Path(tempfile.gettempdir()) / f"zamc-dashboard-{os.getuid()}-{hashlib.sha256(bytes(ROOT)).hexdigest()[:12]}.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run("make", "--no-print-directory", "dashboard", folder=ROOT)


def npm() -> str:
    return tool("npm", install="Node.js 20.19 or newer; `make dashboard` gets one from a wheel")


def run(*argv: str, folder: Path = FOLDER) -> str:
    """What it printed. What fails says it in the test's report."""
    # Not the flags of the make that may have started these tests.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    environment["PATH"] = f"{Path(npm()).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    ran = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
