"""What a platform lets an account ask for in an hour: a sync stops before it is refused, and the next one goes on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.sandbox.world import Advertiser, World, running
from tests.services import Services
from tests.zamc.analytics.scripted import Launched, launched
from zamc.analytics.service import AnalyticsService, SyncOutcome
from zamc.database.engine import Database
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.gate import around, observer
from zamc.platforms.meta_ads.insight_jobs import Patience
from zamc.platforms.meta_ads.insights import MetaInsights
from zamc.projects.tables import AdAccount
from zamc.throttling import quotas
from zamc.throttling.breaker import Breaker
from zamc.throttling.gate import SharedGate
from zamc.throttling.limiter import Limiter
from zamc.throttling.quotas import MetaQuotas
from zamc.throttling.store import Store

FIRST, DAY = date(2027, 3, 1), date(2027, 3, 3)
GRAINS = len(MetaInsights.grains)


class OneHour(MetaQuotas):
    """What was counted in one hour; another one is another hour."""

    def __init__(self, tier: str) -> None:
        super().__init__(app=uuid4().hex, tier=tier)
        self._hour = uuid4().hex

    def account(self, account: str) -> str:
        return f"meta_ads:{self._hour}:{account}"

    def use_case(self, account: str, name: str) -> str:
        return f"{self.account(account)}:{name}"


@dataclass
class Stage:
    """Two brands whose ads ran for four days and are paused: active ads would raise what an hour allows."""

    world: World
    brands: list[Advertiser]
    database: Database
    clock: ManualClock
    store: Store
    accounts: list[Launched]
    clients: list[MetaClient] = field(default_factory=list)

    def sync(self, hour: OneHour) -> SyncOutcome:
        gate = SharedGate(Limiter(self.store), Breaker(self.store), hour, patience=0)
        client = MetaClient(
            token=self.world.credentials.token, graph_url=self.world.url, version="v25.0", timeout_seconds=30,
            around=around(gate), observer=observer(gate, hour),
        )  # fmt: skip
        self.clients.append(client)

        def source(_: AdAccount) -> MetaInsights:
            return MetaInsights(client, patience=Patience(seconds=60, sleep=lambda _: None), small_rows=0)

        service = AnalyticsService(self.database, self.clock, {"meta_ads": source}, look_back_days=2, workers=1)
        return service.sync(platform="meta_ads", day=DAY)

    def allow(self, brand: Advertiser, in_an_hour: int) -> None:
        self.world.admin("DELETE", "meta/limits")
        self.world.post("meta/limits", account=brand.id, ads_insights=in_an_hour)

    def asked(self, brand: Advertiser) -> Any:
        return self.world.admin("GET", "meta/limits")[1]["accounts"][brand.id]

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.transaction() as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def grains_of(self, account: Launched) -> int:
        [(count,)] = self.read(f"SELECT count(DISTINCT grain) FROM analytics WHERE ad_account_id = '{account.account.id}'")  # noqa: S608
        return int(count)


@pytest.fixture
def stage(database: Database, clock: ManualClock, services: Services, tmp_path: Path) -> Iterator[Stage]:
    with running(tmp_path) as world:
        brands = [world.advertiser(), world.advertiser()]
        trees = [brand.tree(daily_budget=5000) for brand in brands]
        campaigns = [campaign for campaign, _, _ in trees]
        world.clock.advance(4 * 86_400)
        for brand, (_, _, ads) in zip(brands, trees, strict=True):
            for ad in ads:
                brand.post(ad, status="PAUSED")
        world.post("meta/settings", report_seconds=0.0001)
        clock.business = datetime(2027, 3, 5, 8, tzinfo=UTC)
        store = Store(services.redis_url)
        accounts = [
            launched(database, platform="meta_ads", external_id=brand.id, campaign_id=campaign, starts_on=FIRST)
            for brand, campaign in zip(brands, campaigns, strict=True)
        ]
        made = Stage(world, brands, database, clock, store, accounts)
        yield made
        for client in made.clients:
            client.close()
        store.close()


def test_when_a_platform_says_that_the_hour_is_used_up_the_account_waits_and_the_next_hour_goes_on(stage: Stage) -> None:
    short, _ = stage.brands
    hour = OneHour("standard")
    stage.allow(short, 3)  # one report is ordered and read, another one ordered
    outcome = stage.sync(hour)
    held, whole = stage.accounts
    assert outcome.failures.keys() == {str(held.account.id)}
    assert "is used up" in outcome.failures[str(held.account.id)]
    assert (stage.grains_of(held), stage.grains_of(whole)) == (0, GRAINS), "the other account is none the worse"
    assert (stage.asked(short)["hourly"]["ads_insights"], stage.asked(short)["refused"]) == (3, {}), "held back before it was refused"
    assert stage.sync(hour).failures.keys() == {str(held.account.id)}
    assert (stage.asked(short)["hourly"]["ads_insights"], stage.asked(short)["violations"]) == (3, 0), "nobody asks before the hour is over"
    assert stage.read("SELECT count(*) FROM events.dead_letters") == [(0,)], "it passes by itself"
    stage.allow(short, 1000)
    assert not stage.sync(OneHour("standard")).failures
    assert stage.grains_of(held) == GRAINS
    tickets = stage.read(f"SELECT DISTINCT ticket FROM report_jobs WHERE ad_account_id = '{held.account.id}'")  # noqa: S608
    assert len(tickets) == 1, "the reading that was held back was gone on with"


def test_our_own_count_of_the_hour_holds_back_though_the_platform_says_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "META_TIERS", {"development": (9_000, 9_000, 40)})
    stage.allow(stage.brands[0], 100_000)
    hour = OneHour("development")
    first = stage.sync(hour)
    assert len(first.failures) == 0, "3 calls for each of 9 grains: 27 of the 30 that are not kept for pauses"
    second = stage.sync(hour)
    assert len(second.failures) == 2
    assert all("ads_insights is used up" in sentence for sentence in second.failures.values())
    for brand in stage.brands:
        # The platform does not count the 10 polls among them.
        assert (stage.asked(brand)["hourly"]["ads_insights"], stage.asked(brand)["refused"]) == (20, {})
    assert not stage.sync(OneHour("development")).failures
