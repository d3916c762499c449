"""From a page to the text that a visitor sees. Pure: nothing of a page is run, fetched or believed.

Dropped are scripts, styles, comments, attributes (alt, JSON-LD, meta descriptions: no visitor sees them), elements that an attribute or an
inline style hides, and characters that nobody can see. Text that a style sheet hides cannot be told from text that it shows.
"""

import re
import unicodedata
from dataclasses import dataclass
from html.parser import HTMLParser

_DROPPED = frozenset(
    "script style template noscript svg math iframe object embed canvas audio video select datalist textarea head frameset applet".split()
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_INLINE = frozenset("a abbr b bdi bdo cite code data dfn em font i kbd mark q s small span strong sub sup time u var wbr".split())
# Ways to hide text with an inline style; blanks are taken out before.
_HIDDEN = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:(?:0|0?\.0+)(?:%|;|!|$)|font-size:(?:0(?:\.0+)?[a-z%]*|(?:0?\.\d+|1)px)(?:;|!|$)"
    r"|clip:rect\((?:0|1px)|clip-path:inset\((?:50|100)%|(?:left|top|right|bottom|text-indent|margin-left|margin-top):-\d{3,}"
    r"|(?:^|;)(?:max-)?(?:height|width):0(?:px)?(?:;|!|$)|transform:scale\(0\)|color:transparent|content-visibility:hidden"
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
# Encodings of the web (WHATWG), by their Python names; utf-7 and its kind would let a page say one thing to a filter and another to us.
_KNOWN = re.compile(
    r"utf-?8|utf-16(?:le|be)?|us-ascii|ascii|latin-?1|iso-?8859-?\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|shift[_-]jis|euc-(?:jp|kr)|gbk|gb2312|gb18030|big5"
)
_HEAD = frozenset("base basefont bgsound link meta title style script noscript template".split())
# Elements whose content is no markup: it ends at their end tag and nowhere else.
_RAW = re.compile(r"<(script|style|iframe|noembed|noframes|noscript|xmp)(?=[\s/>])", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z]")
_QUOTE_OR_END = re.compile("[>\"']")
_MOST_DEPTH = 5_000


@dataclass(frozen=True)
class Extracted:
    """title: one line; text: lines; cut: whether there was more."""

    title: str
    text: str
    cut: bool


def decoded(body: bytes, charset: str) -> str:
    """A body as text: by the charset of its header, its own mark, or what it says of itself; bytes that do not fit are replaced."""
    if body.startswith(b"\xef\xbb\xbf"):
        return body[3:].decode("utf-8", "replace")
    if not charset and (said := _CHARSET.search(body[:2_048])):
        charset = said[1].decode("ascii").lower()
    known = charset if _KNOWN.fullmatch(charset) else "utf-8"
    try:
        return body.decode(known, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def visible(text: str) -> str:
    """One line without control, zero-width, direction, tag, private and unassigned characters."""
    kept = (
        " " if letter.isspace() else letter
        for letter in text
        if letter.isspace() or unicodedata.category(letter) not in {"Cc", "Cf", "Cn", "Co", "Cs"}
    )
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def extract(markup: str, *, plain: bool, most_markup: int, most_text: int) -> Extracted:
    """The text of a page of at most `most_text` characters. `plain`: it is no HTML."""
    cut = len(markup) > most_markup
    markup = markup[:most_markup]
    if plain:
        title, lines = "", [visible(line) for line in markup.splitlines()]
    else:
        reader = _Reader()
        reader.feed(tame(markup))
        reader.close()
        title, lines = visible("".join(reader.title))[:300], [visible(line) for line in "".join(reader.said).split("\n")]
    whole = "\n".join(line for line in lines if line)
    return Extracted(title, whole[:most_text].rstrip(), cut or len(whole) > most_text)


def tame(markup: str) -> str:
    """Markup without comments, declarations, scripts and unfinished tags, over which the standard library's parser needs quadratic time."""
    kept: list[str] = []
    at = 0
    while (start := markup.find("<", at)) >= 0:
        kept.append(markup[at:start])
        if markup.startswith("<!--", start):
            end, length = markup.find("-->", start + 4), 3
        elif markup.startswith(("<!", "<?"), start):
            end, length = markup.find(">", start), 1
        elif raw := _RAW.match(markup, start):
            end, length = _end_of_raw(markup, start, raw[1]), 0
        elif _TAG.match(markup, start):
            end, length = _end_of_tag(markup, start), 1
            kept.append(markup[start : end + 1] if end >= 0 else "")
        else:
            # A bare "<" is text to a browser too; written so that no second reading makes a tag of it.
            kept.append("&lt;")
            end, length = start, 1
        if end < 0:
            return "".join(kept)
        at = end + length
    return "".join((*kept, markup[at:]))


def _end_of_raw(markup: str, start: int, name: str) -> int:
    """Where a script and its kind end; -1 where they do not."""
    opened = _end_of_tag(markup, start)
    closed = re.compile(rf"</{name}(?=[\s/>])[^>]*>", re.IGNORECASE).search(markup, opened) if opened >= 0 else None
    return closed.end() if closed else -1


def _end_of_tag(markup: str, start: int) -> int:
    """Where a tag ends; -1 where it does not, as with a quote that is never closed. A ">" inside quotes does not end it."""
    at = start + 1
    while (found := _QUOTE_OR_END.search(markup, at)) is not None:
        if found[0] == ">":
            return found.start()
        close = markup.find(found[0], found.end())
        if close < 0:
            return -1
        at = close + 1
    return -1


class _Reader(HTMLParser):
    """Collects what is seen. An element that hides its content hides it until it is closed, or to the end where it never is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._in_title = False
        self._too_deep = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title" and not self.title:
            self._in_title = True
        if tag not in _INLINE:
            self.said.append("\n")
        # What cannot stand in a head ends it, whether or not it was closed.
        if self._open and self._open[-1][0] == "head" and tag not in _HEAD:
            self._open.pop()
        if len(self._open) >= _MOST_DEPTH:
            self._too_deep = True
        elif tag not in _VOID:
            self._open.append((tag, self._hidden() or tag in _DROPPED or hides(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # To a browser "<div/>" is "<div>".
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if tag not in _INLINE:
            self.said.append("\n")
        for position in range(len(self._open) - 1, max(-1, len(self._open) - 200), -1):
            if self._open[position][0] == tag:
                del self._open[position:]
                return

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._hidden():
            self.said.append(data)

    def _hidden(self) -> bool:
        return self._too_deep or (bool(self._open) and self._open[-1][1])


def hides(attrs: list[tuple[str, str | None]]) -> bool:
    """Whether an element's attributes hide it from a visitor."""
    for name, value in attrs:
        if name in ("hidden", "inert") or (name == "aria-hidden" and (value or "").lower() == "true"):
            return True
        if name == "style" and _HIDDEN.search(re.sub(r"/\*.*?\*/|\s", "", (value or "").lower())):
            return True
    return False
