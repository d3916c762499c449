"""Tools from outside: where one is missing, its tests are left out and say so."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest


def need(module: str, package: str) -> Any:
    """The module, if its package is installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        pytest.skip(f"{package} is not installed: `make test` installs it")


def need_program(name: str, package: str) -> str:
    """The program that the package put beside our Python."""
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        pytest.skip(f"{package} is not installed: `make test` installs it")
    return str(program)
