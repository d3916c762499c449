"""Two projects of one installation that use the same ad accounts: neither takes the other's campaigns for strays."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.zamc.deployments.conftest import LIMITS, Stage
from tests.zamc.deployments.fake import Thing
from tests.zamc.deployments.watching import drifts, live, open_alerts
from zamc.projects.service import ProjectService

__all__ = ["live"]


@pytest.fixture
def other(live: Stage) -> Stage:
    """A second project, live in the same accounts."""
    projects = ProjectService(live.clock)
    with live.database.transaction() as session:
        project = projects.create_project(session, "Pastelaria", by="ben", gates={"launch": "auto"})
        for platform, external_id in (("google_ads", "1234567890"), ("meta_ads", "act_42")):
            projects.add_account(
                session, project.id, platform=platform, external_id=external_id, currency="EUR", time_zone="Europe/Berlin", by="ben",
                page_id="77", pixel_id="88", conversion_action="99",
            )  # fmt: skip
    second = replace(live, project_id=project.id)
    second.allow()
    second.begin(name="Autumn")
    second.launch()
    assert _on(live) == (2, 2)
    return second


def _on(stage: Stage) -> tuple[int, int]:
    return len(stage.google.campaigns("enabled")), len(stage.meta.campaigns("enabled"))


def test_neither_pauses_what_the_other_runs(live: Stage, other: Stage) -> None:
    for look in (live.service().watch, live.service().reconcile):
        outcome = look()
        live.clock.advance(minutes=15)
        assert (outcome.counts["accounts"], outcome.counts["orphans"], outcome.counts["drifted"]) == (4, 0, 0)
    assert _on(other) == (2, 2)
    assert (open_alerts(live), drifts(live)) == ([], [])


def test_a_stray_of_one_is_swept_by_its_own_watch_alone(live: Stage, other: Stage) -> None:
    twin = live.google.campaigns("enabled")[0]
    live.google.things["stray"] = Thing("stray", "campaign", twin.name, "enabled", 99)
    outcome = live.service().watch()
    assert outcome.counts["orphans"] == 1
    live.service().watch()
    assert live.google.things["stray"].status == "removed"
    assert (_on(live), open_alerts(live).count("stray-unknown")) == ((2, 2), 0)


def test_a_hold_leaves_both_on_and_adopting_takes_each_for_its_own(live: Stage, other: Stage) -> None:
    with live.database.transaction() as session:
        live.service().set_hold(session, on=True, by="ana")
    live.service().watch()
    assert _on(live) == (2, 2)
    live.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    done = live.service().adopt(by="ana")
    assert (done.released, len(done.lines), {line.record for line in done.lines}) == (True, 4, {"live"})
    assert _on(live) == (2, 2)
    with live.database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM deployments WHERE status = 'live'")) == 4
