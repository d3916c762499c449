"""The dashboard builds from a clean checkout, its own tests pass, and what comes out keeps the policy of its page."""

import re

from tests.dashboard.build import FOLDER, make_dashboard, npm, run


def test_the_parts_that_need_no_browser() -> None:
    make_dashboard()
    assert " passed" in run(npm(), "run", "--silent", "test")


def test_the_page_has_no_inline_script_or_style_and_names_files_of_its_own_only() -> None:
    make_dashboard()
    page = (FOLDER / "dist" / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=", page)
    named = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    assert len(named) >= 3
    assert all((FOLDER / "dist" / name.removeprefix("/")).is_file() for name in named)
    styles = "".join(file.read_text() for file in (FOLDER / "dist" / "assets").glob("*.css"))
    assert not re.search(r"url\((?!['\"]?/assets/)|@import", styles)


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (FOLDER / "package-lock.json").read_text()
