"""Copy for tests: of the example briefs, and of briefs that hypothesis makes."""

from typing import Any

from hypothesis import strategies as st

from tests.zamc.strategies.briefs import brief, examples
from zamc.llm.offline.writer import pitch_of
from zamc.strategies.places import LANGUAGES
from zamc.strategies.rules import build_plan
from zamc.strategies.schema import Brief, Plan


def planned(asked: Brief, project_name: str) -> Plan:
    return build_plan(asked, pitch_of(asked, project_name), project_name)


def example_plans() -> list[tuple[Plan, Brief]]:
    return [(planned(file.brief, file.project), file.brief) for file in examples()]


WORDS = st.sampled_from(
    """coffee fresh Bremen roasted beans and 3 24 days 10% free the of Bluebird, is are made with every morning; (new) best Kaffee frisch
    und täglich café frais et 無料 毎日 コーヒー、
    パン「ことば」 {KeyWord:beans} {{name}} SALE!!! www.example.org 0171-2345678 ★ only if""".split()
)


@st.composite
def lines(draw: st.DrawFn) -> str:
    return " ".join(draw(st.lists(WORDS, min_size=1, max_size=14)))[:200].strip() or "coffee"


@st.composite
def wild_briefs(draw: st.DrawFn) -> Brief:
    """Briefs whose lines are sensible, long, empty of sense or hostile."""
    changes: dict[str, Any] = {
        "product": draw(lines()),
        "offer": draw(lines()),
        "claims": draw(st.lists(lines(), min_size=1, max_size=5, unique=True)),
        "languages": draw(st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3, unique=True)),
        "goal": draw(st.sampled_from(["awareness", "traffic", "leads", "sales"])),
        "avoid": draw(st.lists(st.sampled_from(['the word "fresh"', "discount language", "guilt", "health claims"]), max_size=2)),
    }
    return brief(**changes)
