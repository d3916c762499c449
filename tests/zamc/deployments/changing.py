"""What tests of changes do to a stage: plan, apply, carry out, and look at what came of it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import LIMITS, Stage
from zamc.deployments.change_rules import Request
from zamc.deployments.proposals import Proposal
from zamc.deployments.tables import PlatformObject
from zamc.deployments.watch_tables import DeploymentChange


@pytest.fixture
def live(stage: Stage) -> Stage:
    stage.allow(daily=300, monthly=8_000, total=9_000)
    stage.begin()
    stage.launch()
    stage.both_live_once()
    return stage


def id_of(stage: Stage, platform: str = "google_ads") -> UUID:
    return stage.deployment(platform).id


def planned(stage: Stage, platform: str = "google_ads", **wanted: Any) -> Proposal:
    return stage.service().plan_change(id_of(stage, platform), Request(**wanted), by="anna")


def applied(stage: Stage, shown: Proposal, *, by: str = "anna") -> DeploymentChange:
    return stage.service().apply_change(shown.deployment_id, shown.change_hash, by=by)


def carry(stage: Stage, *, rounds: int = 3) -> None:
    for _ in range(rounds):
        stage.service().carry_changes()
        stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)


def budgets_of(stage: Stage, platform: str = "google_ads") -> list[int]:
    fake = stage.google if platform == "google_ads" else stage.meta
    return [thing.budget_micros for thing in fake.alive() if thing.budget_micros is not None]


def newest_change(stage: Stage) -> DeploymentChange:
    with stage.database.transaction() as session:
        return session.scalars(select(DeploymentChange).order_by(DeploymentChange.id.desc()).limit(1)).one()


def specs(stage: Stage, platform: str, field: str) -> list[Any]:
    with stage.database.transaction() as session:
        rows = session.scalars(select(PlatformObject).where(PlatformObject.platform == platform).order_by(PlatformObject.position))
        return [row.spec[field] for row in rows if row.spec.get(field) is not None]
