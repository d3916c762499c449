"""One sandbox per module, one advertiser per test."""

from collections.abc import Iterator

import pytest

from tests.sandbox.world import Advertiser, World, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def brand(world: World) -> Iterator[Advertiser]:
    yield world.advertiser()
    world.faults.clear()
