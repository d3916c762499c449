"""Faults at random: the same seed gives the same plan, the rates are kept, and orders come first."""

import pytest

from sandbox.faults import Fault, FaultError, Faults, parse_plan
from sandbox.plans import Plan

RATES = {"unavailable": 0.03, "late_commit": 0.02}


def test_a_seed_gives_the_same_plan_and_another_seed_another() -> None:
    first, again, other = (Plan("google", seed, RATES) for seed in (7, 7, 8))
    assert first.first(2000) == again.first(2000)
    assert first.first(2000) != other.first(2000)


def test_rates_are_kept() -> None:
    struck = Plan("google", 1, RATES).first(20_000)
    shares = {name: sum(fault == name for _, fault in struck) / 20_000 for name in RATES}
    assert shares["unavailable"] == pytest.approx(0.03, abs=0.005)
    assert shares["late_commit"] == pytest.approx(0.02, abs=0.005)


def test_a_plan_strikes_by_the_number_of_the_call_and_tells_whom() -> None:
    faults = Faults()
    plan = parse_plan({"platform": "google", "seed": 3, "method": "*Mutate", "rates": {"late_commit": 0.5}, "seconds": {"late_commit": 3}})
    faults.planned.add(plan)
    assert faults.take("meta", "X/Mutate") is None
    assert faults.take("google", "X/Search") is None
    taken = [faults.take("google", "X/Mutate") for _ in range(50)]
    assert [n for n, fault in enumerate(taken) if fault] == [number for number, _ in plan.first(50)]
    assert {(fault.fault, fault.seconds) for fault in taken if fault} == {("late_commit", 3.0)}
    assert [entry["number"] for entry in faults.planned.struck()] == [number for number, _ in plan.first(50)]


def test_an_order_comes_before_a_plan_and_a_plan_can_be_spent() -> None:
    faults = Faults()
    faults.planned.add(parse_plan({"platform": "google", "rates": {"internal": 1.0}, "times": 2}))
    faults.add(Fault("google", "*", "reset"))
    names = [fault.fault if (fault := faults.take("google", "X/Y")) else "" for _ in range(4)]
    assert names == ["reset", "internal", "internal", ""]
    faults.clear()
    assert faults.planned.plans() == []


@pytest.mark.parametrize(
    "raw",
    [
        {"platform": "google"},
        {"platform": "tiktok", "rates": {"reset": 0.1}},
        {"platform": "google", "rates": {"earthquake": 0.1}},
        {"platform": "google", "rates": {"reset": 0.7, "slow": 0.7}},
        {"platform": "google", "rates": {"reset": -0.1}},
        {"platform": "google", "rates": {"reset": 0.1}, "often": 1},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(FaultError):
        parse_plan(raw)
