"""What tests of the watch ask of a stage: alerts, drifts, and things on a platform."""

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import Stage
from tests.zamc.deployments.fake import Thing
from zamc.deployments.watch_tables import Drift
from zamc.events.tables import OutboxRow
from zamc.notifications.tables import Alert


@pytest.fixture
def live(stage: Stage) -> Stage:
    """Both platforms live and looked at once."""
    stage.begin()
    stage.launch()
    stage.both_live_once()
    stage.service().watch()
    return stage


def thing_of(stage: Stage, kind: str, platform: str = "google_ads") -> Thing:
    fake = stage.google if platform == "google_ads" else stage.meta
    return next(thing for thing in fake.alive() if thing.kind == kind and "ffffffff" not in thing.name)


def drifts(stage: Stage) -> list[Drift]:
    with stage.database.transaction() as session:
        return list(session.scalars(select(Drift).order_by(Drift.id)))


def open_alerts(stage: Stage) -> list[str]:
    """Codes, oldest first."""
    with stage.database.transaction() as session:
        return list(session.scalars(select(Alert.code).where(Alert.cleared_at.is_(None)).order_by(Alert.id)))


def raised(stage: Stage) -> list[str]:
    """Codes of all alerts that were raised, in their order."""
    with stage.database.transaction() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.subject == "zamc.alert.raised").order_by(OutboxRow.sequence))
        return [row.envelope["data"]["code"] for row in rows]
