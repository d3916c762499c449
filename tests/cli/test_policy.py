"""`zamc projects policy`, `zamc approve`, `zamc hold`, `zamc adopt`: what a person decides, and clear words when it is wrong."""

from decimal import Decimal

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

import cli.main
from tests.zamc.deployments.conftest import EUR, LIMITS, Stage
from tests.zamc.deployments.fake import Fault
from zamc.database.engine import Database
from zamc.deployments.service import DeploymentService
from zamc.errors import ZamcError
from zamc.projects.service import ProjectService


class Wired:
    """What the commands take of the services."""

    def __init__(self, stage: Stage) -> None:
        self.database, self.owner_database = stage.database, stage.owner
        self.deployments: DeploymentService = stage.service()
        self.projects = ProjectService(stage.clock)


@pytest.fixture
def wired(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr("zamc.bootstrap.services", lambda: Wired(stage))
    return stage


def _zamc(*words: str) -> Result:
    return CliRunner().invoke(cli.main.app, list(words))


POLICY = ("projects", "policy", "Padaria", "--currency", "EUR", "--daily", "300.00", "--monthly", "900.00")


def _row(database: Database) -> dict[str, object]:
    with database.transaction() as session:
        return dict(session.execute(text("SELECT * FROM spend_policies")).mappings().one())


def test_every_rule_of_a_policy_is_written(wired: Stage) -> None:
    rules = {
        "--largest-raise": "50.00", "--largest-raise-percent": "25", "--raises-per-day": "80.00", "--cooldown-hours": "12",
        "--approval-above": "200.00", "--approvers": "2", "--overspend": "alert",
    }  # fmt: skip
    words = [word for pair in rules.items() for word in pair]
    done = _zamc(*POLICY, *words, "--platform-cap", "google_ads:day=100.00", "--platform-cap", "meta_ads:month=500.00")
    assert done.exit_code == 0, done.output
    row = _row(wired.database)
    assert row["platform_caps"] == {"google_ads": {"day": 100 * EUR}, "meta_ads": {"month": 500 * EUR}}
    assert (row["largest_raise_micros"], row["largest_raise_share"], row["daily_raise_micros"]) == (50 * EUR, Decimal("0.2500"), 80 * EUR)
    assert (row["cooldown_seconds"], row["approval_above_micros"], row["approvers"], row["overspend"]) == (43_200, 200 * EUR, 2, "alert")


def test_rules_that_are_left_out_stay_and_none_removes_one(wired: Stage) -> None:
    _zamc(*POLICY, "--largest-raise", "50.00", "--cooldown-hours", "12", "--platform-cap", "google_ads:day=100.00")
    _zamc(*POLICY, "--cooldown-hours", "none")
    row = _row(wired.database)
    assert (row["largest_raise_micros"], row["cooldown_seconds"]) == (50 * EUR, None)
    assert row["platform_caps"] == {"google_ads": {"day": 100 * EUR}}
    _zamc(*POLICY, "--platform-cap", "none")
    assert _row(wired.database)["platform_caps"] == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--platform-cap", "google_ads=100"), "is not platform:period=amount"),
        (("--platform-cap", "tiktok:day=10.00"), "'tiktok' is not one of google_ads, meta_ads"),
        (("--platform-cap", "google_ads:week=10.00"), "'week' is not one of day, month, total"),
        (("--platform-cap", "google_ads:day=400.00"), "is above the project's own cap of 300.00 EUR"),
        (("--largest-raise", "-1"), "is not a plain positive decimal"),
        (("--largest-raise-percent", "much"), "is not a number of zero or more"),
        (("--cooldown-hours", "-3"), "is not a number of zero or more"),
        (("--cooldown-hours", "9999999"), "must be between 0 and 2160"),
        (("--approvers", "2"), "needs a threshold"),
        (("--approvers", "3"), "less than or equal to 2"),
        (("--overspend", "shrug"), "is not one of 'pause', 'alert'"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(wired: Stage, words: tuple[str, ...], said: str) -> None:
    before = _row(wired.database)
    done = _zamc(*POLICY, *words)
    why = str(done.exception) if isinstance(done.exception, ZamcError) else " ".join(done.output.replace("│", " ").split())
    assert done.exit_code != 0
    assert said in why
    assert _row(wired.database) == before


def test_two_people_must_approve_the_same_plan(wired: Stage) -> None:
    _zamc(*POLICY[:-1], "5000.00", "--approval-above", "50.00", "--approvers", "2")
    wired.begin()
    assert wired.statuses() == {"google_ads": "requested", "meta_ads": "creating"}
    row = wired.deployment("google_ads")
    assert "1 more must approve" in _zamc("approve", str(row.id), "--hash", row.plan_hash, "--by", "ana@example.org").output
    assert "1 more must approve" in _zamc("approve", str(row.id), "--hash", row.plan_hash, "--by", "Ana@example.org ").output
    assert wired.deployment("google_ads").status == "requested"
    assert (
        "Approved by ana@example.org, ben@example.org"
        in _zamc("approve", str(row.id), "--hash", row.plan_hash, "--by", "ben@example.org").output
    )
    assert wired.deployment("google_ads").approved_by == "ana@example.org, ben@example.org"
    wired.launch()
    wired.both_live_once()


def test_a_hold_is_turned_on_seen_and_ended_by_adopting(wired: Stage) -> None:
    wired.begin()
    wired.launch()
    assert "Nothing is on hold" in _zamc("hold", "status").output
    assert "restored the backup" in _zamc("hold", "on", "--reason", "restored the backup", "--by", "ana").output
    assert "restored the backup" in _zamc("hold", "status").output
    done = _zamc("adopt", "--by", "ana")
    assert done.exit_code == 0, done.output
    assert "The hold is off." in done.output
    assert "goes on" in " ".join(done.output.split())
    assert "Nothing is on hold" in _zamc("hold", "status").output


def test_adopting_says_when_a_platform_does_not_answer(wired: Stage) -> None:
    wired.begin()
    wired.launch()
    _zamc("hold", "on")
    wired.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
    unanswered: list[Fault] = ["later"] * 20
    wired.google.fail("read", *unanswered)
    done = _zamc("adopt")
    assert done.exit_code == 1
    assert "google_ads 1234567890 did not answer" in done.output
    assert "everything stays on hold" in done.output
    assert "Everything is on hold" in _zamc("hold", "status").output


def test_adopting_without_waiting_says_when_it_may_be_done(wired: Stage) -> None:
    _zamc("hold", "on")
    done = _zamc("adopt", "--no-wait")
    assert "may land until" in str(done.exception)
