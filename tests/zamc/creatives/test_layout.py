import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zamc.creatives.pictures_of_briefs import GERMAN, every_spec, spec_of
from zamc.creatives import fonts
from zamc.creatives.colours import contrast
from zamc.creatives.composition import compose
from zamc.creatives.fonts import UnsupportedCharacter
from zamc.creatives.layout import ImageSpec, Layout, Role
from zamc.creatives.pictures import ground
from zamc.creatives.shapes import Form
from zamc.creatives.sizes import GOOGLE_LANDSCAPE, GOOGLE_LOGO, META_LINK, META_STORY, PLACEMENTS, placements_of
from zamc.creatives.typesetting import TextDoesNotFit
from zamc.errors import InvalidInput


def sound(layout: Layout) -> None:
    """What every layout promises."""
    for text in layout.texts:
        assert text.box.within(layout.safe), text.role
        assert contrast(text.ink, text.ground) >= 4.5, text.role
    for one, other in itertools.combinations(layout.texts, 2):
        assert not one.box.meets(other.box), (one.role, other.role)
    for art in layout.art:
        assert not any(text.box.meets(art) for text in layout.texts)
    if layout.placement.text_share is not None:
        assert layout.text_share <= layout.placement.text_share


def roles(layout: Layout) -> list[str]:
    return [text.role.value for text in layout.texts]


@pytest.mark.parametrize("variant", range(8))
def test_every_brief_in_every_language_fits_every_placement(variant: int) -> None:
    for spec in every_spec(range(variant, variant + 1)):
        sound(compose(spec))


def test_behind_each_text_is_one_colour_and_it_is_the_one_that_contrast_was_computed_with() -> None:
    for variant in range(8):
        for index, placement in enumerate(PLACEMENTS.values()):
            layout = compose(spec_of(index % 8, placement, variant))
            picture = ground(layout)
            for text in layout.texts:
                box = text.box
                colours = picture.crop((box.left, box.top, box.right, box.bottom)).getcolors()
                assert colours == [(box.area, text.ground)], (placement.name, variant, text.role)


def test_a_story_keeps_what_the_app_covers_free_of_text() -> None:
    for variant in range(8):
        for text in compose(spec_of(0, META_STORY, variant)).texts:
            assert text.box.top >= 1920 * 0.14
            assert text.box.bottom <= 1920 * 0.80


def test_art_above_and_below_a_story_ends_with_a_whole_tile() -> None:
    side = 1080 // 5
    for index in range(8):
        assert [box.height % side for box in compose(spec_of(index, META_STORY)).art] == [0, 0]


def test_a_logo_stays_whole_inside_a_circle() -> None:
    layout = compose(spec_of(7, GOOGLE_LOGO))
    assert roles(layout) == ["monogram", "brand"]
    for box in (*(text.box for text in layout.texts), layout.shapes[0].box):
        for x, y in itertools.product((box.left, box.right), (box.top, box.bottom)):
            assert (x - 600) ** 2 + (y - 600) ** 2 <= 600**2


def test_google_shows_descriptions_and_buttons_itself() -> None:
    assert roles(compose(spec_of(0, GOOGLE_LANDSCAPE))) == ["monogram", "brand", "headline"]
    assert roles(compose(GERMAN)) == ["monogram", "brand", "headline", "supporting", "call_to_action"]


def test_text_covers_no_more_than_google_allows_however_it_must_shrink() -> None:
    spec = replace(
        spec_of(0, GOOGLE_LANDSCAPE), headline="Lerne an echten Produktionen von Blender Studio, Schritt für Schritt und Bild für Bild"
    )
    tight = replace(spec, placement=replace(GOOGLE_LANDSCAPE, text_share=0.12))
    assert compose(spec).text_share <= 0.20
    assert compose(tight).text_share <= 0.12
    with pytest.raises(TextDoesNotFit, match="more of the picture than the platform allows"):
        compose(replace(spec, placement=replace(GOOGLE_LANDSCAPE, text_share=0.02)))


def test_supporting_line_and_button_may_be_left_out() -> None:
    layout = compose(replace(GERMAN, supporting="", call_to_action=" "))
    sound(layout)
    assert roles(layout) == ["monogram", "brand", "headline"]


