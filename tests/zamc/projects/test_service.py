"""Projects, accounts, gates and the spend policy that only people decide."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from tests.conftest import ManualClock
from zamc.database.engine import Database
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.money import Money
from zamc.projects import repository
from zamc.projects.rules import GATES, Caps, cap_of, caps_for_budget, check_caps, is_open
from zamc.projects.service import ProjectService
from zamc.projects.tables import AuditEntry


@pytest.fixture
def service(clock: ManualClock) -> ProjectService:
    return ProjectService(clock)


@pytest.fixture
def project_id(service: ProjectService, database: Database) -> UUID:
    with database.transaction() as session:
        return service.create_project(session, " Kotoba ", by="anna", gates={"launch": "auto"}).id


def _add(service: ProjectService, database: Database, project_id: UUID, **changes: Any) -> UUID:
    account = {
        "platform": "google_ads", "external_id": "1234567890", "currency": "JPY", "time_zone": "Asia/Tokyo", "by": "anna", **changes
    }  # fmt: skip
    with database.transaction() as session:
        return service.add_account(session, project_id, **account).id


def test_a_project_of_the_same_name_is_the_same_project(service: ProjectService, database: Database, project_id: UUID) -> None:
    with database.transaction() as session:
        again = service.create_project(session, "Kotoba", by="ben", gates={"launch": "person"})
        assert again.id == project_id
        assert again.gates == {"launch": "auto"}


def test_gates_are_kept_by_a_person_unless_somebody_opened_them(service: ProjectService, database: Database, project_id: UUID) -> None:
    with database.transaction() as session:
        service.set_gates(session, project_id, {"creatives": "auto"}, by="anna")
    with database.transaction() as session:
        project = repository.project(session, project_id)
        assert project is not None
        assert [is_open(project.gates, gate) for gate in GATES] == [False, True, True, False]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"platform": "tv"}, "account.platform"),
        ({"external_id": "123-456-7890"}, "account.external_id"),
        ({"external_id": "act_1"}, "account.external_id"),
        ({"platform": "meta_ads", "external_id": "1"}, "account.external_id"),
        ({"currency": "YEN"}, "currency"),
        ({"time_zone": "Tokyo/Asia"}, "account.time_zone"),
        ({"time_zone": "../etc/passwd"}, "account.time_zone"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    service: ProjectService, database: Database, project_id: UUID, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        _add(service, database, project_id, **changes)
    assert refused.value.field == field


def test_an_account_is_added_once_and_never_changes_its_currency(service: ProjectService, database: Database, project_id: UUID) -> None:
    first = _add(service, database, project_id)
    assert _add(service, database, project_id) == first
    with pytest.raises(Conflict):
        _add(service, database, project_id, currency="EUR")
    with pytest.raises(NotFound):
        _add(service, database, UUID(int=0))


def test_a_policy_is_set_replaced_and_audited(
    service: ProjectService, owner_database: Database, database: Database, project_id: UUID
) -> None:
    for daily in (10, 20):
        with owner_database.transaction() as session:
            service.set_spend_policy(session, project_id, Caps("JPY", daily, 100, None), by="anna")
    with database.transaction() as session:
        policy = repository.policy(session, project_id, "JPY")
        assert policy is not None
        assert (policy.daily_cap_micros, policy.monthly_cap_micros, policy.total_cap_micros, policy.decided_by) == (20, 100, None, "anna")
        audits = session.scalars(select(AuditEntry).where(AuditEntry.action == "spend_policy.set").order_by(AuditEntry.id)).all()
        assert [row.details["before"] and row.details["before"]["daily_cap_micros"] for row in audits] == [None, 10]


def test_the_application_cannot_rewrite_its_history(database: Database, project_id: UUID) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), database.transaction() as session:
        session.execute(text("UPDATE audit_log SET actor = 'nobody'"))


def test_nothing_but_the_service_writes_a_policy() -> None:
    """What a model may reach must not raise its own caps: one function writes policies, and only people's tools call it."""
    root = Path(__file__).parents[3]
    writers = {
        path.relative_to(root).as_posix()
        for folder in ("zamc", "assets_defs", "zamc_pipelines", "resources", "api")
        for path in (root / folder).rglob("*.py")
        if re.search(r"put_policy\(|set_spend_policy\(|SpendPolicy\(\w+=", path.read_text(encoding="utf-8"))
    }
    assert writers == {"zamc/projects/repository.py", "zamc/projects/service.py"}


@pytest.mark.parametrize(
    ("caps", "field"),
    [
        (Caps("EUR", 0, 10, None), "policy.daily"),
        (Caps("EUR", 1, -10, None), "policy.monthly"),
        (Caps("EUR", 1, 10, 0), "policy.total"),
        (Caps("EUR", 11, 10, None), "policy.monthly"),
        (Caps("EUR", 5, 10, 4), "policy.total"),
        (Caps("EUR", 2**63, 2**63, None), "amount"),
        (Caps("XXX", 1, 1, 1), "currency"),
    ],
)
def test_caps_that_protect_nobody_are_refused(caps: Caps, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_caps(caps)
    assert refused.value.field == field


@given(st.integers(1, 10**9), st.sampled_from(["EUR", "JPY", "JOD"]), st.one_of(st.none(), st.integers(1, 1_000)))
def test_caps_of_a_budget_never_allow_more_than_it(units: int, currency: str, days: int | None) -> None:
    amount = Money(units * Money(0, currency).minor_unit_micros, currency)
    caps = caps_for_budget(amount, flight_days=days)
    assert caps.daily_micros <= caps.monthly_micros <= amount.micros
    assert (caps.total_micros is None) == (days is None)
    assert (cap_of(caps, "day"), cap_of(caps, "2026-12"), cap_of(caps, "total")) == (
        caps.daily_micros, caps.monthly_micros, caps.total_micros
    )  # fmt: skip


def test_the_application_may_move_its_switches(database: Database) -> None:
    with database.transaction() as session:
        assert repository.flag(session, "kill_switch", default="off") == "off"
        repository.set_flag(session, "kill_switch", "on", by="anna")
    with database.transaction() as session:
        assert repository.flags_for_share(session, ["kill_switch", "hold"]) == {"kill_switch": "on"}
