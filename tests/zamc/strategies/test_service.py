"""A brief is written once, whoever dies on the way; a plan is approved once, by who may."""

import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import ManualClock
from tests.zamc.strategies.briefs import brief
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.errors import Conflict, GiveUp, InDoubt, InvalidInput, NotFound
from zamc.events.tables import OutboxRow
from zamc.llm.offline.writer import OfflineWriter
from zamc.llm.ports import Written
from zamc.optimisation.tables import Decision
from zamc.projects.service import ProjectService
from zamc.projects.tables import AuditEntry
from zamc.strategies import repository
from zamc.strategies.rules import plan_hash
from zamc.strategies.schema import Brief, Plan
from zamc.strategies.service import StrategyService
from zamc.strategies.tables import ModelCall, Strategy


class Begun:
    """The next stage, played."""

    def __init__(self) -> None:
        self.strategies: list[UUID] = []

    def begin(self, session: Session, strategy: Strategy) -> None:
        assert session.in_transaction()
        assert strategy.status == "approved"
        self.strategies.append(strategy.id)


class ScriptedWriter:
    """The offline writer, which a test can interrupt."""

    def __init__(self) -> None:
        self.calls = 0
        self.before: list[BaseException | None] = []
        self.meanwhile = lambda: None

    def write_pitch(self, brief: Brief, *, project_name: str, project_id: UUID, variant: int) -> Written:
        self.calls += 1
        self.meanwhile()
        accident = self.before.pop(0) if self.before else None
        if accident:
            raise accident
        return OfflineWriter().write_pitch(brief, project_name=project_name, project_id=project_id, variant=variant)


