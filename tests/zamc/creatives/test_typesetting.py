from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zamc.creatives.typesetting import Block, Room, Text, TextDoesNotFit, fit
from zamc.errors import InvalidInput

LATIN = "abcdefghijklmnopqrstuvwxyzäöüßçãéÅŻ"
ALPHABET = LATIN + "ABC 0123 –,.!ひらがなカタカナ漢字、。「」한국어ЖяΩψ"


def block(text: str, room: Room, language: str = "en") -> Block:
    return fit(Text.of("headline", text, language=language, bold=True), room)


def words(found: Block) -> str:
    return " ".join("".join(run.text for run in line.runs) for line in found.lines)


def test_a_short_text_gets_the_largest_size_in_one_line() -> None:
    found = block("Brot", Room(900, 300, 20, 90, 5))
    assert (found.size, len(found.lines)) == (90, 1)


def test_one_size_more_would_not_fit() -> None:
    room = Room(620, 200, 20, 300, 4)
    found = block("Lerne an echten Filmproduktionen", room)
    larger = Room(620, 200, found.size + 1, found.size + 1, 4)
    with pytest.raises(TextDoesNotFit):
        block("Lerne an echten Filmproduktionen", larger)


def test_lines_are_of_like_length() -> None:
    found = block("Keep Wikipedia free and independent", Room(780, 300, 20, 70, 5))
    assert [words(Block(0, 0, 0, 0, 0, (line,))) for line in found.lines] == ["Keep Wikipedia free", "and independent"]


def test_japanese_is_cut_at_phrases_as_long_as_that_costs_little() -> None:
    found = block("毎日10分で学べる英会話アプリ「ことば」", Room(620, 330, 30, 110, 5), "ja")
    assert words(found) == "毎日10分で 学べる英会話 アプリ「ことば」"


def test_a_long_japanese_line_is_cut_between_characters_if_it_must() -> None:
    found = block("最高品質保証付自動車保険料金比較一覧表", Room(300, 300, 40, 40, 5), "ja")
    assert len(found.lines) > 2


def test_lines_do_not_touch_even_with_stacked_accents() -> None:
    found = block("Ẫgjpqy Ẫgjpqy Ẫgjpqy Ẫgjpqy", Room(400, 600, 60, 60, 6), "vi")
    assert len(found.lines) > 1
    for upper, lower in pairwise(found.lines):
        assert upper.below + lower.above < found.leading


def test_a_text_that_does_not_fit_is_refused_and_never_cut() -> None:
    with pytest.raises(TextDoesNotFit, match="shorten it") as refusal:
        block("Donaudampfschifffahrtsgesellschaftskapitän", Room(300, 400, 30, 80, 5))
    assert refusal.value.field == "headline"


def test_a_megabyte_is_refused_without_measuring_it() -> None:
    with pytest.raises(TextDoesNotFit, match="has 1000000 characters"):
        Text.of("headline", "a" * 1_000_000, language="en", bold=True)


@pytest.mark.parametrize("text", ["", "  ", "\n", "\u00a0"])
def test_a_text_with_nothing_to_see_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="must not be empty"):
        Text.of("headline", text, language="en", bold=True)


@settings(max_examples=150, deadline=None)
@given(st.text(ALPHABET, min_size=1, max_size=300), st.integers(60, 900), st.integers(30, 700), st.booleans())
def test_what_is_set_keeps_to_its_room_and_loses_nothing(text: str, width: int, height: int, bold: bool) -> None:
    if not text.strip():
        return
    ready = Text.of("headline", text, language="ja", bold=bold)
    try:
        found = fit(ready, Room(width, height, 18, 120, 6))
    except TextDoesNotFit:
        return
    assert found.width <= width
    assert found.height <= height
    assert len(found.lines) <= 6
    assert 18 <= found.size <= 120
    assert words(found).replace(" ", "") == ready.text.replace(" ", "")
    for line in found.lines:
        assert line.right - min(line.left, 0) <= width
    assert found.lines[0].above <= found.above
    assert found.lines[-1].below <= found.below


def test_all_lines_of_a_text_are_set_in_the_same_fonts() -> None:
    found = block("Kotoba Kotoba 言葉", Room(300, 600, 70, 70, 5), "ja")
    assert len(found.lines) > 1
    assert {run.face.name for line in found.lines for run in line.runs} == {"cjk"}
