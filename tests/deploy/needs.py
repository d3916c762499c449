"""Tools from outside: missing ones skip a test and say so, and fail it where everything is required (ZAMC_REQUIRE_ALL=1)."""

import importlib
import os
from typing import Any

import pytest


def need(module: str, package: str) -> Any:
    """The module, if its package is installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        if os.environ.get("ZAMC_REQUIRE_ALL"):
            raise
        pytest.skip(f"{package} is not installed: `make test` installs it")
