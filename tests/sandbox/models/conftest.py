"""One sandbox per module, its faults and settings cleared after each test."""

from collections.abc import Iterator

import pytest

from tests.sandbox.world import World, running


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def world(sandbox: World) -> Iterator[World]:
    yield sandbox
    sandbox.faults.clear()
    sandbox.post("models/settings", latency_seconds=0, seed=0)
