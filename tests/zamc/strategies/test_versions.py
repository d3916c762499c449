"""A person's edit is a version that waits; what was approved stays in force until a person lets another version take over."""

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tests.conftest import ManualClock
from tests.zamc.strategies.test_service import House
from zamc.creatives.service import CreativeService
from zamc.creatives.tables import Asset
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.deployments.retries import retry
from zamc.deployments.tables import Deployment
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.events.tables import OutboxRow
from zamc.projects.service import ProjectService
from zamc.projects.tables import AuditEntry, SpendLedgerEntry
from zamc.storage.objects import StoredObject
from zamc.strategies import version_views as views
from zamc.strategies.diff_rules import ChangeKind
from zamc.strategies.service import StrategyService
from zamc.strategies.versions import Edited

SMUGGLED: list[dict[str, Any]] = [
    {"flight": {"landing_page": "https://evil.example/"}}, {"channels": []}, {"budget": {"total": "9.00"}}, {"landing_page": "https://x.example"},
    {"daily_budget_micros": 1}, {"brand": {"primary": "#000000"}}, {"outlook": None}, {"special_category": "none"}, {"start": "2027-01-01"},
]  # fmt: skip


@pytest.fixture
def house(database: Database, clock: ManualClock) -> House:
    return House(database, clock)


def drafted(house: House, **gates: str) -> UUID:
    strategy = house.ask(house.project(**gates))
    assert house.service.draft([strategy]).done == 1
    return strategy


def newest(house: House, strategy: UUID) -> views.WholeVersion:
    with house.database.transaction() as session:
        return views.version(session, strategy)


def listed(house: House, strategy: UUID) -> list[tuple[int, str, bool]]:
    with house.database.transaction() as session:
        return [(view.version, view.status, view.in_force) for view in views.versions(session, strategy)]


def edit(house: House, strategy: UUID, *, by: str = "ben@example.org", seen: str = "", **changes: Any) -> Edited:
    view = newest(house, strategy)
    words = {**view.words, **changes}
    with house.database.transaction() as session:
        return house.service.edit(session, strategy, words, by=by, seen_hash=seen or view.about.plan_hash, note="shorter")


def approve(house: House, strategy: UUID, plan_hash: str) -> None:
    with house.database.transaction() as session:
        house.service.approve(session, strategy, by="cleo", plan_hash=plan_hash)


def test_a_draft_is_version_one_and_says_who_wrote_it(house: House) -> None:
    strategy = drafted(house)
    view = newest(house, strategy)
    assert (view.about.version, view.about.origin, view.about.author, view.about.status) == (1, "writer", "offline rules", "waiting")
    assert view.about.plan_hash == house.row(strategy).plan_hash
    assert view.plan == house.row(strategy).plan
    approve(house, strategy, view.about.plan_hash)
    assert newest(house, strategy).about.decided_by == "cleo"
    assert listed(house, strategy) == [(1, "approved", True)]


def test_an_edit_is_the_next_version_with_its_author_time_and_differences(house: House) -> None:
    strategy = drafted(house)
    house.clock.advance(hours=2)
    made = edit(house, strategy, positioning="Coffee for people who grind it themselves")
    view = newest(house, strategy)
    assert (view.about.version, view.about.parent, view.about.author, view.about.note) == (2, 1, "ben@example.org", "shorter")
    assert view.about.written_at == house.clock.now()
    assert [(change.path, change.kind) for change in made.changes] == [("pitch.positioning", ChangeKind.CHANGED)]
    row = house.row(strategy)
    assert (row.status, row.version, row.plan_hash) == ("drafted", 2, made.plan_hash)
    assert listed(house, strategy) == [(2, "waiting", True), (1, "superseded", False)]
    with house.database.transaction() as session:
        assert list(made.changes) == list(views.differences(session, strategy, before=1, after=2))
    entry = next(entry for entry in house.all(AuditEntry) if entry.action == "strategy.edited")
    assert (entry.actor, entry.details["changed"]) == ("ben@example.org", ["pitch.positioning"])
    assert house.events() == ["requested", "drafted", "drafted"]
    assert house.all(OutboxRow)[-1].envelope["data"]["version"] == 2


