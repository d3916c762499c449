"""Generated pages are what the code says today."""

from collections.abc import Callable

import pytest

from cli.reference import FOLDER, PAGES


@pytest.mark.parametrize(("page", "make"), PAGES.items())
def test_a_generated_page_is_not_stale(page: str, make: Callable[[], str]) -> None:
    assert (FOLDER / page).read_text() == make(), "run: python -m cli.reference"
