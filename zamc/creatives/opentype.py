"""The little of the OpenType format that choosing glyphs needs: which characters a font has, and its local forms.

Table layouts: https://learn.microsoft.com/typography/opentype/spec/cmap and .../gsub, .../chapter2.
"""

from collections.abc import Iterator
from struct import pack, unpack_from


def tables(font: bytes) -> dict[bytes, tuple[int, int]]:
    """Tag -> (offset, length) of each table of one font file (no collections)."""
    (count,) = unpack_from(">H", font, 4)
    records = (unpack_from(">4sLLL", font, 12 + 16 * index) for index in range(count))
    return {tag: (offset, length) for tag, _, offset, length in records}


def characters(font: bytes) -> dict[int, int]:
    """Code point -> glyph id of every character that the font draws; glyph 0, the empty box, is never among them."""
    start, _ = tables(font)[b"cmap"]
    (count,) = unpack_from(">H", font, start + 2)
    subtables = {unpack_from(">HH", font, start + 4 + 8 * i): unpack_from(">L", font, start + 8 + 8 * i)[0] for i in range(count)}
    # Windows full Unicode, else Windows BMP: what FreeType prefers as well.
    offset = start + (subtables.get((3, 10)) or subtables[3, 1])
    (form,) = unpack_from(">H", font, offset)
    pairs = _segments_12(font, offset) if form == 12 else _segments_4(font, offset)
    return {code: glyph for code, glyph in pairs if glyph}


def _segments_12(font: bytes, offset: int) -> Iterator[tuple[int, int]]:
    (count,) = unpack_from(">L", font, offset + 12)
    for index in range(count):
        first, last, glyph = unpack_from(">LLL", font, offset + 16 + 12 * index)
        yield from zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True)


def _segments_4(font: bytes, offset: int) -> Iterator[tuple[int, int]]:
    (double,) = unpack_from(">H", font, offset + 6)
    ends, starts = offset + 14, offset + 16 + double
    deltas, ranges = starts + double, starts + 2 * double
    for at in range(0, double, 2):
        (end,), (start,) = unpack_from(">H", font, ends + at), unpack_from(">H", font, starts + at)
        (delta,), (indirect,) = unpack_from(">H", font, deltas + at), unpack_from(">H", font, ranges + at)
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code if not indirect else unpack_from(">H", font, ranges + at + indirect + 2 * (code - start))[0]
            yield code, (glyph + delta) % 0x10000 if glyph or not indirect else 0


def local_forms(font: bytes, script: bytes, language: bytes) -> dict[int, int]:
    """Glyph -> the form of it that a language wants: the single substitutions of the feature `locl`.

    One Han character looks different in Tokyo and in Taipei; a pan-CJK font holds both and keeps one of them as its default.
    """
    gsub, _ = tables(font)[b"GSUB"]
    scripts, features, lookups = (gsub + part for part in unpack_from(">HHH", font, gsub + 4))
    script_at = scripts + dict(_tagged(font, scripts))[script]
    system_at = script_at + dict(_tagged(font, script_at + 2))[language]
    (count,) = unpack_from(">H", font, system_at + 4)
    feature_records = list(_tagged(font, features))
    forms: dict[int, int] = {}
    for index in unpack_from(f">{count}H", font, system_at + 6):
        tag, at = feature_records[index]
        if tag == b"locl":
            (uses,) = unpack_from(">H", font, features + at + 2)
            for lookup in unpack_from(f">{uses}H", font, features + at + 4):
                lookup_at = lookups + unpack_from(">H", font, lookups + 2 + 2 * lookup)[0]
                forms.update(_single_substitutions(font, lookup_at))
    return forms


def _tagged(font: bytes, at: int) -> Iterator[tuple[bytes, int]]:
    (count,) = unpack_from(">H", font, at)
    for index in range(count):
        yield unpack_from(">4sH", font, at + 2 + 6 * index)


def _single_substitutions(font: bytes, lookup: int) -> Iterator[tuple[int, int]]:
    kind, _, count = unpack_from(">HHH", font, lookup)
    for offset in unpack_from(f">{count}H", font, lookup + 6):
        subtable, actual = lookup + offset, kind
        if kind == 7:  # an extension only says where the real subtable is
            actual, distance = unpack_from(">HL", font, subtable + 2)
            subtable += distance
        if actual == 1:
            form, coverage, value = unpack_from(">HHH", font, subtable)
            covered = list(_coverage(font, subtable + coverage))
            if form == 1:
                yield from ((glyph, (glyph + value) % 0x10000) for glyph in covered)
            else:
                yield from zip(covered, unpack_from(f">{value}H", font, subtable + 6), strict=True)


def _coverage(font: bytes, at: int) -> Iterator[int]:
    form, count = unpack_from(">HH", font, at)
    if form == 1:
        yield from unpack_from(f">{count}H", font, at + 4)
    else:
        for index in range(count):
            first, last, _ = unpack_from(">HHH", font, at + 4 + 6 * index)
            yield from range(first, last + 1)


def localised(font: bytes, script: bytes, language: bytes) -> bytes:
    """The same font with a language's forms as its defaults, so that they are drawn without a shaping engine."""
    forms = local_forms(font, script, language)
    groups: list[tuple[int, int, int]] = []
    for code, glyph in sorted(characters(font).items()):
        wanted = forms.get(glyph, glyph)
        if groups and groups[-1][1] + 1 == code and groups[-1][2] + code - groups[-1][0] == wanted:
            groups[-1] = (groups[-1][0], code, groups[-1][2])
        else:
            groups.append((code, code, wanted))
    body = b"".join(pack(">LLL", *group) for group in groups)
    cmap = pack(">HHHHL", 0, 1, 3, 10, 12) + pack(">HHLLL", 12, 0, 16 + len(body), 0, len(groups)) + body
    return _with_table(font, b"cmap", cmap)


def _with_table(font: bytes, tag: bytes, content: bytes) -> bytes:
    """The font with one table replaced. The old one stays as unused bytes; FreeType does not read the checksums."""
    padded = font + bytes(-len(font) % 4)
    at = 12 + 16 * list(tables(font)).index(tag)
    return padded[: at + 8] + pack(">LL", len(padded), len(content)) + padded[at + 16 :] + content
