"""Providers on loopback behind the real clients, a project with a budget, and a till."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from tests.conftest import ManualClock
from tests.sandbox.world import World, running
from tests.services import Services
from tests.zamc.llm.wire import Act, Wire, draft, served
from tests.zamc.strategies.briefs import brief
from zamc.database.engine import Database
from zamc.llm import repository
from zamc.llm.anthropic.model import AnthropicModel
from zamc.llm.connection import Connected, Connection
from zamc.llm.desk import WritingDesk
from zamc.llm.huggingface.model import HuggingFaceModel
from zamc.llm.offline.writer import OfflineWriter
from zamc.llm.openai.model import OpenAIModel
from zamc.llm.ports import Model
from zamc.llm.price_rules import Price
from zamc.llm.till import Till
from zamc.projects.service import ProjectService
from zamc.strategies.schema import Brief
from zamc.strategies.tables import ModelCall
from zamc.throttling.breaker import Breaker
from zamc.throttling.limiter import Limiter
from zamc.throttling.store import Store

ADAPTERS: dict[str, Callable[[Connection], Connected]] = {
    "openai": OpenAIModel,
    "anthropic": AnthropicModel,
    "huggingface": HuggingFaceModel,
}
PATHS = {"openai": "openai/v1", "anthropic": "anthropic", "huggingface": "tgi/v1"}
SANDBOX_NAMES = {"openai": "openai", "anthropic": "anthropic", "huggingface": "tgi"}
DOLLAR = 1_000_000
# Read 1 dollar a million tokens, written 2: the wire's 1,000 and 500 tokens cost 2,000 micros.
PRICE, COST = Price(DOLLAR, 2 * DOLLAR), 2_000


class Bench:
    """Everything that buying needs. waits: what the till slept."""

    def __init__(self, database: Database, owner: Database, clock: ManualClock, store: Store, wire: Wire) -> None:
        self.database, self.owner, self.clock, self.wire = database, owner, clock, wire
        self.canary = f"sk-canary-{uuid4().hex}"
        self.limiter, self.breaker = Limiter(store), Breaker(store)
        self.waits: list[float] = []
        self.brief: Brief = brief()
        with database.transaction() as session:
            self.project_id: UUID = ProjectService(clock).create_project(session, "Bluebird", by="test").id

    def model(self, provider: str, *, timeout: float = 10.0, per_minute: int = 0, name: str = "claude-sonnet-4-6") -> Model:
        connection = Connection(provider, self.wire.address(provider), name, SecretStr(self.canary), timeout, per_minute)
        made: Any = ADAPTERS[provider](connection)
        return made

    def till(self, *, timeout: float = 10.0) -> Till:
        table = {f"{provider}/claude-sonnet-4-6": PRICE for provider in ADAPTERS}
        return Till(
            self.database, self.clock, self.limiter, self.breaker, table,
            call_seconds=timeout, patience=timedelta(seconds=5), sleep=self.waits.append,
        )  # fmt: skip

    def desk(self, *order: str, timeout: float = 10.0) -> WritingDesk:
        models = {provider: self.model(provider, timeout=timeout) for provider in order}
        return WritingDesk(self.database, self.till(timeout=timeout), models, order=order, offline=OfflineWriter())

    def allow(self, monthly: int | None = 100 * DOLLAR, *, offline: bool = False, providers: list[str] | None = None) -> None:
        values = {"monthly_budget_micros": monthly, "offline": offline, "providers": providers, "decided_by": "test"}
        with self.owner.transaction() as session:
            repository.put_model_policy(session, self.project_id, values)

    def play(self, provider: str, *acts: Act) -> None:
        self.wire.acts[provider] = list(acts)

    def good(self, **changes: Any) -> Act:
        return Act(json.dumps(draft(self.brief, **changes)))

    def calls(self) -> list[ModelCall]:
        with self.database.transaction() as session:
            return list(session.scalars(select(ModelCall).order_by(ModelCall.id)))


@pytest.fixture
def wire() -> Iterator[Wire]:
    with served() as opened:
        yield opened


@pytest.fixture
def bench(services: Services, database: Database, owner_database: Database, clock: ManualClock, wire: Wire) -> Iterator[Bench]:
    store = Store(services.redis_url)
    yield Bench(database, owner_database, clock, store, wire)
    store.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def world(sandbox: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # One key and one address for all tests, but a limit and a breaker for each.
    monkeypatch.setattr(Connection, "room", property(lambda own: f"llm:{own.provider}:{bench.project_id}"))
    monkeypatch.setattr(bench, "canary", sandbox.credentials.model_key)
    monkeypatch.setattr(bench.wire, "address", lambda name: f"{sandbox.url}/models/{PATHS[name]}")
    yield sandbox
    sandbox.faults.clear()
    sandbox.post("models/settings", latency_seconds=0, seed=0)