def test_the_button_holds_its_label() -> None:
    layout = compose(GERMAN)
    (pill,) = [shape for shape in layout.shapes[-1:] if shape.form is Form.ROUNDED]
    (label,) = [text for text in layout.texts if text.role is Role.BUTTON]
    assert label.box.within(pill.box.inset(8))
    assert pill.box.within(layout.safe)


def test_the_variants_of_a_set_look_different() -> None:
    layouts = [compose(spec_of(0, META_LINK, variant)) for variant in range(8)]
    assert len({(layout.ground, layout.shapes) for layout in layouts}) == 8
    assert len({layout.ground for layout in layouts[:4]}) == 4
    assert len({layout.art for layout in layouts}) > 1


@pytest.mark.skipif(not fonts.can_shape(), reason="libfribidi is not installed")
def test_right_to_left_languages_are_mirrored() -> None:
    arabic = replace(GERMAN, placement=META_LINK, brand="مخبز الحي", headline="خبز طازج كل صباح", supporting="اطلب قبل الساعة 18:00",
                     call_to_action="اطلب الآن", language="ar")  # fmt: skip
    layout = compose(arabic)
    sound(layout)
    assert layout.art[0].left == 0
    rights = {text.box.right for text in layout.texts if text.role in (Role.HEADLINE, Role.SUPPORTING)}
    assert len(rights) == 1
    assert min(text.box.left for text in layout.texts) > 1200 * 0.3


@pytest.mark.parametrize("field", ["brand", "headline", "supporting", "call_to_action"])
def test_a_text_that_cannot_be_drawn_is_refused_by_its_name(field: str) -> None:
    changes: dict[str, str] = {field: "Neu 😀"}
    with pytest.raises(UnsupportedCharacter, match="GRINNING FACE") as refusal:
        compose(replace(GERMAN, **changes))  # type: ignore[arg-type]
    assert refusal.value.field == field
    with pytest.raises(TextDoesNotFit) as too_long:
        compose(replace(GERMAN, **{field: "Mitgliedschaft " * 30}))  # type: ignore[arg-type]
    assert too_long.value.field == field


def test_a_colour_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"brand\.secondary"):
        compose(replace(GERMAN, secondary="blue"))


def test_each_platform_has_its_placements() -> None:
    assert {(p.width, p.height) for p in placements_of("google_ads")} == {(1200, 628), (1200, 1200), (960, 1200), (1200, 300)}
    assert {(p.width, p.height) for p in placements_of("meta_ads")} == {(1080, 1080), (1080, 1350), (1080, 1920), (1200, 628)}


WORDS = st.text("abcdefgmöÅçßŻąЖΩ0189–-!'’あかアイ漢字語、。「」한국", min_size=1, max_size=18)
SENTENCES = st.lists(WORDS, min_size=1, max_size=14).map(" ".join)
HEX = st.integers(0, 0xFFFFFF).map("#{:06X}".format)


@settings(max_examples=120, deadline=None)
@given(
    spec=st.builds(
        ImageSpec,
        placement=st.sampled_from(list(PLACEMENTS.values())),
        brand=WORDS,
        headline=SENTENCES,
        supporting=SENTENCES,
        call_to_action=WORDS,
        primary=HEX,
        secondary=HEX,
        language=st.sampled_from(["de", "ja", "ko", "zh-TW"]),
        variant=st.integers(0, 40),
    )
)
def test_any_text_in_any_colours_is_laid_out_soundly_or_refused(spec: ImageSpec) -> None:
    try:
        layout = compose(spec)
    except (TextDoesNotFit, UnsupportedCharacter):
        return
    sound(layout)


MANY_WORDS = {
    "de": ("Produktionswissen für Animationskünstler", "Trainings und Produktionsdateien " * 3 + "und Filme, alles in einem Abo."),
    "ja": (
        "毎日たった十分間で気軽に学べる英会話",
        "最初の十四日間は無料。一回十分のレッスンを毎日の暮らしに取り入れて、無理なく続きます。",
    ),
}


@pytest.mark.parametrize("language", MANY_WORDS)
def test_what_meta_shows_without_cutting_fits(language: str) -> None:
    """40 characters of headline and 125 of text, or half as many of double width."""
    headline, supporting = MANY_WORDS[language]
    for placement in placements_of("meta_ads"):
        for variant in range(4):
            sound(compose(ImageSpec(placement, "Kotoba", headline, supporting, "Start", "#EA7600", "#265787", language, variant)))
