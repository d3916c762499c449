"""A video is what its spec says: sizes, length, codecs, no sound above silence, the same bytes again, and it plays in a browser."""

from io import BytesIO
from itertools import pairwise
from struct import unpack_from

import numpy
import pytest

from tests.zamc.creatives.copies import example_plans
from zamc.creatives.colours import fallback_brand_colours
from zamc.creatives.sizes import VIDEO_PLACEMENTS, Placement
from zamc.creatives.typesetting import TextDoesNotFit
from zamc.creatives.video import render_video
from zamc.creatives.video_frames import frames
from zamc.creatives.video_rules import CAPTION_ROOMS, video_words
from zamc.creatives.video_scenes import FRAMES_PER_SECOND, VideoSpec, scenes

SQUARE, VERTICAL, LANDSCAPE = VIDEO_PLACEMENTS.values()
CAPTIONS = {
    "en": ("Slow-fermented sourdough", "Baked every morning"),
    "ja": ("最初の14日間は無料", "1回10分のレッスン"),
    "el": ("Φρέσκο ψωμί κάθε μέρα", "Από τη γειτονιά σας"),
    "uk": ("Свіжий хліб щоранку", "Замовляйте до шостої"),
    "ar": ("خبز طازج كل صباح", "اطلب الآن"),
}


def spec(placement: Placement = SQUARE, language: str = "en", seconds: int = 6, captions: tuple[str, ...] = ()) -> VideoSpec:
    primary, secondary = fallback_brand_colours("Bluebird")
    said = captions or CAPTIONS[language]
    return VideoSpec(placement, "Bluebird", said, "Order now", primary, secondary, language, seconds)


@pytest.fixture(scope="module")
def square() -> bytes:
    return render_video(spec()).data


def boxes(data: bytes) -> list[bytes]:
    """The names of an MP4's top-level boxes, in order."""
    at, found = 0, []
    while at < len(data):
        size, name = unpack_from(">L4s", data, at)
        found.append(name)
        at += size
    return found


def test_it_is_h264_in_an_mp4_whose_index_comes_first(square: bytes) -> None:
    import av

    assert boxes(square).index(b"moov") < boxes(square).index(b"mdat")
    with av.open(BytesIO(square), "r") as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        context = picture.codec_context
        assert (context.name, context.pix_fmt, context.width, context.height) == ("h264", "yuv420p", 1080, 1080)
        assert (context.colorspace, context.color_range) == (1, 1)
        assert (picture.frames, float(picture.average_rate or 0)) == (6 * FRAMES_PER_SECOND, FRAMES_PER_SECOND)
        assert (sound.codec_context.name, sound.codec_context.sample_rate, sound.codec_context.layout.name) == ("aac", 48_000, "stereo")
        assert abs(float((container.duration or 0) / 1_000_000) - 6) < 0.1


def test_a_painted_background_fills_the_art_and_moves_and_leaves_texts_alone() -> None:
    from dataclasses import replace

    from tests.zamc.creatives.test_photographs import png

    scene = png((256, 256), "RGB", (10, 200, 90))
    plain, painted = ([planes.luma.copy() for planes in frames(each)] for each in (spec(), replace(spec(), scene=_striped(scene))))
    (art,) = scenes(spec())[0][0].layout.art
    inside = slice(art.top + 4, art.bottom - 4), slice(art.left + 4, art.right - 4)
    assert (plain[0][inside] != painted[0][inside]).mean() > 0.5
    assert (painted[0][inside] != painted[60][inside]).any()
    text = scenes(spec())[0][0].layout.texts[-1].box
    rows = slice(text.top, text.bottom), slice(text.left, text.right)
    assert (plain[40][rows] == painted[40][rows]).all()
    assert (plain[-1] == painted[-1]).all()  # the closing card has none