def test_the_version_that_was_seen_is_approved_and_no_other(house: House) -> None:
    strategy = drafted(house)
    first = newest(house, strategy).about.plan_hash
    made = edit(house, strategy, creative_direction="Hands and beans")
    with pytest.raises(Conflict, match="changed since"):
        approve(house, strategy, first)
    approve(house, strategy, made.plan_hash)
    assert house.next.strategies == [strategy]
    assert house.row(strategy).plan_hash == made.plan_hash


def test_an_edit_of_what_somebody_else_has_edited_is_refused(house: House) -> None:
    strategy = drafted(house)
    seen = newest(house, strategy).about.plan_hash
    edit(house, strategy, creative_direction="Hands and beans")
    with pytest.raises(Conflict, match="version 2 is the newest"):
        edit(house, strategy, seen=seen, creative_direction="Cups")
    with pytest.raises(Conflict, match="nothing is different"):
        edit(house, strategy)
    assert len(listed(house, strategy)) == 2


def test_an_edit_never_changes_what_is_in_force(house: House) -> None:
    strategy = drafted(house, strategy="auto")
    before = house.row(strategy)
    made = edit(house, strategy, positioning="Coffee for people who grind it themselves")
    row = house.row(strategy)
    assert (row.status, row.version, row.plan_hash, row.plan) == ("approved", 1, before.plan_hash, before.plan)
    assert listed(house, strategy) == [(2, "waiting", False), (1, "approved", True)]
    assert house.next.strategies == [strategy]  # an open gate is the writer's; an edit waits for a person
    approve(house, strategy, made.plan_hash)
    row = house.row(strategy)
    assert (row.version, row.plan_hash, row.approved_by) == (2, made.plan_hash, "cleo")
    assert house.next.strategies == [strategy, strategy]
    approve(house, strategy, made.plan_hash)
    assert house.next.strategies == [strategy, strategy]


def test_a_waiting_version_can_be_turned_down_and_the_one_in_force_stays(house: House) -> None:
    strategy = drafted(house, strategy="auto")
    made = edit(house, strategy, creative_direction="Hands and beans")
    with house.database.transaction() as session:
        house.service.reject(session, strategy, by="cleo", reason="too plain")
    assert listed(house, strategy) == [(2, "rejected", False), (1, "approved", True)]
    with pytest.raises(Conflict, match="changed since"):
        approve(house, strategy, made.plan_hash)
    assert house.row(strategy).status == "approved"


def test_a_rejected_plan_may_be_edited_and_waits_again(house: House) -> None:
    strategy = drafted(house)
    with house.database.transaction() as session:
        house.service.reject(session, strategy, by="cleo", reason="too plain")
    made = edit(house, strategy, creative_direction="Hands and beans")
    assert house.row(strategy).status == "drafted"
    approve(house, strategy, made.plan_hash)
    assert listed(house, strategy) == [(2, "approved", True), (1, "rejected", False)]


@pytest.mark.parametrize("smuggled", SMUGGLED, ids=lambda each: next(iter(each)))
def test_what_costs_or_aims_cannot_be_smuggled_in(house: House, smuggled: dict[str, Any]) -> None:
    strategy = drafted(house)
    with pytest.raises(InvalidInput, match="computed by rules from the brief") as caught:
        edit(house, strategy, **smuggled)
    assert caught.value.field == f"pitch.{next(iter(smuggled))}"
    assert len(listed(house, strategy)) == 1


def test_ages_and_budgets_are_computed_anew_whatever_the_words_say(house: House) -> None:
    strategy = drafted(house)
    words = newest(house, strategy).words
    words["audiences"][0]["age_min"] = 18
    with pytest.raises(InvalidInput, match="computed by rules"):
        edit(house, strategy, audiences=words["audiences"])
    edit(house, strategy, audiences=[{"name": "Everybody", "description": "Ages 18 to 65, spend 999999 EUR", "platform": "meta_ads"}])
    first, second = (plan_of(house, strategy, version) for version in (1, 2))
    assert [each["age_min"] for each in second["pitch"]["audiences"]] == [25]
    assert {name: second[name] for name in ("flight", "channels", "brand")} == {
        name: first[name] for name in ("flight", "channels", "brand")
    }


