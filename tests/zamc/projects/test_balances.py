"""The sums that a cap is held against are those of the ledger, whatever was reserved, settled and released, and nobody else writes them."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tests.zamc.deployments.conftest import EUR, Stage, stage  # noqa: F401 - a fixture
from zamc.projects import ledger, repository
from zamc.projects.tables import SpendLedgerEntry


def _of_ledger(stage: Stage, *, platform: str | None = None) -> dict[str, int]:  # noqa: F811
    base = func.split_part(SpendLedgerEntry.period, ":", 1)
    query = select(base, func.sum(SpendLedgerEntry.amount_micros)).group_by(base)
    with stage.database.transaction() as session:
        if platform is not None:
            ids = session.scalars(text("SELECT id FROM deployments WHERE platform = :platform"), {"platform": platform}).all()
            query = query.where(SpendLedgerEntry.deployment_id.in_(ids))
        return {period: int(micros) for period, micros in session.execute(query).tuples()}


def _balances(stage: Stage, periods: list[str], *, platform: str | None = None) -> dict[str, int]:  # noqa: F811
    with stage.database.transaction() as session:
        return repository.reserved(session, stage.project_id, "EUR", periods, platform=platform)


def test_balances_are_the_sums_of_the_ledger_through_every_movement(stage: Stage) -> None:  # noqa: F811
    google, meta = stage.begin()
    moves: dict[str, Any] = {"project_id": stage.project_id, "generation": 2, "currency": "EUR"}

    def agree() -> None:
        for platform in (None, "google_ads", "meta_ads"):
            expected = _of_ledger(stage, platform=platform)
            assert _balances(stage, list(expected), platform=platform) == expected
            assert expected

    agree()
    with stage.database.transaction() as session:
        ledger.reserve(session, deployment_id=google, amounts=[("total:2027-01", 3 * EUR), ("total:2027-02", EUR)], **moves)
    agree()
    with stage.database.transaction() as session:
        ledger.settle(session, deployment_id=meta, targets={"total": 7 * EUR, "day": 0}, **moves)
        ledger.release(session, deployment_id=google, **moves)
    agree()
    assert _balances(stage, ["total"]) == {"total": 7 * EUR}


@pytest.mark.parametrize("statement", ["UPDATE spend_balances SET held_micros = 0", "DELETE FROM spend_balances"])
def test_the_application_cannot_make_room_by_writing_balances(stage: Stage, statement: str) -> None:  # noqa: F811
    stage.begin()
    with pytest.raises(ProgrammingError, match="permission denied"), stage.database.transaction() as session:
        session.execute(text(statement))


def test_a_movement_that_is_rolled_back_leaves_no_balance(stage: Stage) -> None:  # noqa: F811
    deployment: UUID = stage.begin()[0]
    before = _balances(stage, ["day"])
    with pytest.raises(ZeroDivisionError), stage.database.transaction() as session:
        _reserve_and_fail(session, stage, deployment)
    assert _balances(stage, ["day"]) == before


def _reserve_and_fail(session: Session, stage: Stage, deployment: UUID) -> None:  # noqa: F811
    moves: dict[str, Any] = {"project_id": stage.project_id, "generation": 9, "currency": "EUR"}
    ledger.reserve(session, deployment_id=deployment, amounts=[("day", EUR)], **moves)
    assert repository.reserved(session, stage.project_id, "EUR", ["day"])
    raise ZeroDivisionError
