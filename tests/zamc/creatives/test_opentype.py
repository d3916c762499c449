from struct import pack

import pytest

from zamc.creatives.opentype import characters, tables


def font(*contents: tuple[bytes, bytes]) -> bytes:
    """A font file that has nothing but these tables."""
    offset = 12 + 16 * len(contents)
    header, body = pack(">LHHHH", 0x00010000, len(contents), 0, 0, 0), b""
    for tag, content in contents:
        header += pack(">4sLLL", tag, 0, offset + len(body), len(content))
        body += content
    return header + body


def cmap(platform: int, encoding: int, subtable: bytes) -> bytes:
    return pack(">HHHHL", 0, 1, platform, encoding, 12) + subtable


def segments_4(segments: list[tuple[int, int, int, int]], glyphs: list[int]) -> bytes:
    """(first, last, delta, indirect offset) of each segment."""
    firsts, lasts, deltas, indirects = (pack(f">{len(segments)}H", *column) for column in zip(*segments, strict=True))
    content = lasts + pack(">H", 0) + firsts + deltas + indirects + pack(f">{len(glyphs)}H", *glyphs)
    return pack(">HHHHHHH", 4, 14 + len(content), 0, 2 * len(segments), 0, 0, 0) + content


def test_tables_are_found_where_the_directory_says() -> None:
    file = font((b"abcd", b"12345678"), (b"wxyz", b"9"))
    assert {tag: file[at : at + size] for tag, (at, size) in tables(file).items()} == {b"abcd": b"12345678", b"wxyz": b"9"}


def test_segments_of_the_basic_plane_are_read_with_and_without_indirection() -> None:
    # A to C are glyphs 5 to 7; a to c are looked up: 9, the empty box, and 11; each has 1 added. The last segment ends the list.
    table = segments_4([(65, 67, 0x10000 - 60, 0), (97, 99, 1, 4), (0xFFFF, 0xFFFF, 1, 0)], [9, 0, 11])
    assert characters(font((b"cmap", cmap(3, 1, table)))) == {65: 5, 66: 6, 67: 7, 97: 10, 99: 12}


def test_groups_of_all_planes_are_read_without_the_empty_box() -> None:
    groups = pack(">LLL", 65, 67, 0) + pack(">LLL", 0x20000, 0x20001, 40)
    table = pack(">HHLLL", 12, 0, 16 + len(groups), 0, 2) + groups
    assert characters(font((b"cmap", cmap(3, 10, table)))) == {66: 1, 67: 2, 0x20000: 40, 0x20001: 41}


def test_a_font_without_a_unicode_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        characters(font((b"cmap", cmap(1, 0, b""))))
