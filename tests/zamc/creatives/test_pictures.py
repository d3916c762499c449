import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from tests.zamc.creatives.pictures_of_briefs import GERMAN, JAPANESE, TEXTS, spec_of
from zamc.creatives.colours import BLACK, WHITE
from zamc.creatives.composition import compose
from zamc.creatives.layout import ImageSpec
from zamc.creatives.pictures import Picture, _paint, ground, render
from zamc.creatives.shapes import Box, Corner, disc, quarter
from zamc.creatives.sizes import META_STORY, PLACEMENTS, Placement
from zamc.errors import InvalidInput


def opened(picture: Picture) -> Image.Image:
    return Image.open(BytesIO(picture.data))


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=lambda placement: placement.name)
def test_each_brief_becomes_a_picture_of_exactly_the_size_and_within_the_bytes(placement: Placement) -> None:
    for index in range(len(TEXTS)):
        picture = render(spec_of(index, placement, index))
        image = opened(picture)
        assert image.size == (placement.width, placement.height)
        assert (image.format, picture.media_type) == ("PNG", "image/png")
        assert image.mode == "RGB"
        assert len(picture.data) <= placement.max_bytes


@pytest.mark.parametrize("spec", [GERMAN, JAPANESE, spec_of(4, META_STORY, 1)], ids=["german", "japanese", "portuguese"])
def test_nothing_is_drawn_outside_the_text_boxes_and_something_in_each(spec: ImageSpec) -> None:
    layout = compose(spec)
    drawn = ImageChops.difference(opened(render(spec)).convert("L"), ground(layout).convert("L"))
    for text in layout.texts:
        box = (text.box.left, text.box.top, text.box.right, text.box.bottom)
        share = sum(drawn.crop(box).point(lambda value: value > 40).histogram()[1:]) / text.box.area
        assert 0.05 < share < 0.8, text.role
        drawn.paste(0, (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1))  # smooth edges may reach one pixel further
    assert drawn.getbbox() is None


HASHES = """
import hashlib
from tests.zamc.creatives.pictures_of_briefs import GERMAN, JAPANESE
from zamc.creatives.pictures import render
for spec in (GERMAN, JAPANESE):
    print(hashlib.sha256(render(spec).data).hexdigest())
"""


def test_the_same_spec_gives_the_same_bytes_in_this_process_and_in_others() -> None:
    ours = [hashlib.sha256(render(spec).data).hexdigest() for spec in (GERMAN, JAPANESE)]
    assert ours == [hashlib.sha256(render(spec).data).hexdigest() for spec in (GERMAN, JAPANESE)]
    for seed in ("0", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        other = subprocess.run([sys.executable, "-c", HASHES], capture_output=True, text=True, env=environment, timeout=120, check=True)
        assert other.stdout.split() == ours


def test_the_bytes_depend_on_every_part_of_the_spec() -> None:
    changes: list[dict[str, object]] = [
        {"brand": "Blender Verein"},
        {"headline": "Lerne an echten Filmen"},
        {"supporting": "Trainings und Filme"},
        {"call_to_action": "Los"},
        {"primary": "#EA7700"},
        {"secondary": "#265788"},
        {"variant": 1},
    ]
    pictures = {render(GERMAN).data, *(render(replace(GERMAN, **change)).data for change in changes)}  # type: ignore[arg-type]
    assert len(pictures) == len(changes) + 1


def test_the_language_decides_how_ideographs_look() -> None:
    assert render(replace(JAPANESE, language="zh-Hant")).data != render(JAPANESE).data


def test_a_png_that_would_be_too_large_becomes_a_jpeg_that_is_not() -> None:
    png = len(render(GERMAN).data)
    picture = render(replace(GERMAN, placement=replace(GERMAN.placement, max_bytes=png - 1), variant=0))
    if len(picture.data) > png:
        pytest.fail("the JPEG is larger than the limit")
    assert picture.media_type == "image/jpeg"
    assert opened(picture).format == "JPEG"
    assert opened(picture).size == (1080, 1080)


def test_a_limit_that_no_quality_keeps_is_refused() -> None:
    with pytest.raises(InvalidInput, match="1080 x 1080 pixels do not fit into 1000 bytes"):
        render(replace(GERMAN, placement=replace(GERMAN.placement, max_bytes=1000)))


def test_discs_are_round_and_smooth() -> None:
    image = Image.new("RGB", (200, 200), BLACK)
    _paint(image, disc(100, 100, 80, WHITE))
    grey = image.convert("L")
    area = sum(value * count for value, count in enumerate(grey.histogram())) / 255
    assert area == pytest.approx(3.14159265 * 80 * 80, rel=0.002)
    assert grey.tobytes() == grey.transpose(Image.Transpose.ROTATE_90).tobytes()
    assert any(0 < value < 255 for value in grey.tobytes())


@pytest.mark.parametrize(
    ("corner", "at"), [("top_left", (2, 2)), ("top_right", (97, 2)), ("bottom_left", (2, 97)), ("bottom_right", (97, 97))]
)
def test_a_quarter_has_its_centre_in_its_corner(corner: str, at: tuple[int, int]) -> None:
    image = Image.new("RGB", (100, 100), BLACK)
    _paint(image, quarter(Box(0, 0, 100, 100), Corner(corner), WHITE))
    assert image.getpixel(at) == WHITE
    assert image.getpixel((99 - at[0], 99 - at[1])) == BLACK


def test_shapes_are_cut_at_the_canvas_and_at_their_clip() -> None:
    image = Image.new("RGB", (100, 100), BLACK)
    _paint(image, disc(0, 0, 500, WHITE, clip=Box(0, 50, 100, 200)))
    _paint(image, disc(900, 900, 20, WHITE))
    assert image.getpixel((50, 49)) == BLACK
    assert image.getpixel((50, 50)) == WHITE


def test_loading_the_module_does_not_load_pillow() -> None:
    code = "import sys, zamc.creatives.pictures; sys.exit('PIL' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
