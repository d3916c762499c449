"""The benchmark of forecasts, small: the intervals hold about what they say, and the worlds are the same for the same seed."""

from benchmarks.forecast_coverage import Brought, documented, market, score, share
from zamc.money import Money
from zamc.strategies.forecast_rules import Context, outlook


def test_intervals_hold_about_four_in_five_campaigns_that_were_not_fitted() -> None:
    scored = list(documented(11, 250))
    assert len(scored) == 250
    assert {each.past for each in scored} == {0, 1, 3, 8, 20}
    for metric in ("impressions", "clicks", "conversions", "cpa"):
        assert 0.70 <= share(scored, metric) <= 0.90, metric


def test_a_seed_is_a_world() -> None:
    assert list(documented(3, 5)) == list(documented(3, 5)) != list(documented(4, 5))
    assert list(market(3, 2)) == list(market(3, 2))


def test_what_lies_outside_is_scored_as_a_miss() -> None:
    said = outlook([("search", Money.parse("100.00", "USD"))], "sales", Context(), days=30)
    usual = Brought(int(said.impressions.mid), int(said.clicks.mid), int(said.conversions.mid), 3_000.0, 30)
    nothing = Brought(0, 0, 0, 3_000.0, 30)
    assert all(score(said, usual, 0).held.values())
    assert not any(score(said, nothing, 0).held.values())
