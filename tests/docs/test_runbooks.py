"""Whoever is told something also finds what to do about it: every alert names a code, and every code has its runbook."""

import ast
from pathlib import Path

import pytest

from zamc.events.alert_codes import AlertCode

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
SOURCES = sorted(file for folder in ("zamc", "zamc_pipelines", "assets_defs", "api", "cli") for file in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("code", list(AlertCode))
def test_every_alert_has_a_runbook_that_says_what_to_do(code: AlertCode) -> None:
    page = RUNBOOKS / f"{code}.md"
    assert page.is_file(), f"docs/runbooks/{code}.md is missing: say what the alert means, what ZAMC has done, and what to do"
    text = page.read_text()
    assert text.startswith(f"# {code}: ")
    assert "**What it means.**" in text
    assert "**What to do**" in text


def test_every_alert_that_is_raised_names_its_code() -> None:
    calls = [(file, node) for file in SOURCES for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    raised = [(file, node) for file, node in calls if ast.unparse(node.func).rsplit(".", 1)[-1] == "AlertRaised"]
    without = [f"{file.relative_to(ROOT)}:{node.lineno}" for file, node in raised if "code" not in {each.arg for each in node.keywords}]
    assert raised
    assert without == []


def test_every_code_is_raised_somewhere() -> None:
    text = "".join(file.read_text() for file in SOURCES if file.name != "alert_codes.py")
    assert [code for code in AlertCode if f"AlertCode.{code.name}" not in text] == []
