"""Callers may ask for so much in a minute, by what it costs: per user, per key and per project."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.graphql.rates import Rates
from tests.api.test_graphql import STRATEGIES, Key, Project
from tests.api.test_kept import ask
from zamc.bootstrap import Services
from zamc.throttling.buckets import Bucket, Taken


def _limited(wired: Services, per_minute: int) -> Services:
    return Services(wired.settings.model_copy(update={"api_cost_per_minute": per_minute}))


def test_a_user_who_asks_for_too_much_is_told_when_to_come_back(wired: Services, project: Project, key: Key) -> None:
    mine = project("Mine")
    ana, again, bea = (
        key("ana@example.org", {mine: "owner"}),
        key("ana@example.org", {mine: "owner"}),
        key("bea@example.org", {mine: "owner"}),
    )
    with TestClient(create_app(_limited(wired, 1_000))) as client:
        answers = [ask(client, ana, STRATEGIES, project=str(mine))]
        while answers[-1].status_code == 200 and len(answers) < 200:
            # Another document each time, so that none is kept.
            answers.append(ask(client, ana, STRATEGIES.replace("id name", "id " + "name " * len(answers)), project=str(mine)))
        last, first = answers[-1], answers[0]
        other_key, other_user = (ask(client, each, STRATEGIES + " #", project=str(mine)).status_code for each in (again, bea))
    assert last.status_code == 429
    assert last.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 0 < int(last.headers["retry-after"]) <= 60
    assert first.headers["ratelimit-policy"] == '"cost";q=1000;w=60'
    assert first.headers["ratelimit"].startswith('"cost";r=')
    assert (other_key, other_user) == (429, 200)


class Counted:
    """Buckets without end that count how often they are asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], int]] = []

    async def take(self, buckets: Sequence[Bucket], cost: int) -> Taken:
        self.asked.append(([bucket.key.split(":")[0] for bucket in buckets], cost))
        return Taken(0.0, 1_000_000, 1.0)


def test_a_busy_caller_seldom_asks_redis_and_a_quiet_one_pays_little_more_than_it_costs() -> None:
    counted = Counted()
    rates = Rates(counted, 1_000_000)

    async def many() -> None:
        who, project = uuid4(), uuid4()
        for _ in range(2_000):
            assert (await rates.take(user_id=who, credential="a", project_id=project, cost=1)).allowed

    asyncio.run(many())
    assert len(counted.asked) < 20
    assert counted.asked[0] == (["user", "credential", "project"], 501)
    counted.asked.clear()
    asyncio.run(_once(rates, uuid4()))
    assert counted.asked == [(["user", "credential"], 1_200)]


async def _once(rates: Rates, who: UUID) -> Any:
    return await rates.take(user_id=who, credential="b", project_id=None, cost=700)


def test_a_lease_that_is_refused_is_asked_for_again_as_small_as_it_must_be() -> None:
    class Scarce(Counted):
        async def take(self, buckets: Sequence[Bucket], cost: int) -> Taken:
            await super().take(buckets, cost)
            return Taken(0.0 if cost <= 10 else 30.0, 10, 1.0)

    scarce = Scarce()
    rates = Rates(scarce, 100_000)

    async def three() -> list[bool]:
        who = uuid4()
        return [(await rates.take(user_id=who, credential="a", project_id=None, cost=10)).allowed for _ in range(3)]

    assert asyncio.run(three()) == [True, True, True]
    assert [cost for _, cost in scarce.asked] == [60, 10, 60, 10, 60, 10]


@pytest.mark.parametrize("seconds", [0.2, 59.1])
def test_whole_seconds_are_rounded_up(seconds: float) -> None:
    headers = Rates(Counted(), 1_000).headers(Taken(seconds, -5, seconds))
    assert headers["retry-after"] == str(int(seconds) + 1)
    assert headers["ratelimit"] == f'"cost";r=0;t={int(seconds) + 1}'
