"""A limiter and a breaker on the real Valkey, with keys that no other test has."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.services import Services
from zamc.throttling.breaker import Breaker
from zamc.throttling.limiter import Limiter
from zamc.throttling.store import Store


@pytest.fixture
def store(services: Services) -> Iterator[Store]:
    opened = Store(services.redis_url)
    yield opened
    opened.close()


@pytest.fixture
def limiter(store: Store) -> Limiter:
    return Limiter(store)


@pytest.fixture
def breaker(store: Store) -> Breaker:
    return Breaker(store)


@pytest.fixture
def nowhere() -> Store:
    """A Redis that does not answer."""
    return Store("redis://127.0.0.1:1/0")


@pytest.fixture
def key() -> str:
    return f"test:{uuid4().hex}"