def _striped(data: bytes) -> bytes:
    """With lines, so that a zoom is seen."""
    from PIL import Image

    image = Image.open(BytesIO(data))
    for at in range(0, 256, 16):
        image.paste((200, 40, 40), (at, 0, at + 6, 256))
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_its_sound_is_silence(square: bytes) -> None:
    """Silence has no loudness at all: it is below every platform's bound (-14 to -24 LUFS)."""
    import av

    with av.open(BytesIO(square), "r") as container:
        heard = numpy.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert heard.shape[1] >= 6 * 48_000
    assert not heard.any()


def test_the_same_spec_gives_the_same_bytes(square: bytes) -> None:
    assert render_video(spec()).data == square
    assert render_video(spec(language="ja")).data != square


@pytest.mark.parametrize(("placement", "seconds"), [(VERTICAL, 6), (LANDSCAPE, 6), (SQUARE, 15)])
def test_every_size_and_length(placement: Placement, seconds: int) -> None:
    import av

    made = render_video(spec(placement, seconds=seconds))
    with av.open(BytesIO(made.data), "r") as container:
        shown = [(frame.width, frame.height) for frame in container.decode(video=0)]
    assert set(shown) == {(placement.width, placement.height)} == {(made.width, made.height)}
    assert len(shown) == seconds * FRAMES_PER_SECOND
    assert made.seconds == seconds


def test_something_moves_until_the_card_and_the_captions_follow_each_other() -> None:
    seen = [planes.luma.copy() for planes in frames(spec())]
    captions, card = scenes(spec())
    moved = [bool((one != other).any()) for one, other in pairwise(seen)]
    last = sum(scene.frames for scene in captions)
    assert all(moved[at] or moved[at + 1] for at in range(last - 2))
    assert not any(moved[-20:])
    assert card.frames == len(seen) - last > FRAMES_PER_SECOND
    text = captions[0].layout.texts[-1].box
    rows = slice(text.top, text.bottom), slice(text.left, text.right)
    first, second = seen[captions[0].frames - 1], seen[last - 1]
    assert (first[rows] != second[rows]).any()
    assert (seen[0][rows] == seen[0][rows][0, 0]).all()  # nothing is written before it is wiped in


@pytest.mark.parametrize("language", CAPTIONS)
@pytest.mark.parametrize("placement", VIDEO_PLACEMENTS.values(), ids=VIDEO_PLACEMENTS)
def test_texts_of_any_script_are_readable_and_safe(placement: Placement, language: str) -> None:
    captions, card = scenes(spec(placement, language))
    for scene in (*captions, card):
        assert scene.layout.lowest_contrast >= 4.5
        assert all(text.box.within(scene.layout.safe) for text in scene.layout.texts)
        assert not any(text.box.meets(art) for text in scene.layout.texts for art in scene.layout.art)


def test_a_caption_without_room_is_refused_by_name() -> None:
    with pytest.raises(TextDoesNotFit):
        scenes(spec(captions=("Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen " * 4,)))


def test_only_six_and_fifteen_seconds_are_made() -> None:
    with pytest.raises(ValueError, match="seconds"):
        scenes(spec(seconds=7))


def test_captions_are_lines_of_the_brief() -> None:
    said = {plan.brand_name: video_words(plan, asked, asked.languages[0]) for plan, asked in example_plans()}
    assert said["Wikimedia Foundation"].captions == (
        "Donate to keep Wikipedia free and independent",
        "Wikipedia is free and has no advertising",
    )
    assert said["Wikimedia Foundation"].sources["captions[1]"] == "brief.claims[0]"
    assert said["Kotoba"].call_to_action == "今すぐ登録"
    assert said["Blender Studio"].captions == ("Training, Produktionsdateien und Filme im Abo", "Mitgliedschaft bei Blender Studio")
    for plan, asked in example_plans():
        assert all(len(caption) <= room for room in CAPTION_ROOMS for caption in video_words(plan, asked, "en", room=room).captions)
        assert len(video_words(plan, asked, asked.languages[0], seconds=15).captions) == 3
