"""The hold: a restored database is noticed before anything is sent, and what is unwanted and on is stopped meanwhile."""

from collections.abc import Callable

from sqlalchemy import func, select, text

from tests.zamc.deployments.backups import Backup, backup, hold_on, pause
from tests.zamc.deployments.conftest import Stage
from zamc.deployments import hold
from zamc.deployments.service import DeploymentService
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.errors import Later
from zamc.events.tables import OutboxRow
from zamc.events.witness import Heard

__all__ = ["backup"]


def _remembering(stage: Stage) -> Callable[[str], list[Heard]]:
    """A stream that has heard everything that the database has published by now."""
    with stage.database.transaction() as session:
        ids = list(session.scalars(select(OutboxRow.event_id).order_by(OutboxRow.sequence.desc())))
    return lambda _installation: [Heard(key, "2026", len(ids) - n) for n, key in enumerate(ids)]


def test_a_restored_database_is_noticed_before_anything_is_sent(stage: Stage, backup: Backup) -> None:
    [google, _] = stage.begin()
    stage.launch()
    restore = backup()
    pause(stage, google)
    witness = _remembering(stage)
    restore()
    stage.google.calls.clear()
    worker = stage.service(witness=witness)
    worker.launch("google_ads")
    assert stage.google.calls == []
    with stage.database.transaction() as session:
        held = worker.held(session)
        assert session.scalar(text("SELECT count(*) FROM alerts WHERE code = 'restored'")) == 1
    assert held.on
    assert "never heard of" in held.reason
    assert worker.adopt(by="anna").released
    # The same memories are no new sign.
    assert not worker.notice_restore().on
    assert stage.google.campaigns("enabled") == []


def test_a_database_that_knows_all_its_events_is_not_held(stage: Stage) -> None:
    stage.begin()
    service = stage.service(witness=_remembering(stage))
    service.launch("google_ads")
    service.launch("meta_ads")
    stage.both_live_once()


def test_nothing_that_could_spend_is_sent_while_the_witness_does_not_answer(stage: Stage) -> None:
    def silent(_: str) -> list[Heard]:
        raise Later("NATS does not answer")

    [google, _] = stage.begin()
    service: DeploymentService = stage.service(witness=silent)
    service.launch("google_ads")
    assert stage.google.calls == []
    stage.launch()
    stage.recover()
    with stage.database.transaction() as session:
        service.pause(session, google, by="anna")
    service.launch("google_ads")
    assert stage.google.campaigns("enabled") == []


def test_while_everything_is_on_hold_what_is_unwanted_and_on_is_stopped(stage: Stage) -> None:
    """C9 goes on: a late enable must not run until somebody ends the hold."""
    [google, _] = stage.begin()
    stage.launch()
    pause(stage, google)
    hold_on(stage)
    stage.google.campaigns()[0].status = "enabled"
    assert stage.service().watch().counts["drifted"] == 1
    assert stage.google.campaigns("enabled") == []
    assert len(stage.meta.campaigns("enabled")) == 1


def test_the_hold_is_kept_for_a_person_to_see(stage: Stage) -> None:
    stage.begin()
    with stage.database.transaction() as session:
        assert not hold.status(session).on
        assert stage.service().set_hold(session, on=True, by="anna", reason="moving house")
        assert not stage.service().set_hold(session, on=True, by="ben")
        assert hold.status(session).reason == "moving house"
        assert stage.service().set_hold(session, on=False, by="anna")
    with stage.database.transaction() as session:
        assert not hold.status(session).on
        assert session.scalar(select(func.count()).select_from(Deployment)) == 2
        assert session.scalar(select(func.count()).select_from(PlatformObject).where(PlatformObject.external_id.is_not(None))) == 0