class House:
    """A project and its strategies."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock = database, clock
        self.writer, self.next = ScriptedWriter(), Begun()
        self.service = StrategyService(database, clock, self.writer, self.next)

    def project(self, name: str = "Bluebird", **gates: str) -> UUID:
        with self.database.transaction() as session:
            return ProjectService(self.clock).create_project(session, name, by="test", gates=gates).id

    def ask(self, project_id: UUID, asked: Brief | None = None) -> UUID:
        with self.database.transaction() as session:
            return self.service.request(session, project_id=project_id, brief=asked or brief(), requested_by="ana")

    def row(self, strategy_id: UUID) -> Strategy:
        with self.database.transaction() as session:
            found = repository.get(session, strategy_id)
            assert found is not None
            return found

    def all(self, table: type[Any]) -> Sequence[Any]:
        with self.database.transaction() as session:
            return session.scalars(select(table).order_by(table.created_at)).all()

    def events(self) -> list[str]:
        return [row.subject.removeprefix("zamc.strategy.") for row in self.all(OutboxRow)]


@pytest.fixture
def house(database: Database, clock: ManualClock) -> House:
    return House(database, clock)


def test_the_same_brief_asked_for_twice_is_one_strategy(house: House) -> None:
    project = house.project()
    first = house.ask(project)
    assert house.ask(project) == first
    assert house.ask(project, brief(offer="Another offer")) != first
    assert house.events() == ["requested", "requested"]
    assert [entry.action for entry in house.all(AuditEntry)].count("strategy.requested") == 2


def test_many_who_ask_at_once_ask_for_one_strategy(house: House) -> None:
    project, found = house.project(), list[UUID]()
    askers = [threading.Thread(target=lambda: found.append(house.ask(project))) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert house.events() == ["requested"]


def test_a_brief_that_is_refused_leaves_nothing_behind(house: House) -> None:
    project = house.project()
    unchecked = brief().model_copy(update={"landing_page": "https://user:pass@example.org/"})
    with pytest.raises(InvalidInput) as caught:
        house.ask(project, unchecked)
    assert caught.value.field == "brief.landing_page"
    with pytest.raises(NotFound):
        house.ask(uuid7())
    assert house.all(Strategy) == []
    assert house.events() == []


def test_a_currency_that_the_account_does_not_have_is_refused_by_name(house: House) -> None:
    project = house.project()
    with house.database.transaction() as session:
        ProjectService(house.clock).add_account(
            session, project, platform="google_ads", external_id="1234567890", currency="USD", time_zone="Europe/Berlin", by="test"
        )
    with pytest.raises(InvalidInput, match="google_ads account is in USD") as caught:
        house.ask(project)
    assert caught.value.field == "brief.budget.currency"
    assert house.ask(project, brief(budget={"total": "3000.00", "currency": "USD"}, conversion_value=None))


def test_with_an_open_gate_a_brief_becomes_an_approved_plan(house: House) -> None:
    strategy = house.ask(house.project(strategy="auto"))
    assert house.service.draft().done == 1
    row = house.row(strategy)
    assert (row.status, row.approved_by, row.approved_at) == ("approved", "autopilot", house.clock.now())
    assert row.plan_hash == plan_hash(Plan.model_validate(row.plan))
    assert row.provenance["provider"] == "offline"
    assert row.provenance["requested_by"] == "ana"
    assert house.events() == ["requested", "approved"]
    assert house.next.strategies == [strategy]
    (decision,) = house.all(Decision)
    assert (decision.kind, decision.known["plan_hash"]) == ("strategy.approved", row.plan_hash)
    (call,) = house.all(ModelCall)
    assert (call.provider, call.cost_micros, str(call.id)) == ("offline", 0, row.provenance["model_call_id"])
    assert house.service.draft().counts == {}


@pytest.mark.parametrize("gates", [{"strategy": "person"}, {}])
def test_a_plan_waits_for_a_person_where_the_gate_is_not_open(house: House, gates: dict[str, str]) -> None:
    strategy = house.ask(house.project(**gates))
    house.service.draft([strategy])
    assert house.row(strategy).status == "drafted"
    assert house.events() == ["requested", "drafted"]
    assert house.service.draft().counts == {}  # what waits at a gate is not pending
    seen = house.row(strategy).plan_hash or ""
    with house.database.transaction() as session, pytest.raises(Conflict, match="changed since"):
        house.service.approve(session, strategy, by="ben", plan_hash="0" * 64)
    for _ in range(2):
        with house.database.transaction() as session:
            house.service.approve(session, strategy, by="ben", plan_hash=seen)
    assert house.row(strategy).approved_by == "ben"
    assert house.next.strategies == [strategy]
    assert house.events() == ["requested", "drafted", "approved"]


def test_only_these_are_drafted(house: House) -> None:
    project = house.project()
    first, second = house.ask(project), house.ask(project, brief(offer="Another offer"))
    assert house.service.draft([first]).done == 1
    assert house.row(second).status == "requested"
    assert house.service.draft([]).counts == {}


def test_who_dies_while_writing_leaves_the_brief_to_the_next(house: House) -> None:
    strategy = house.ask(house.project(strategy="auto"))
    house.writer.before = [SystemExit("killed")]
    with pytest.raises(SystemExit):
        house.service.draft()
    assert house.row(strategy).status == "requested"
    assert house.service.draft().counts == {}  # the lease of the dead worker still runs
    house.clock.advance(seconds=121)
    assert house.service.draft().done == 1
    assert house.writer.calls == 2
    assert house.events() == ["requested", "approved"]
    assert (len(house.all(ModelCall)), len(house.all(Decision)), house.next.strategies) == (1, 1, [strategy])


def test_who_was_overtaken_cannot_write(house: House) -> None:
    strategy = house.ask(house.project(strategy="auto"))
    other = House(house.database, house.clock)

    def stall() -> None:
        house.clock.advance(seconds=121)
        assert other.service.draft().done == 1

    house.writer.meanwhile = stall
    assert house.service.draft().counts == {"overtaken": 1}
    assert house.events() == ["requested", "approved"]
    assert (other.next.strategies, house.next.strategies) == ([strategy], [])
    assert len(house.all(ModelCall)) == 1


def test_a_rejection_overtakes_whoever_is_writing(house: House) -> None:
    strategy = house.ask(house.project(strategy="auto"))

    def reject() -> None:
        with house.database.transaction() as session:
            house.service.reject(session, strategy, by="ben", reason="wrong season")

    def in_another_thread() -> None:
        thread = threading.Thread(target=reject)
        thread.start()
        thread.join()

    house.writer.meanwhile = in_another_thread
    assert house.service.draft().counts == {"overtaken": 1}
    assert house.row(strategy).status == "rejected"
    assert house.events() == ["requested", "rejected"]
    with house.database.transaction() as session:
        house.service.reject(session, strategy, by="ben", reason="again")
    with house.database.transaction() as session, pytest.raises(Conflict):
        house.service.approve(session, strategy, by="ben", plan_hash="")


def test_an_approved_strategy_cannot_be_rejected(house: House) -> None:
    strategy = house.ask(house.project(strategy="auto"))
    house.service.draft()
    with house.database.transaction() as session, pytest.raises(Conflict, match="pause its deployments"):
        house.service.reject(session, strategy, by="ben", reason="late")
    with house.database.transaction() as session, pytest.raises(NotFound):
        house.service.reject(session, uuid7(), by="ben", reason="late")


def test_a_writer_in_doubt_is_asked_again_and_one_that_gives_up_fails_the_strategy(house: House) -> None:
    project = house.project(strategy="auto")
    doubted = house.ask(project)
    house.writer.before = [InDoubt("no answer")]
    assert house.service.draft().counts == {"waiting": 1}
    house.clock.advance(hours=1)
    assert house.service.draft().done == 1
    assert house.row(doubted).last_error is None
    given_up = house.ask(project, brief(offer="Another offer"))
    house.writer.before = [GiveUp("refused")]
    assert house.service.draft().counts == {"failed": 1}
    assert (house.row(given_up).status, house.row(given_up).last_error) == ("failed", "refused")
    assert house.events() == ["requested", "approved", "requested", "failed", "zamc.dead.strategy.requested"]
    assert house.next.strategies == [doubted]


def test_a_next_stage_that_breaks_takes_the_approval_with_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = house.ask(house.project(strategy="auto"))

    def broken(session: Session, row: Strategy) -> None:
        raise KeyError("bug")

    monkeypatch.setattr(house.next, "begin", broken)
    with pytest.raises(KeyError):
        house.service.draft()
    assert house.row(strategy).status == "requested"
    assert house.events() == ["requested"]
    assert house.all(Decision) == []


def test_summaries_page_through_a_project(house: House) -> None:
    project = house.project(strategy="auto")
    ids = [house.ask(project, brief(offer=f"Offer {word}")) for word in ("one", "two", "three")]
    house.service.draft(ids[:1])
    with house.database.transaction() as session:
        newest = repository.summaries(session, project_id=project, limit=2)
        rest = repository.summaries(session, project_id=project, before=(newest[-1].created_at, newest[-1].id))
        assert repository.count_by_status(session, project_id=project) == {"approved": 1, "requested": 2}
    assert [row.id for row in [*newest, *rest]] == ids[::-1]
    assert (newest[0].positioning, newest[0].channels, newest[0].goal, newest[0].currency) == (None, {}, "sales", "EUR")
    assert rest[0].channels.keys() == {"google_ads", "meta_ads"}
    assert (rest[0].starts_on, rest[0].ends_on) == ("2027-03-01", "2027-03-30")
