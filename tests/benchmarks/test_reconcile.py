"""The reconcile benchmark goes the way that it measures: every deployment is looked at, and what changed is what is written."""

import pytest

from benchmarks import reconcile
from benchmarks.figure import Figure

EACH = 10


def test_every_round_looks_at_everything_and_writes_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAMC_BENCH_DEPLOYMENTS", str(EACH * reconcile.ACCOUNTS))  # for the processes that do the rounds
    monkeypatch.setattr(reconcile, "_EACH", EACH)
    figures: dict[str, Figure] = {each.name: each for each in reconcile.measure()}
    deployments = EACH * reconcile.ACCOUNTS
    counted = {name: int(figure.value) for name, figure in figures.items() if figure.unit in ("deployments", "objects")}
    touched = counted.pop("round of what changed: objects shown by the platforms")
    assert counted == {
        "first sweep: deployments looked at": deployments,
        "first sweep: objects shown by the platforms": deployments
        * 7
        // 2,  # a budget, a campaign, a group or set, an ad; Meta has no budget
        "first sweep: deployments written": deployments,
        "sweep with 1 in 100 changed: deployments looked at": deployments,
        "sweep with 1 in 100 changed: objects shown by the platforms": deployments * 7 // 2,
        "sweep with 1 in 100 changed: deployments written": reconcile.ACCOUNTS,  # the first of each account
        "round of what changed: deployments looked at": deployments,
        "round of what changed: deployments written": 0,
    }
    assert 0 < touched < deployments * 7 // 2
