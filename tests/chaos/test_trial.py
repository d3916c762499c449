"""Forty deployments while workers, servers and calls die by a plan: nothing is enabled twice, lost, or left on against our record."""

from benchmarks.chaos.trial import run

DEPLOYMENTS, SEED = 40, 20261122


def test_nothing_is_harmed_while_everything_dies() -> None:
    report = run(SEED, DEPLOYMENTS)
    assert report.verdict is not None
    assert report.verdict.harmless, report
    assert not report.missed, f"nobody was killed at {report.missed}, so that the trial proves nothing about it"
    assert report.events_lost == 0
    assert set(report.servers) == {"postgres", "nats", "valkey"}
    assert report.random_kills > 0
    assert sum(report.statuses.values()) >= DEPLOYMENTS
    assert report.statuses.get("live", 0) > 0
