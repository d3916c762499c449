"""The protocol's pure decisions, over everything that they can be asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.deployments.rules import (
    BUILT,
    Facts,
    LaunchMode,
    Status,
    StopVerdict,
    StopView,
    Verb,
    find_marker,
    judge_stop,
    marker,
    may_enable,
    why_not_send,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
GOOD = Facts(
    generation=3, desired="enabled", plan_hash="a", approved_hash="a", reserved_micros=1, kill_switch=False, hold=False
)  # fmt: skip


def test_what_is_wanted_approved_and_paid_for_may_be_sent() -> None:
    assert why_not_send(Verb.CREATE, 3, GOOD, now=NOW) is None
    assert why_not_send(Verb.ENABLE, 3, GOOD, now=NOW) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kill_switch": True}, "kill switch"),
        ({"hold": True}, "on hold"),
        ({"desired": "paused"}, "wanted paused"),
        ({"generation": 4}, "newer intention"),
        ({"approved_hash": None}, "nobody approved"),
        ({"approved_hash": "b"}, "another plan"),
        ({"reserved_micros": 0}, "no spend"),
    ],
)
def test_each_missing_condition_keeps_every_change_back(change: dict[str, Any], why: str) -> None:
    facts = replace(GOOD, **change)
    for verb in (Verb.CREATE, Verb.ENABLE):
        assert why in (why_not_send(verb, 3, facts, now=NOW) or "")


@pytest.mark.parametrize(
    ("change", "why"),
    [({"open_stops": 1}, "stop is still open"), ({"pause_lands_until": NOW + timedelta(seconds=1)}, "may still land")],
)
def test_an_enable_waits_for_stops_and_a_create_does_not(change: dict[str, Any], why: str) -> None:
    facts = replace(GOOD, **change)
    assert why in (why_not_send(Verb.ENABLE, 3, facts, now=NOW) or "")
    assert why_not_send(Verb.CREATE, 3, facts, now=NOW) is None
    assert why_not_send(Verb.ENABLE, 3, replace(GOOD, pause_lands_until=NOW), now=NOW) is None


SEEN = st.lists(st.sampled_from(["enabled", "paused", "removed", "missing"]), max_size=3)


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2), SEEN)
def test_a_stop_is_done_only_by_a_pause_after_the_last_enable_and_two_dark_reads(
    after: int, resolved: int, in_flight: int, seen: list[str]
) -> None:
    verdict = judge_stop(StopView(after, resolved, in_flight, seen))
    done = in_flight == 0 and after == resolved and len(seen) >= 2 and set(seen[-2:]) <= {"paused", "removed"}
    assert (verdict == StopVerdict.DONE) == done
    if in_flight:
        assert verdict == StopVerdict.WAIT
    elif after != resolved:
        assert verdict == StopVerdict.AGAIN


@given(st.sampled_from(list(LaunchMode)), st.lists(st.sampled_from(list(Status)), max_size=3))
def test_all_or_nothing_waits_for_every_sibling(mode: LaunchMode, siblings: list[Status]) -> None:
    ready = {*BUILT, Status.PAUSED, Status.PAUSING, Status.ENDED}
    assert may_enable(mode, siblings, launched=True)
    assert may_enable(mode, siblings) == (mode == LaunchMode.BEST_EFFORT or all(each in ready for each in siblings))


@given(st.uuids(), st.text(max_size=60))
def test_a_marker_is_found_in_any_name(key: UUID, text: str) -> None:
    written = marker("0123abcd", key)
    assert find_marker(f"{text.replace('zamc:', '')} [{written}]") == ("0123abcd", key.hex[:16])


def test_foreign_names_carry_no_marker() -> None:
    for name in ("Spring", "zamc:xyz:1", "ZAMC:0123abcd:0123456789abcdef", f"zamc:{uuid4().hex[:8]}"):
        assert find_marker(name) is None
