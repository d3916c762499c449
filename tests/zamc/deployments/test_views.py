"""One word for a brief's state."""

from datetime import date

import pytest

from zamc.database.ids import uuid7
from zamc.deployments.views import DeploymentView, StrategyView


def _view(*states: str, status: str = "approved", set_status: str | None = "approved") -> StrategyView:
    strategy = uuid7()
    deployments = [
        DeploymentView(uuid7(), strategy, "google_ads", "search", state, None, "EUR", 1, date(2026, 12, 1), None, None) for state in states
    ]
    return StrategyView(strategy, uuid7(), "P", "brief", status, set_status, None, deployments)


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
