"""Run code of ours as somebody who is not root."""

import os
import subprocess
import sys
from pathlib import Path

from cli.local.environment import supervisor_environment
from cli.local.privileges import child_setup, identity_for


def as_ordinary_user(code: str, *, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Runs Python code in a process of an ordinary user, to whom `folder` is given. When the tests are not run by root, that is us.

    Somebody else may be kept out of the checkout (a mktemp -d of root's); then the user keeps the right to read it, and no other.
    """
    identity = None
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        identity = identity_for(Path(sys.executable), folder)
    return subprocess.run(
        (sys.executable, "-c", code),
        env={**supervisor_environment(), "HOME": str(folder)},
        cwd=folder,
        preexec_fn=child_setup(identity),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
