"""Tools from outside Python that some tests need: a browser, Node.js."""

import os
import shutil
import sys
from pathlib import Path

import pytest


def tool(*names: str, install: str) -> str:
    """The path of the first of these programs that is there, in the virtual environment too.

    Without one the test is skipped with a sentence that says how to install it; with ZAMC_REQUIRE_ALL=1 it fails.
    """
    # What `make dashboard` put into the virtual environment is there because the machine lacks it, or has it too old.
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    found = next((path for name in names if (path := shutil.which(name, path=places))), None)
    if found is not None:
        return found
    sentence = f"{names[0]} is not installed: {install}"
    if os.environ.get("ZAMC_REQUIRE_ALL") == "1":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
