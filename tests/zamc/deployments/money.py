"""What tests of the ledger do to a stage: policies, live flights, days, and changes of a budget."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import text

from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from zamc.deployments import budgets, repository
from zamc.projects.rules import Caps, PolicyRules
from zamc.projects.service import ProjectService


def policy(stage: Stage, *, daily: int = 1_000, monthly: int = 30_000, total: int | None = None, **rules: object) -> None:
    caps = Caps("EUR", daily * EUR, monthly * EUR, total * EUR if total else None, rules.pop("platforms", {}))  # type: ignore[arg-type]
    with stage.owner.transaction() as session:
        ProjectService(stage.clock).set_spend_policy(
            session,
            stage.project_id,
            caps,
            by="anna",
            rules=PolicyRules(**rules),  # type: ignore[arg-type]  # names and types are its own
        )


def live_pair(stage: Stage, **flight: object) -> tuple[UUID, UUID]:
    google, meta = stage.begin(plan_of(total_budget_micros=None, **flight))
    stage.launch()
    stage.both_live_once()
    return google, meta


def reserved_of(stage: Stage, deployment_id: UUID) -> dict[str, int]:
    with stage.database.transaction() as session:
        statement = text(
            "SELECT split_part(period, ':', 1) AS period, sum(amount_micros) AS held FROM spend_ledger WHERE deployment_id = :id GROUP BY 1"
        )
        return {row.period: int(row.held) for row in session.execute(statement, {"id": deployment_id})}


def noon_of(stage: Stage, day: date) -> None:
    """Noon of that day."""
    noon = datetime.combine(day, time(12), tzinfo=stage.clock.business.tzinfo)
    stage.clock.advance(seconds=(noon - stage.clock.business).total_seconds())


def planned_change(stage: Stage, deployment_id: UUID, daily: int) -> int:
    """Plan a change of the daily budget; returns its generation."""
    with stage.database.transaction() as session:
        [row] = repository.lock(session, [deployment_id])
        budgets.reserve_change(session, stage.clock, row, daily, generation=row.generation + 1)
        row.generation += 1
        return row.generation


def read_back(stage: Stage, deployment_id: UUID, daily: int, generation: int) -> None:
    with stage.database.transaction() as session:
        [row] = repository.lock(session, [deployment_id])
        row.daily_budget_micros = daily
        budgets.release_change(session, stage.clock, row, generation=generation)
