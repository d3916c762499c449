from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.creatives.fonts import UnsupportedCharacter
from zamc.creatives.linebreaks import Break, pieces, tidy


def cut(text: str, worst: Break = Break.GOOD) -> list[str]:
    joined = [""]
    for piece in pieces(text):
        joined[-1] += piece.text
        if piece.after >= worst:
            joined.append("")
        elif piece.spaced:
            joined[-1] += " "
    return [part for part in joined if part]


def test_western_text_breaks_at_spaces() -> None:
    assert cut("Keep Wikipedia free") == ["Keep", "Wikipedia", "free"]


def test_japanese_breaks_after_phrases() -> None:
    assert cut("毎日10分で学べる英会話アプリ「ことば」") == ["毎日", "10分で", "学べる", "英会話", "アプリ", "「ことば」"]
    assert cut("最初の14日間は無料。お試しください") == ["最初の", "14日間は", "無料。", "お試しください"]


NOT_FIRST, NOT_LAST = "、。」）！？ー々ぁっゃァッャ", "「（"


@given(st.text(NOT_FIRST + NOT_LAST + "あ漢アa1 ", min_size=1, max_size=40))
def test_no_line_starts_or_ends_with_what_must_not(text: str) -> None:
    for worst in (Break.GOOD, Break.POOR):
        for before, after in pairwise(cut(tidy("headline", text), worst)):
            assert after[0] not in NOT_FIRST
            assert before[-1] not in NOT_LAST


@given(st.text(max_size=60))
def test_pieces_are_the_text_again(text: str) -> None:
    text = " ".join(text.split())
    assert "".join(piece.text + " " * piece.spaced for piece in pieces(text)) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Tout en un abonnement !", ["Tout", "en un abonnement !"]),
        ("Films – in einem Abo", ["Films –", "in einem Abo"]),
        ("10\u00a0% de plus", ["10\u00a0%", "de plus"]),
        ("Feito com farinha portuguesa", ["Feito", "com farinha", "portuguesa"]),
        ("Fermentação de 24 horas", ["Fermentação", "de 24 horas"]),
        ("Mitgliedschaft bei Blender Studio", ["Mitgliedschaft", "bei Blender", "Studio"]),
        ("Kawa i herbata w domu", ["Kawa", "i herbata", "w domu"]),
        ("Sign in", ["Sign", "in"]),
        ("Training and production files", ["Training", "and", "production", "files"]),
        ("e-mail 24/7 2-3", ["e-mail", "24/7", "2-3"]),
        ("Produktions-Mitgliedschaft", ["Produktions-Mitgliedschaft"]),
    ],
)
def test_what_belongs_together_stays_together(text: str, parts: list[str]) -> None:
    assert cut(text) == parts


@pytest.mark.parametrize(
    ("text", "name", "poor"),
    [
        ("Mitgliedschaft bei Blender Studio", "Blender Studio", ["bei", "Blender"]),
        ("Blender Studio. Now Blender", "Blender Studio", ["Blender"]),
        ("Blender in a Studio", "Blender Studio", ["in", "a"]),
        ("Bluebird beans", "Bluebird", []),
        ("Studio", "Blender Studio", []),
    ],
)
def test_a_name_stays_in_one_line_where_it_can(text: str, name: str, poor: list[str]) -> None:
    assert [piece.text for piece in pieces(text, name=name) if piece.after is Break.POOR] == poor


def test_a_long_compound_may_be_cut_after_its_hyphen_if_nothing_else_fits() -> None:
    assert cut("Produktions-Mitgliedschaft", Break.POOR) == ["Produktions-", "Mitgliedschaft"]


def test_korean_breaks_at_spaces_and_elsewhere_only_if_it_must() -> None:
    assert cut("하루 10분, 영어 회화") == ["하루", "10분,", "영어", "회화"]
    assert cut("회화를", Break.POOR) == ["회", "화", "를"]


def test_tidy_makes_one_paragraph_of_composed_characters() -> None:
    assert tidy("headline", " Pa\u0303o \n\t quente\u202f!\u00ad ") == "Pão quente\u00a0!"


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\u2066", "\ufeff", "\x00", "\x1b", "\ue000", "\ud800", "\U000e0041"])
def test_invisible_characters_are_refused_by_code_point(character: str) -> None:
    with pytest.raises(UnsupportedCharacter, match=f"U\\+{ord(character):04X} is invisible"):
        tidy("headline", f"Hallo{character}Welt")
