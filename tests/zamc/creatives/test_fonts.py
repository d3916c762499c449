from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw, ImageFont

from zamc.creatives import fonts, typesetting
from zamc.creatives.fonts import CJK, FIRA_BOLD, Face, Run, ScriptNotAvailable, UnsupportedCharacter, coverage, sized

NOWHERE = "\U0010fffe"  # never assigned: every font answers with its empty box


@pytest.fixture
def without_shaping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def forget() -> None:
        for cached in (fonts.sized, fonts.width, typesetting._line, typesetting._reference_width):
            cached.cache_clear()

    monkeypatch.setattr(fonts, "can_shape", lambda: False)
    forget()
    yield
    forget()


def runs(text: str, language: str, *, bold: bool = True) -> tuple[Run, ...]:
    return fonts.runs("headline", text, fonts.faces(text, language=language, bold=bold), language=language)


def faces(text: str, language: str, *, bold: bool = True) -> list[tuple[str, str]]:
    return [(run.face.name, run.text) for run in runs(text, language, bold=bold)]


def test_japanese_figures_and_latin_come_from_one_font_as_far_as_it_goes() -> None:
    assert faces("毎日10分で学べる Kotoba", "ja") == [(CJK, "毎日10分で学べる Kotoba")]
    assert faces("言葉 Żar", "ja") == [(CJK, "言葉 "), (FIRA_BOLD, "Ż"), (CJK, "ar")]


def test_latin_comes_from_its_own_font() -> None:
    assert faces("Über 10 – Kotoba", "ja") == [(FIRA_BOLD, "Über 10 – Kotoba")]


def test_spaces_and_dashes_keep_the_face_of_what_they_follow() -> None:
    assert faces("英語 – “あ”", "ja") == [(CJK, "英語 – “あ”")]


def test_a_text_with_ideographs_is_bold_throughout() -> None:
    assert {name for name, _ in faces("Ż 言葉", "ja", bold=False)} == {FIRA_BOLD, CJK}
    assert faces("Kotoba", "ja", bold=False) == [(fonts.FIRA, "Kotoba")]


@pytest.mark.parametrize("text", ["Straße, Übung, 1.000 €", "Pão, manhã, às", "Żółć ďŤ", "Ẩm Thực", "Ωψ", "Жёлтый", "ქართული", "✓ ★ →"])
def test_what_latin_greek_cyrillic_and_georgian_need_is_there(text: str) -> None:
    assert "".join(part for _, part in faces(text, "en")) == text


@pytest.mark.parametrize(("text", "name"), [("Neu 😀", "GRINNING FACE"), ("𓀀", "HIEROGLYPH"), ("ᚠ", "RUNIC"), (NOWHERE, "unnamed")])
def test_a_character_that_no_font_has_is_refused_by_name(text: str, name: str) -> None:
    with pytest.raises(UnsupportedCharacter, match=name) as refusal:
        runs(text, "en")
    assert refusal.value.field == "headline"


def test_each_japanese_character_is_a_glyph_and_not_the_empty_box() -> None:
    text = "毎日分で学べる英会話アプリ「ことば」最初の日間は無料。回レッスン、ー"
    font = sized(Face(CJK, "ja"), 64)
    box = bytes(font.getmask(NOWHERE))
    for character in text:
        assert ord(character) in coverage(Face(CJK, "ja"))
        assert bytes(font.getmask(character)) != box


def test_coverage_never_promises_the_empty_box() -> None:
    font = sized(Face(FIRA_BOLD), 40)
    box = bytes(font.getmask(NOWHERE))
    drawn = [code for code in coverage(Face(FIRA_BOLD)) if not chr(code).isspace()]
    assert len(drawn) > 2000
    assert [hex(code) for code in drawn if bytes(font.getmask(chr(code))) == box and font.getbbox(chr(code))[2] > 0] == []


@pytest.mark.skipif(not fonts.can_shape(), reason="libfribidi is not installed: nothing to compare with")
@pytest.mark.parametrize(
    ("language", "text"),
    [("ja", "直角化骨海、今日。"), ("ko", "直角骨 말하자"), ("zh-Hans", "直角化骨，海。"), ("zh-Hant", "直角化骨，海。")],
)
def test_local_forms_are_those_that_a_shaping_engine_chooses(language: str, text: str) -> None:
    from importlib import resources

    original = resources.files("cvttf_NotoSansCJK_Bold").joinpath("NotoSansCJKtc-Bold.otf")
    shaped = ImageFont.truetype(str(original), 80, layout_engine=ImageFont.Layout.RAQM)
    ours = sized(Face(CJK, language.lower()), 80)

    def draw(font: ImageFont.FreeTypeFont, **options: str) -> bytes:
        image = Image.new("L", (900, 120))
        ImageDraw.Draw(image).text((5, 100), text, font=font, fill=255, anchor="ls", features=["-kern"] if options else None, **options)  # type: ignore[arg-type]
        return image.tobytes()

    assert draw(ours) == draw(shaped, language=language)


def test_tokyo_and_taipei_see_their_own_forms() -> None:
    def forms(language: str) -> bytes:
        return bytes(sized(runs("直角", language)[0].face, 80).getmask("直角"))

    assert len({forms(language) for language in ("ja", "zh-CN", "zh-TW")}) == 3
    assert forms("en") == forms("ja")


def test_scripts_that_need_shaping_are_refused_plainly_where_it_is_missing(without_shaping: None) -> None:
    for text in ("خبز طازج", "לחם", "ขนมปัง", "रोटी"):
        with pytest.raises(ScriptNotAvailable, match="libfribidi0"):
            runs(text, "en")


def test_other_scripts_do_not_need_it(without_shaping: None) -> None:
    assert faces("Übung – ёж", "de") == [(FIRA_BOLD, "Übung – ёж")]
    assert faces("毎日10分", "ja") == [(CJK, "毎日10分")]
    assert sized(Face(FIRA_BOLD), 31).getlength("Übung") > 0


@pytest.mark.skipif(not fonts.can_shape(), reason="libfribidi is not installed")
def test_arabic_letters_are_joined() -> None:
    (run,) = runs("خبز", "ar")
    assert run.direction == "rtl"
    alone = sum(sized(run.face, 80).getlength(letter) for letter in run.text)
    assert fonts.width(run, 80) < alone * 0.9


@pytest.mark.skipif(not fonts.can_shape(), reason="libfribidi is not installed")
def test_right_to_left_text_that_needs_two_fonts_is_refused() -> None:
    with pytest.raises(UnsupportedCharacter, match="one line with right-to-left text"):
        runs("خبز 言葉", "ar")