def plan_of(house: House, strategy: UUID, version: int) -> dict[str, Any]:
    with house.database.transaction() as session:
        return views.version(session, strategy, version).plan


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("messages", [{"language": "en", "angle": "x", "text": "Only 3.99 today", "source": "brief.offer"}], "pitch.messages[0].text"),
        ("messages", [{"language": "en", "angle": "x", "text": "Fresh beans", "source": "brief.budget"}], "pitch.messages[0].source"),
        ("messages", [{"language": "de", "angle": "x", "text": "Frische Bohnen", "source": "brief.offer"}], "pitch.messages[0].language"),
        ("positioning", "See https://evil.example/", "pitch.positioning"),
        ("positioning", "{KeyWord:cheap} coffee", "pitch.positioning"),
        ("positioning", "Coffee\u202e", "pitch.positioning"),
        ("positioning", "", "pitch.positioning"),
        ("keywords", [{"language": "en", "text": "x " * 11, "match_type": "EXACT"}], "pitch.keywords[0].text"),
        ("keywords", [{"language": "en", "text": "beans", "match_type": "NEAR"}], "pitch.keywords[0].match_type"),
        ("audiences", [{"name": "a", "description": "b", "platform": "tiktok"}], "pitch.audiences[0].platform"),
        ("messages", [], "pitch.messages"),
    ],
)
def test_words_are_held_to_the_schema_and_to_the_brief(house: House, field: str, value: Any, named: str) -> None:
    strategy = drafted(house)
    with pytest.raises(InvalidInput) as caught:
        edit(house, strategy, **{field: value})
    assert caught.value.field == named
    assert len(listed(house, strategy)) == 1


def test_yaml_is_taken_like_data(house: House) -> None:
    strategy = drafted(house)
    view = newest(house, strategy)
    words = json.dumps(view.words | {"creative_direction": "Hands and beans"})
    with house.database.transaction() as session:
        assert house.service.edit(session, strategy, words, by="ben", seen_hash=view.about.plan_hash).version == 2
    with house.database.transaction() as session, pytest.raises(InvalidInput, match="aliases"):
        house.service.edit(session, strategy, "a: &a [1]\nb: *a", by="ben", seen_hash=newest(house, strategy).about.plan_hash)


def test_what_is_not_written_cannot_be_edited_and_what_is_not_there_is_not_found(house: House) -> None:
    strategy = house.ask(house.project())
    with house.database.transaction() as session:
        assert views.versions(session, strategy) == []
        with pytest.raises(NotFound, match="no plan yet"):
            views.version(session, strategy)
        with pytest.raises(Conflict, match="requested"):
            house.service.edit(session, strategy, {}, by="ben", seen_hash="")
        with pytest.raises(NotFound):
            house.service.edit(session, uuid7(), {}, by="ben", seen_hash="")
        with pytest.raises(NotFound):
            views.versions(session, uuid7())


def test_no_one_rewrites_a_version(house: House) -> None:
    strategy = drafted(house)
    for statement in ("UPDATE plan_versions SET plan = '{}'", "UPDATE plan_versions SET author = 'me'", "DELETE FROM plan_versions"):
        with pytest.raises(ProgrammingError, match="permission denied"), house.database.transaction() as session:
            session.execute(text(statement))
    assert len(listed(house, strategy)) == 1


def launched(house: House, strategy: UUID, *, status: str, set_status: str = "approved") -> tuple[UUID, UUID]:
    """A set of the strategy's first version and a deployment of it, as if they had been made."""
    row = house.row(strategy)
    with house.database.transaction() as session:
        account = ProjectService(house.clock).add_account(
            session, row.project_id, platform="google_ads", external_id="1234567890", currency="EUR", time_zone="Europe/Berlin", by="test"
        )
        set_row = Asset(
            id=uuid7(), project_id=row.project_id, strategy_id=strategy, kind="set", local_ref="set", version=1, status=set_status
        )
        session.add(set_row)
        session.flush()
        deployment = Deployment(
            id=uuid7(), project_id=row.project_id, asset_id=set_row.id, ad_account_id=account.id, platform="google_ads", kind="search",
            name="Spring / Google Ads / search", status=status, desired_status="enabled", generation=1, launch_mode="all_or_nothing",
            plan_hash="0" * 64, currency="EUR", daily_budget_micros=1_000_000, starts_on=date(2027, 3, 1), ends_on=date(2027, 3, 30),
        )  # fmt: skip
        session.add(deployment)
        return set_row.id, deployment.id


