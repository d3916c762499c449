"""A campaign with our marker that no record knows: the database went back in time. It is held once, and adopting ends it for good."""

from typing import Any

from sqlalchemy import select

from tests.zamc.deployments.backups import Backup, backup
from tests.zamc.deployments.conftest import LIMITS, Stage
from tests.zamc.deployments.fake import Thing
from zamc.notifications.tables import Alert

__all__ = ["backup"]


def _on_hold(stage: Stage) -> bool:
    with stage.database.transaction() as session:
        return stage.service().held(session).on


def _open_alerts(stage: Stage) -> list[str]:
    with stage.database.transaction() as session:
        return list(session.scalars(select(Alert.code).where(Alert.cleared_at.is_(None)).order_by(Alert.id)))


def _later(stage: Stage, **changes: Any) -> None:
    stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    service = stage.service(**changes)
    service.launch("google_ads")
    service.launch("meta_ads")
    service.watch()


def test_an_unknown_marker_alone_holds_a_restored_database(stage: Stage, backup: Backup) -> None:
    """No stream remembers anything here: what the platforms show is the only sign."""
    stage.allow(daily=400, monthly=20_000, total=20_000)
    stage.begin(name="Before")
    stage.launch()
    restore = backup()
    stage.begin(name="After")
    stage.launch()
    ever = len(stage.google.enabled_ever)
    restore()
    assert not _on_hold(stage)
    _later(stage)
    assert _on_hold(stage)
    assert {"restored", "stray-unknown"} <= set(_open_alerts(stage))
    # What nobody knows was paused, what is known goes on, and nothing was enabled.
    assert (len(stage.google.campaigns("enabled")), len(stage.google.campaigns("paused"))) == (1, 1)
    assert len(stage.google.enabled_ever) == ever


def test_what_was_adopted_is_no_new_sign(stage: Stage, backup: Backup) -> None:
    stage.allow(daily=400, monthly=20_000, total=20_000)
    stage.begin(name="Before")
    stage.launch()
    restore = backup()
    stage.begin(name="After")
    stage.launch()
    restore()
    _later(stage)
    assert stage.service().adopt(by="anna").released
    for _ in range(3):
        _later(stage)
    assert not _on_hold(stage)
    assert "restored" not in _open_alerts(stage)


def test_a_hold_by_hand_and_an_adoption_before_any_look_leave_no_sign(stage: Stage, backup: Backup) -> None:
    stage.allow(daily=400, monthly=20_000, total=20_000)
    stage.begin(name="Before")
    stage.launch()
    restore = backup()
    stage.begin(name="After")
    stage.launch()
    restore()
    with stage.database.transaction() as session:
        stage.service().set_hold(session, on=True, by="anna")
    assert stage.service().adopt(by="anna").released
    _later(stage)
    assert not _on_hold(stage)


def test_a_duplicate_of_what_is_known_is_an_orphan_and_no_sign(stage: Stage) -> None:
    stage.begin()
    stage.launch()
    twin = stage.google.campaigns("enabled")[0]
    stage.google.things["twin"] = Thing("twin", "campaign", twin.name, "paused", 99)
    stage.service().watch()
    assert not _on_hold(stage)


def test_a_copy_in_another_account_of_ours_is_told_and_no_sign(stage: Stage) -> None:
    stage.begin()
    stage.launch()
    name = stage.google.campaigns("enabled")[0].name
    stage.meta.things["copy"] = Thing("copy", "campaign", name, "paused", 99)
    stage.service().watch()
    assert not _on_hold(stage)
    assert "stray-unknown" in _open_alerts(stage)


def test_markers_of_another_installation_are_no_sign(stage: Stage) -> None:
    stage.begin()
    stage.launch()
    stage.google.things["foreign"] = Thing("foreign", "campaign", "Theirs [zamc:ffffffff:0123456789abcdef]", "enabled", 99)
    stage.service().watch()
    assert not _on_hold(stage)
    assert stage.google.things["foreign"].status == "enabled"
