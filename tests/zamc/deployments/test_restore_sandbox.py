"""A restore with the real adapters over the wire: what the sandboxes show is adopted, and nothing comes on by itself."""

from collections import Counter
from uuid import UUID

from sqlalchemy import text

from tests.zamc.deployments.backups import Backup, backup
from tests.zamc.deployments.conftest import LIMITS
from tests.zamc.deployments.test_sandbox import Wired, _plan, wired
from zamc.deployments.service import DeploymentService

__all__ = ["backup", "wired"]


def _on(world: Wired) -> Counter[str]:
    """Campaigns that are on, by platform and name without the marker."""
    google = [f"google {row.campaign.name.partition(' [')[0]}" for row in world.google_campaigns() if row.campaign.status == 2]
    meta = [f"meta {row['name'].partition(' [')[0]}" for row in world.meta_campaigns() if row["status"] == "ACTIVE"]
    return Counter([*google, *meta])


def _again(world: Wired) -> None:
    """Workers that know only the restored database."""
    context = world.service._ctx
    stage = world.stage
    world.service = DeploymentService(
        stage.database, stage.clock, context.platforms, limits=LIMITS, sleep=lambda seconds: stage.clock.advance(seconds=seconds)
    )


def _pause(world: Wired, deployment_id: UUID) -> None:
    with world.stage.database.transaction() as session:
        world.service.pause(session, deployment_id, by="anna")
    assert world.service.run_stops().counts["done"] == 1


def test_a_restored_database_takes_over_what_is_on_and_enables_nothing(wired: Wired, backup: Backup) -> None:
    stage = wired.stage
    stage.allow(daily=1_000, monthly=60_000, total=None)
    spring, _ = stage.begin(_plan(), name="Spring")
    wired.launch()
    stage.begin(_plan(), name="Summer")
    restore = backup()
    # What the backup does not know: a launch of what was only planned, a launch of what is not there, and a pause.
    wired.launch()
    stage.begin(_plan(), name="Autumn")
    wired.launch()
    _pause(wired, spring)
    before = _on(wired)
    assert sum(before.values()) == 5
    restore()
    _again(wired)
    with stage.database.transaction() as session:
        wired.service.set_hold(session, on=True, by="anna", reason="restored")
    wired.launch()
    assert _on(wired) == before
    adoption = wired.service.adopt(by="anna")
    assert adoption.released, (adoption.silent, adoption.unconfirmed)
    after = _on(wired)
    for _ in range(3):
        stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
        wired.launch()
        wired.service.watch()
        assert _on(wired) == after
    assert after == Counter({name: 1 for name in before if "Autumn" not in name})
    assert all(count == 1 for count in after.values())
    assert len([name for name in after if "Spring" in name]) == 1  # the one that was not paused
    with stage.database.transaction() as session:
        rows = session.execute(
            text("SELECT name, status FROM deployments WHERE name LIKE 'Spring%' OR name LIKE 'Summer%' ORDER BY name")
        ).all()
        assert Counter(row.status for row in rows) == {"live": 3, "paused": 1}
        held = session.scalars(text("SELECT sum(amount_micros) FROM spend_ledger WHERE period = 'day' GROUP BY deployment_id")).all()
    assert len(held) == 4
    assert all(micros > 0 for micros in held)
    # What was held is resumed by a person, and only then comes on: the same campaign, not another one.
    with stage.database.transaction() as session:
        wired.service.resume(session, spring, by="anna")
    wired.recover()
    resumed = _on(wired)
    assert sum(resumed.values()) == 4
    assert all(count == 1 for count in resumed.values())
    assert len([name for name in resumed if "Spring" in name]) == 2
