"""Buckets are one for all processes, fill steadily, and are taken from together or not at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.services import Services
from zamc.throttling.buckets import SHARE_WITHOUT_REDIS, Bucket, Buckets
from zamc.throttling.store import Store


@pytest.fixture
def store(services: Services) -> Iterator[Store]:
    opened = Store(services.redis_url)
    yield opened
    opened.close()


def _bucket(size: int = 100, seconds: float = 3_600.0) -> Bucket:
    return Bucket(f"test:{uuid4()}", size, seconds)


def test_a_bucket_is_empty_when_its_size_was_taken_and_says_when_there_is_room(store: Store) -> None:
    bucket, buckets = _bucket(), Buckets(store)
    first = buckets.take([bucket], 60)
    assert (first.allowed, first.left) == (True, 40)
    refused = buckets.take([bucket], 41)
    assert not refused.allowed
    assert 30 < refused.wait_seconds <= 36
    assert refused.left == 40
    assert buckets.take([bucket], 40).allowed


def test_what_one_has_no_room_for_is_taken_from_none(store: Store) -> None:
    small, large, buckets = _bucket(10), _bucket(100), Buckets(store)
    assert buckets.take([large, small], 5).allowed
    assert not buckets.take([large, small], 6).allowed
    assert buckets.take([large], 95).allowed
    assert not buckets.take([large], 1).allowed


def test_a_cost_above_the_size_goes_when_the_bucket_is_full(store: Store) -> None:
    bucket, buckets = _bucket(10), Buckets(store)
    assert buckets.take([bucket], 1_000).allowed
    assert not buckets.take([bucket], 1).allowed


def test_many_at_once_take_no_more_than_there_is(store: Store) -> None:
    bucket = _bucket(50)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: Buckets(store).take([bucket], 1).allowed, range(80)))
    assert sum(taken) == 50


def test_it_fills_up_again(store: Store) -> None:
    bucket, buckets = _bucket(10, seconds=0.05), Buckets(store)
    assert buckets.take([bucket], 10).allowed
    for _ in range(10_000):
        if buckets.take([bucket], 10).allowed:
            return
    pytest.fail("it never had room again")


def test_without_redis_each_process_lets_a_share_pass() -> None:
    buckets, bucket = Buckets(Store("redis://127.0.0.1:9/0")), _bucket(80)
    allowed = [buckets.take([bucket], 1).allowed for _ in range(20)]
    assert sum(allowed) == 80 // SHARE_WITHOUT_REDIS
    assert buckets.take([_bucket(80)], 1).allowed
