"""One word for a brief's state."""

from datetime import UTC, date, datetime

import pytest

from zamc.database.ids import uuid7
from zamc.deployments.views import DeploymentView, StrategyView


def _view(*states: str, status: str = "approved", set_status: str | None = "approved") -> StrategyView:
    strategy = uuid7()
    now = datetime(2026, 11, 20, tzinfo=UTC)
    deployments = [
        DeploymentView(
            id=uuid7(), strategy_id=strategy, platform="google_ads", kind="search", status=state, external_id=None, currency="EUR",
            daily_budget_micros=1, starts_on=date(2026, 12, 1), ends_on=None, failure=None, project_id=uuid7(), ad_account_id=uuid7(),
            name="n", desired_status="enabled", plan_hash="h", approved_by=None, launched_at=None, created_at=now,
        )
        for state in states
    ]  # fmt: skip
    return StrategyView(strategy, uuid7(), "P", "brief", status, set_status, None, deployments, 1, None, None, now)


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (("live", "live"), "live"),
        (("live", "paused"), "partly live"),
        (("live", "failed"), "failed"),
        (("live", "enabling"), "launching"),
        (("requested", "creating"), "launching"),
        (("paused",), "paused"),
    ],
)
def test_deployments_of_a_brief_in_one_word(states: tuple[str, ...], word: str) -> None:
    assert _view(*states).summary == word


def test_before_there_are_deployments_the_stage_before_speaks() -> None:
    assert _view(set_status=None, status="drafted").summary == "drafted"
    assert _view(set_status="requested").summary == "requested"
    assert _view(set_status="failed").summary == "failed"
