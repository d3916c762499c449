"""`zamc pause` goes on until the platforms confirm it, and says plainly when they do not."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.zamc.deployments.conftest import Stage
from tests.zamc.deployments.fake import Fault
from zamc.database.engine import Database
from zamc.deployments.service import DeploymentService

THROTTLED: list[Fault] = ["later"] * 100


@dataclass
class Wired:
    """What the command takes of the services."""

    database: Database
    deployments: DeploymentService


@pytest.fixture
def live(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Both platforms are on; the command finds them."""
    stage.begin()
    stage.launch()
    stage.both_live_once()
    monkeypatch.setattr("zamc.bootstrap.services", lambda: Wired(stage.database, stage.service()))
    return stage


def _pause(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["pause", *arguments])


def _id(stage: Stage, platform: str) -> UUID:
    return stage.deployment(platform).id


def test_everything_is_off_and_confirmed_when_it_returns(live: Stage) -> None:
    ran = _pause("--all", "--by", "ana")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "2 off, confirmed by two read-backs\n", "")
    assert live.google.campaigns("enabled") == live.meta.campaigns("enabled") == []
    assert live.statuses() == {"google_ads": "paused", "meta_ads": "paused"}
    assert _pause("--all").stdout == "Nothing was on.\n"


def test_one_is_paused_and_its_sibling_goes_on(live: Stage) -> None:
    assert _pause(str(_id(live, "meta_ads"))).exit_code == 0
    assert live.statuses() == {"google_ads": "live", "meta_ads": "paused"}


def test_a_stop_that_needs_more_rounds_gets_them(live: Stage) -> None:
    live.google.fail("pause", "later", "lost")
    live.google.stale_reads.extend([{"campaign": "enabled"}] * 2)
    ran = _pause("--all")
    assert (ran.exit_code, ran.stdout) == (0, "2 off, confirmed by two read-backs\n")
    assert not live.google.faults["pause"]
    assert not live.google.stale_reads
    assert live.google.campaigns("enabled") == []


def test_what_is_not_confirmed_in_time_is_named_on_one_line_with_its_reason(live: Stage) -> None:
    live.google.fail("pause", *THROTTLED)
    before = live.clock.wall
    ran = _pause("--all", "--wait-seconds", "45")
    assert ran.exit_code == 1
    assert ran.stdout == "1 off, confirmed by two read-backs\n"
    assert ran.stderr == "zamc: 1 of 2 not confirmed off after 45 seconds: Spring / google_ads / search: throttled\n"
    assert 45 <= (live.clock.wall - before).total_seconds() < 50
    assert live.statuses() == {"google_ads": "pausing", "meta_ads": "paused"}
    live.google.faults.clear()
    live.clock.advance(minutes=2)
    assert _pause("--all").exit_code == 0
    assert live.statuses() == {"google_ads": "paused", "meta_ads": "paused"}


def test_an_enable_that_may_still_land_keeps_it_waiting(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.begin()
    stage.google.fail("enable_root", "late")
    stage.launch()
    monkeypatch.setattr("zamc.bootstrap.services", lambda: Wired(stage.database, stage.service()))
    ran = _pause(str(_id(stage, "google_ads")))
    assert ran.exit_code == 1
    assert ran.stderr == "zamc: 1 of 1 not confirmed off after 60 seconds: Spring / google_ads / search: an enable may still land\n"


def test_the_time_of_one_does_not_hang_on_another(live: Stage) -> None:
    live.google.fail("pause", *THROTTLED)
    assert _pause(str(_id(live, "google_ads")), "--wait-seconds", "0").exit_code == 1
    before = live.clock.wall
    assert _pause(str(_id(live, "meta_ads"))).exit_code == 0
    assert (live.clock.wall - before).total_seconds() < 10


def test_somebody_who_resumes_meanwhile_is_told_of(live: Stage) -> None:
    key = _id(live, "google_ads")

    def resume() -> None:
        with live.database.transaction() as session:
            live.service().resume(session, key, by="ben")

    live.google.during["pause"] = resume
    ran = _pause(str(key))
    assert (ran.exit_code, ran.stdout) == (0, "1 resumed by somebody meanwhile\n")


@pytest.mark.parametrize("arguments", [[], ["--all", str(uuid4())], ["no-uuid"], ["--all", "--wait-seconds", "-1"]])
def test_a_wrong_command_line_pauses_nothing(live: Stage, arguments: list[str]) -> None:
    assert _pause(*arguments).exit_code == 2
    assert live.statuses() == {"google_ads": "live", "meta_ads": "live"}


def test_an_id_that_nobody_has_is_said(live: Stage) -> None:
    ran = _pause(str(UUID(int=0)))
    assert ran.exit_code == 1
    assert "no deployment" in str(ran.exception)