@pytest.mark.parametrize("status", ["requested", "creating", "live", "paused", "pausing"])
def test_no_version_takes_over_while_an_older_one_may_spend(house: House, status: str) -> None:
    strategy = drafted(house, strategy="auto")
    launched(house, strategy, status=status)
    made = edit(house, strategy, creative_direction="Hands and beans")
    with pytest.raises(Conflict, match=f"version 1 is launched: Spring / Google Ads / search \\({status}\\); end its campaigns first"):
        approve(house, strategy, made.plan_hash)
    assert (house.row(strategy).version, house.next.strategies) == (1, [strategy])
    assert listed(house, strategy)[0] == (2, "waiting", False)


def test_a_version_takes_over_when_the_older_one_has_ended_and_cost_nothing(house: House) -> None:
    strategy = drafted(house, strategy="auto")
    _, deployment = launched(house, strategy, status="failed")
    made = edit(house, strategy, creative_direction="Hands and beans")
    approve(house, strategy, made.plan_hash)
    assert house.row(strategy).version == 2
    with house.database.transaction() as session, pytest.raises(Conflict, match="older version of the plan"):
        retry(session, house.clock, deployment, by="ben")


def test_a_total_is_not_spent_twice(house: House) -> None:
    strategy = drafted(house, strategy="auto")
    _, deployment = launched(house, strategy, status="ended")
    entry = {"deployment_id": deployment, "project_id": house.row(strategy).project_id, "generation": 1, "currency": "EUR"}
    with house.database.transaction() as session:
        session.add(SpendLedgerEntry(id=uuid7(), kind="reserve", period="total", amount_micros=12_000_000, **entry))
    made = edit(house, strategy, creative_direction="Hands and beans")
    with pytest.raises(Conflict, match=r"12\.00 EUR of the brief's total went to version 1"):
        approve(house, strategy, made.plan_hash)


def test_creatives_of_the_older_version_that_still_wait_are_turned_down(house: House) -> None:
    strategy = drafted(house, strategy="auto")
    set_id, _ = launched(house, strategy, status="ended", set_status="ready")
    made = edit(house, strategy, creative_direction="Hands and beans")
    approve(house, strategy, made.plan_hash)
    with house.database.transaction() as session:
        found = session.get_one(Asset, set_id)
        assert (found.status, found.last_error) == ("rejected", "another version of the plan was approved")


class Nowhere:
    """What follows creatives, and where pictures lie: neither is reached here."""

    def begin(self, session: Session, set_row: Asset) -> None:
        raise AssertionError(f"{set_row.id} was approved in {session}")

    def put(self, data: bytes, *, media_type: str) -> StoredObject:
        raise AssertionError(f"{len(data)} bytes of {media_type} were drawn")

    def get(self, sha256: str, media_type: str) -> bytes:
        raise AssertionError(f"{sha256} of {media_type} was read")


def test_creatives_are_asked_for_anew_and_those_under_way_stop(house: House) -> None:
    made = CreativeService(house.database, house.clock, Nowhere(), Nowhere())
    house.service = StrategyService(house.database, house.clock, house.writer, made)
    strategy = drafted(house, strategy="auto")
    edited = edit(house, strategy, creative_direction="Hands and beans")
    approve(house, strategy, edited.plan_hash)
    assets = house.all(Asset)
    sets = {row.version: row for row in assets if row.kind == "set"}
    assert {version: row.status for version, row in sets.items()} == {1: "rejected", 2: "requested"}
    assert sets[2].provenance["plan_hash"] == edited.plan_hash
    assert {(row.version, row.status) for row in assets if row.kind != "set"} == {(1, "failed"), (2, "requested")}
