"""The judge of generated sets sees each fault, and a few sets through misbehaving models end published without any."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.sets.briefs import asked
from benchmarks.sets.judge import Ad, faults
from zamc.creatives.copy import compose_copy
from zamc.llm.offline.writer import pitch_of
from zamc.strategies.rules import build_plan

ROOT = Path(__file__).parents[2]
GOOD = {"headlines": ["Bread in 3 days", "Order now"], "descriptions": ["Bread in 3 days. Order now."]}
WRONG = [
    ("limit", {"headlines": ["Bread that takes its time, every day"]}),
    ("number", {"descriptions": ["Bread in 4 days"]}),
    ("duplicate", {"headlines": ["Order now", "Order now."]}),
    ("planted", {"headlines": ["The best in the world"]}),
    ("planted", {"headlines": ["New orders"]}),
    ("planted", {"descriptions": ["Bread from the moon"]}),
]


def verdict(fields: dict[str, list[str]]) -> list[str]:
    return faults(Ad("google", fields), figures={"3"}, planted=["from the moon"])


def test_a_sound_ad_is_found_sound() -> None:
    assert verdict(GOOD) == []


@pytest.mark.parametrize(("fault", "fields"), WRONG)
def test_each_fault_is_seen(fault: str, fields: dict[str, list[str]]) -> None:
    assert verdict({**GOOD, **fields}) == [fault]


def test_every_brief_can_be_answered_from_its_own_lines() -> None:
    for number in range(24):
        one = asked(number, seed=1, starts="2027-03-01").brief
        made = compose_copy(build_plan(one, pitch_of(one, "Brand"), "Brand"), one, one.platforms[0], one.languages[0])
        assert made.content["headlines"]
    assert len({asked(number, seed=1, starts="2027-03-01").brief.offer for number in range(100)}) > 90


def test_sets_of_misbehaving_models_are_published_without_a_fault(tmp_path: Path) -> None:
    """In a process of its own: a process reads a platform's certificate only once."""
    command = [sys.executable, "-m", "benchmarks.generated_sets", "--sets", "12", "--seed", "7"]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-4_000:]
    told = json.loads((tmp_path / "build" / "bench" / "generated_sets.json").read_text())["figures"]
    figures = {figure["name"]: figure["value"] for figure in told}
    assert figures["published, of 12 sets"] >= 0.95
    assert figures["kinds of fault that struck"] >= 3
    assert figures["of the lines of copy, written by models"] > 0.4
    assert figures["lines in published ads"] >= 12 * 6
