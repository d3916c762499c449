import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.creatives.colours import BLACK, WHITE, Colour, contrast, fallback_brand_colours, from_lch, readable, schemes, to_lch
from zamc.errors import InvalidInput

colours = st.builds(Colour, *[st.integers(0, 255)] * 3)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(Colour(0x77, 0x77, 0x77), WHITE) == pytest.approx(4.48, abs=0.005)  # the textbook near miss
    assert contrast(Colour(0x76, 0x76, 0x76), WHITE) == pytest.approx(4.54, abs=0.005)


@given(colours)
def test_a_colour_survives_the_way_through_oklch(colour: Colour) -> None:
    assert all(abs(a - b) <= 1 for a, b in zip(from_lch(*to_lch(colour)), colour, strict=True))


@given(colours, colours)
def test_readable_is_readable_and_keeps_a_colour_that_already_is(wanted: Colour, ground: Colour) -> None:
    found = readable(wanted, ground)
    assert contrast(found, ground) >= 4.5
    assert found == wanted or contrast(wanted, ground) < 4.5


def test_grounds_that_nothing_is_readable_on_are_refused() -> None:
    with pytest.raises(ValueError, match="#FFFFFF, #000000"):
        readable(WHITE, WHITE, BLACK)


@given(colours, colours)
def test_each_scheme_of_any_two_brand_colours_is_readable(primary: Colour, secondary: Colour) -> None:
    for scheme in schemes(primary, secondary):
        assert contrast(scheme.ink, scheme.ground) >= 4.5
        assert contrast(scheme.soft_ink, scheme.ground) >= 4.5
        assert contrast(scheme.button_ink, scheme.button) >= 4.5
        assert contrast(scheme.button, scheme.ground) >= 1.6
        assert len(scheme.shapes) >= 2
        assert all(contrast(shape, scheme.ground) > 1.1 for shape in scheme.shapes)


def test_the_schemes_of_a_brand_have_different_grounds() -> None:
    grounds = [scheme.ground for scheme in schemes(Colour(0xEA, 0x76, 0), Colour(0x26, 0x57, 0x87))]
    assert min(contrast(one, other) for one, other in itertools.combinations(grounds, 2)) > 1.1


def test_a_brand_without_colours_always_gets_the_same_ones() -> None:
    assert fallback_brand_colours("Kotoba") == fallback_brand_colours("Kotoba")
    assert len({fallback_brand_colours(f"brand {number}") for number in range(60)}) > 4


@pytest.mark.parametrize("text", ["", "265787", "#26578", "#2657877", "#26578g", "red", "#265787\n", "＃265787"])
def test_a_colour_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"brand\.primary: must be a colour such as"):
        Colour.parse("brand.primary", text)


def test_a_colour_is_written_as_it_is_read() -> None:
    assert Colour.parse("brand.primary", "#ea7600").hex == "#EA7600"
