"""A sandbox per test, with one account; starting one takes milliseconds once the SDK's types are imported."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.google.world import World, running


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path / "sandbox.sqlite") as started:
        started.customer = started.add_customer("1234567890")
        yield started
