"""A seed decides everything, no crash point of the code is left out, and the judge sees each kind of harm."""

import re
from collections import Counter
from pathlib import Path

import pytest

import zamc.deployments
from benchmarks.chaos.plan import POINTS, plan
from benchmarks.chaos.witness import Campaign, Verdict, Wanted, judge

KEY = "0123456789abcdef"
LIVE = Wanted("google", on=True, status="live", external_id="1")
PAUSED = Wanted("google", on=False, status="paused", external_id="1")


def _campaign(key: str = KEY, *, id: str = "1", status: str = "ENABLED", ever_on: bool = True) -> Campaign:  # noqa: A002 - the platform's word
    return Campaign("google", id, key, status, ever_on)


def test_a_seed_gives_the_same_plan_and_another_seed_another() -> None:
    assert plan(7, 40) == plan(7, 40)
    assert plan(7, 40) != plan(8, 40)


@pytest.mark.parametrize("deployments", [2, 40, 300])
def test_a_plan_kills_at_every_point_and_every_server(deployments: int) -> None:
    script = plan(1, deployments)
    assert Counter(death.point for death in script.deaths if death.point) == Counter(POINTS)
    assert {death.server for death in script.servers} == {"postgres", "nats", "valkey"}
    assert script.fault_share == 0.05
    assert len(POINTS) >= 20


def test_every_crash_point_of_the_code_is_in_the_plan() -> None:
    """Those of an adoption are not: it runs alone, after a restore, and dies in tests of its own."""
    named: set[str] = set()
    for file in Path(zamc.deployments.__path__[0]).glob("*.py"):
        named |= set(re.findall(r'crash\(f?"([^"]+)"\)', file.read_text(encoding="utf-8")))
    expanded = {
        point
        for pattern in named
        for point in POINTS
        if re.fullmatch(
            re.escape(pattern).replace(r"\{call\.verb\}", "(create|enable)").replace(r"\{status\}", "(creating|enabling)"), point
        )
    }
    assert expanded == set(POINTS)
    unplanned = {pattern for pattern in named if "{" not in pattern and pattern not in POINTS}
    assert all(pattern.startswith("adopt.") for pattern in unplanned)


def test_what_is_as_it_was_wanted_is_no_harm() -> None:
    stray = _campaign(id="2", status="REMOVED", ever_on=False)
    assert judge([_campaign(), stray], {KEY: LIVE}) == Verdict(0, 0, 0, 0, 0, 1, 0)
    assert judge([_campaign(status="PAUSED")], {KEY: PAUSED}).harmless


@pytest.mark.parametrize(
    ("seen", "wanted", "harm"),
    [
        ([_campaign(), _campaign(id="2", status="PAUSED", ever_on=True)], LIVE, "enabled_twice"),
        ([_campaign(status="PAUSED")], LIVE, "lost"),
        ([], LIVE, "lost"),
        ([_campaign(id="2")], LIVE, "enabled_orphans"),
        ([_campaign(key="f" * 16)], LIVE, "enabled_orphans"),
        ([_campaign()], PAUSED, "on_unwanted"),
        ([_campaign(), _campaign(id="2", status="PAUSED", ever_on=False)], LIVE, "strays_left"),
        ([_campaign()], Wanted("google", on=False, status="enabling", external_id="1"), "unsettled"),
    ],
)
def test_each_kind_of_harm_is_seen(seen: list[Campaign], wanted: Wanted, harm: str) -> None:
    verdict = judge(seen, {KEY: wanted})
    assert getattr(verdict, harm) == 1
    assert not verdict.harmless
