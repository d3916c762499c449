"""How long data assets were at work: what runs side by side counts once."""

from cli.demo.dagster import covered


def test_what_runs_side_by_side_counts_once() -> None:
    assert covered([]) == 0
    assert covered([(0, 2), (5, 6)]) == 3
    assert covered([(1, 3), (0, 2), (1, 2)]) == 3
    assert covered([(0, 10), (2, 4), (12, 13)]) == 11
