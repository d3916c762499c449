"""Pictures of strangers: known by their content, measured before they are unpacked, kept as nothing but pixels."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from zamc.creatives.photographs import PlacedPicture, paste, photograph, shape_of
from zamc.creatives.shapes import Box
from zamc.errors import InvalidInput

SVG = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>'


def png(size: tuple[int, int] = (200, 100), mode: str = "RGB", colour: object = "red", **how: object) -> bytes:
    file = BytesIO()
    Image.new(mode, size, colour).save(file, "PNG", **how)  # type: ignore[arg-type]  # Pillow's own union of colours
    return file.getvalue()


def claimed(width: int, height: int) -> bytes:
    """A PNG whose head names a size that its few bytes cannot hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def moving() -> bytes:
    file = BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    return file.getvalue()


def crowded() -> bytes:
    """A PNG with a text chunk that unpacks to far more than it takes."""
    info = PngInfo()
    info.add_text("comment", "a" * 80_000_000, zip=True)
    return png(pnginfo=info)


REFUSED = [
    ("svg", SVG, "SVG"),
    ("svg in disguise", b"\n  <svg onload='x()'/>", "SVG"),
    ("page", b"<html>", "neither a PNG nor a JPEG"),
    ("gif", b"GIF89a" + b"\0" * 100, "neither"),
    ("nothing", b"", "neither"),
    ("start alone", b"\x89PNG\r\n\x1a\n", "damaged"),
    ("cut off", png()[:80], "damaged"),
    ("cut jpeg", b"\xff\xd8\xff\xe0", "damaged"),
    ("bomb", claimed(60_000, 60_000), "million"),
    ("long bomb", claimed(20_000, 100), "million"),
    ("lies about its size", claimed(4_000, 4_000), "damaged"),
    ("text bomb", crowded(), "damaged"),
    ("moves", moving(), "moves"),
    ("tiny", png((8, 8)), "at least"),
    ("too many bytes", b"\x89PNG\r\n\x1a\n" + b"\0" * 10_000_001, "larger"),
]


@pytest.mark.parametrize(("data", "why"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_no_plain_picture_is_refused_by_name(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as caught:
        photograph("logo", data)
    assert caught.value.field == "logo"


def test_nothing_but_pixels_is_kept() -> None:
    info = PngInfo()
    info.add_text("comment", "secret")
    exif = Image.Exif()
    exif[0x010E] = "secret"
    made = photograph("logo", png(pnginfo=info, exif=exif) + b"PK\x03\x04 a second file: secret")
    assert b"secret" not in made.data
    assert (made.width, made.height, made.media_type) == (200, 100, "image/png")
    assert photograph("logo", png(pnginfo=info, exif=exif)).data == made.data


def test_a_large_picture_becomes_a_small_one_and_transparency_white_where_it_is_not_wanted() -> None:
    assert (photograph("logo", png((3_000, 1_500)), largest=1_200).width) == 1_200
    flat = Image.open(BytesIO(photograph("scene", png(mode="RGBA", colour=(0, 0, 0, 0)), see_through=False).data))
    assert (flat.mode, flat.getpixel((5, 5))) == ("RGB", (255, 255, 255))


def test_a_logo_is_shown_whole_and_a_scene_fills_its_box() -> None:
    canvas = Image.new("RGB", (100, 100), "white")
    logo = photograph("logo", png((200, 100), "RGBA", (255, 0, 0, 255))).data
    paste(canvas, PlacedPicture(logo, Box(0, 0, 100, 100), cover=False))
    assert (canvas.getpixel((50, 10)), canvas.getpixel((50, 50))) == ((255, 255, 255), (255, 0, 0))
    paste(canvas, PlacedPicture(logo, Box(0, 0, 100, 100), cover=True))
    assert canvas.getpixel((50, 10)) == (255, 0, 0)


@pytest.mark.parametrize(("colour", "light"), [((255, 255, 255, 255), True), ((10, 10, 40, 255), False)])
def test_a_light_logo_wants_a_dark_ground(colour: tuple[int, ...], light: bool) -> None:
    assert shape_of(photograph("logo", png((200, 100), "RGBA", colour)).data) == (2.0, light)
