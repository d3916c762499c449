"""Pages say what is so: names that they mention exist, links lead somewhere, and no page knows the machine that it was written on."""

import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from zamc.events.catalogue import CATALOGUE

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OF_CODE = [ROOT / "docs" / "architecture.md", *sorted((ROOT / "docs" / "explanation").glob("*.md"))]

_CODE_NAME = re.compile(r"`(zamc(?:\.\w+)+)(?:\(\))?`")
_TEST_NAME = re.compile(r"`(test_\w+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_OF_A_MACHINE = re.compile(r"(?<![\w.~/-])/(?:home|root|tmp|Users|private|work|mnt|workspace)/\w[^\s`)]*")


def _id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _resolves(name: str) -> bool:
    """Whether the longest importable part of a dotted name has the rest as attributes."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@cache
def _tests() -> frozenset[str]:
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.py"))
    names = frozenset(name for text in texts for name in re.findall(r"^def (test_\w+)\(", text, re.MULTILINE))
    return names | {file.stem for file in (ROOT / "tests").rglob("test_*.py")}


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def test_there_are_pages_to_look_at() -> None:
    assert len(PAGES) > 10
    assert len(OF_CODE) > 1


@pytest.mark.parametrize("page", OF_CODE, ids=_id)
def test_code_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [(found.group(1), _line(text, found.start())) for found in _CODE_NAME.finditer(text)]
    assert [f"line {line}: {name}" for name, line in named if name not in CATALOGUE and not _resolves(name)] == []


@pytest.mark.parametrize("page", OF_CODE, ids=_id)
def test_tests_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [(found.group(1), _line(text, found.start())) for found in _TEST_NAME.finditer(text)]
    assert [f"line {line}: {name}" for name, line in named if name not in _tests()] == []


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_relative_links_lead_to_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [(found.group(1).partition("#")[0], _line(text, found.start())) for found in _LINK.finditer(text)]
    inside = [(target, line) for target, line in links if target and "://" not in target and not target.startswith("mailto:")]
    assert [f"line {line}: {target}" for target, line in inside if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_no_page_names_a_path_of_a_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [f"line {_line(text, found.start())}: {found.group()}" for found in _OF_A_MACHINE.finditer(text)] == []
