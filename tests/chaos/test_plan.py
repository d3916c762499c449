"""A seed decides everything, no crash point of the code is left out, and the judge sees each kind of harm."""

import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

import zamc
from benchmarks.chaos.plan import POINTS, plan
from benchmarks.chaos.witness import OUTSIDER, Campaign, Verdict, Wanted, campaigns, judge, switched_on
from sandbox.records import SCHEMA
from sandbox.transactions import REMEMBER

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
    killed = [*(death.point for death in script.deaths if death.point), *script.adoptions]
    assert Counter(killed) == Counter(POINTS)
    assert {hand.platform for hand in script.hands} <= {"google", "meta"}
    assert {death.server for death in script.servers} == {"postgres", "nats", "valkey"}
    assert script.fault_share == 0.05
    assert len(POINTS) == 36


# What stands in braces in the names of crash points, and what it can be there.
MEANT = {
    "{call.verb}": ("create", "enable"),
    "{status}": ("creating", "enabling"),
    "{verb}": ("pause", "remove"),
}


def _points_of_the_code() -> set[str]:
    """Every name that a crash hook is asked by; a pattern with braces stands for each of its names. Raises KeyError for new braces."""
    named: set[str] = set()
    for file in Path(zamc.__path__[0]).rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        asked = re.findall(r'\bcrash\(f?"([^"]+)"\)', source)
        assert len(asked) == len(re.findall(r"\.crash\(", source)), f"{file.name} asks its crash hook in another way"
        named |= set(asked)
    points = set()
    for pattern in named:
        braces = re.findall(r"\{[^}]*\}", pattern)
        points |= {pattern.replace(braces[0], each) for each in MEANT[braces[0]]} if braces else {pattern}
    return points


def test_every_crash_point_of_the_code_is_in_the_plan() -> None:
    assert sorted(POINTS) == sorted(_points_of_the_code())


def test_what_is_as_it_was_wanted_is_no_harm() -> None:
    stray = _campaign(id="2", status="REMOVED", ever_on=False)
    assert judge([_campaign(), stray], {KEY: LIVE}) == Verdict(0, 0, 0, 0, 0, 1, 0, 0)
    assert judge([_campaign(status="PAUSED")], {KEY: PAUSED}).harmless


def test_what_an_outsider_turned_on_is_not_our_enabling(tmp_path: Path) -> None:
    store = _store(tmp_path, [("1", "ACTIVE", "us"), ("2", "ACTIVE", OUTSIDER), ("2", "DELETED", "us")])
    seen = campaigns(store)
    assert [(each.id, each.ever_on, each.outside_on) for each in seen] == [("1", True, False), ("2", False, True)]
    verdict = judge(seen, {KEY: LIVE})
    assert (verdict.enabled_twice, verdict.strays, verdict.outside_on, verdict.harmless) == (0, 1, 1, True)
    assert (switched_on(store, after=0), switched_on(store, after=2)) == (2, 0)


@pytest.mark.parametrize("by", ["us", None])
def test_our_enabling_of_what_an_outsider_turned_on_counts(tmp_path: Path, by: str | None) -> None:
    store = _store(tmp_path, [("1", "ACTIVE", "us"), ("2", "ACTIVE", OUTSIDER), ("2", "ACTIVE", by), ("2", "DELETED", "us")])
    assert judge(campaigns(store), {KEY: LIVE}).enabled_twice == 1


def _store(folder: Path, history: list[tuple[str, str, str | None]]) -> Path:
    """What a sandbox keeps: campaigns with one marker, and (id, status, who) of what happened to them."""
    path = folder / "sandbox.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        for key in sorted({entry[0] for entry in history}):
            row = ("meta", "act_1", "campaign", key, None, f"Spring zamc:01234567:{KEY}", "PAUSED", "{}", "now", "now")
            connection.execute("INSERT INTO objects VALUES (NULL,?,?,?,?,?,?,?,?,?,?,0)", row)
        for key, status, who in history:
            by = None if who is None else json.dumps({"user": who})
            values = ("meta", "act_1", "campaign", key, "now", status, int(status == "DELETED"), "{}", by)
            connection.execute(REMEMBER, values)
        connection.commit()
    return path


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
