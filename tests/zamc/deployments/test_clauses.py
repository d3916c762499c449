"""Each clause of the protocol that the model breaks without (table.txt: NO_..., LOOSE) has a test that walks its counterexample.

The tests themselves are in the modules named here. What is checked is that they exist, are collected, and speak of their clause, and
that the page names all of them in the clause's row.
"""

import importlib
import inspect
import pkgutil
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from zamc.deployments.rules import Facts, Verb, why_not_send

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "explanation" / "launch-protocol.md"
PROTOCOL, CRASHES, RESTORE = "test_protocol", "test_crashes", "test_restore"
CLAUSES = {
    "NO_CLAIMTX": ("C2", PROTOCOL, ["test_c2_a_pause_between_planning_and_claiming_is_seen_by_the_claim"]),
    "NO_LEASE": ("C3", PROTOCOL, ["test_c3_a_worker_that_stalled_does_not_send_with_the_rest_of_its_lease"]),
    "NO_INWRITE": ("C4", PROTOCOL, ["test_c4_the_write_of_an_old_enable_neither_pauses_nor_hides_the_new_intention"]),
    "NO_STOPACK": (
        "C1",
        PROTOCOL,
        [
            "test_c1_a_pause_sent_before_an_enable_ended_proves_nothing",
            "test_c1_a_pause_that_was_under_way_when_an_enable_ended_is_sent_again",
        ],
    ),
    "NO_DRAIN": ("C5", PROTOCOL, ["test_c5_a_resume_supersedes_a_stop_and_waits_for_a_pause_in_doubt"]),
    "NO_ORPHAN": ("C6", PROTOCOL, ["test_c6_looking_never_removes_what_a_worker_is_about_to_bind"]),
    "NO_FAILSTOP": ("C7", PROTOCOL, ["test_c7_a_refused_enable_is_stopped_before_it_is_called_failed"]),
    "LOOSE": ("C8", PROTOCOL, ["test_c8_an_enable_in_doubt_keeps_the_stop_open"]),
    "NO_DRIFTUP": ("C9", PROTOCOL, ["test_c9_what_is_on_against_our_record_is_paused_first"]),
    "NO_HOLD": (
        "C10",
        RESTORE,
        ["test_c10_what_was_paused_after_the_backup_stays_off", "test_c10_without_the_hold_the_restored_record_would_act"],
    ),
    "NO_KEEPRES": ("C11", PROTOCOL, ["test_c11_the_reservation_of_an_enable_that_was_in_doubt_is_kept"]),
    "NO_DUPLOOK": ("", CRASHES, ["test_a_taken_name_means_look_again_not_refused"]),
}


def _rows() -> list[str]:
    return [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("flag", CLAUSES)
def test_a_clause_has_its_tests_and_they_speak_of_it(flag: str) -> None:
    number, module, names = CLAUSES[flag]
    found = importlib.import_module(f"tests.zamc.deployments.{module}")
    tests = [getattr(found, name) for name in names]
    assert all(inspect.isfunction(test) and re.search("assert|both_live_once", inspect.getsource(test)) for test in tests)
    if number:
        assert all(name.startswith(f"test_{number.lower()}_") for name in names)
        assert flag in "\n".join(inspect.getdoc(test) or "" for test in tests)


@pytest.mark.parametrize("flag", CLAUSES)
def test_the_page_names_the_clause_and_its_tests(flag: str) -> None:
    number, _, names = CLAUSES[flag]
    rows = [row for row in _rows() if flag in row or (number and re.search(rf"\b{number}\b", row))]
    assert any(flag in row for row in rows)
    assert any(names[0] in row for row in rows)


def test_whatever_carries_a_clause_is_there() -> None:
    for name in set(re.findall(r"`(zamc\.[a-zA-Z_.]+)`", PAGE.read_text(encoding="utf-8"))):
        assert pkgutil.resolve_name(name) is not None


def test_whatever_shows_a_clause_is_where_the_page_says() -> None:
    for row in _rows():
        folders = [*re.findall(r"in `(tests/[a-z_/]+)`", row), "tests/zamc/deployments"]
        texts = "\n".join(each.read_text(encoding="utf-8") for folder in folders for each in (ROOT / folder).glob("test_*.py"))
        assert [name for name in re.findall(r"`(test_[a-z0-9_]+)`", row) if f"def {name}(" not in texts] == []


def test_every_counterexample_of_the_model_is_here() -> None:
    assert sorted(int(number[1:]) for number, _, _ in CLAUSES.values() if number) == list(range(1, 12))
    mentioned = set(re.findall(r"\bNO_[A-Z]+\b|\bLOOSE\b", PAGE.read_text(encoding="utf-8")))
    assert mentioned == set(CLAUSES)


def test_a_hold_keeps_back_what_could_spend() -> None:
    """C10, as the claim judges it."""
    facts = Facts(generation=1, desired="enabled", plan_hash="h", approved_hash="h", reserved_micros=1, kill_switch=False, hold=True)
    for verb in (Verb.CREATE, Verb.UPDATE, Verb.ENABLE):
        assert why_not_send(verb, 1, facts, now=datetime(2026, 1, 1, tzinfo=UTC)) is not None
