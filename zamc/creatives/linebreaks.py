"""Where a line may end: spaces and hyphens, and between Japanese, Chinese and Korean characters by the rules of kinsoku.

Kinsoku: JIS X 4051 and https://www.w3.org/TR/jlreq/#line_breaking_rules (characters not to start or end a line).
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum

from zamc.creatives.fonts import UnsupportedCharacter, is_cjk

_CLOSING = "）］｝〕〉》」』】〙〗〟’”｠»"
_NOT_FIRST = set("、。，．・：；？！‼⁇⁈⁉゛゜ヽヾゝゞ々ー％‰℃…‥〜～!?,.:;)]}%ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ" + _CLOSING)
_NOT_LAST = set("（［｛〔〈《「『【〘〖〝‘“｟«￥＄￡＃([{$£¥€")
_SENTENCE_ENDS = set("、。，．：；？！")
_PHRASE_STARTS = {("han", "katakana"), ("han", "western")}
# French, and many who type, put a space before these; a line must not begin with them.
_LEANING_LEFT = re.compile(r"[!?:;»%€£¥–—…/|·•]+")
# A line that ends in one of these reads as if it were cut off (in Polish it is a fault): they go with the word behind them.
_LEANING_RIGHT = frozenset(
    """a an as at by for from in of on the to with your
    am an auf aus bei das dem den der des die ein eine einem einen einer für im in mit ohne um von vom zu zum zur
    à au aux avec ce chez de des du en et la le les ou par pour sans sur un une
    al con de del el en la las los o para por sin su un una y
    ao aos as com da das de do dos e em na nas no nos o os para por sem um uma
    ai al alla con da dal dalla dei del della di e gli i il la le lo nel nella per su un una
    bij de een en het in met om op te van voor
    do dla i na o od po u w we z za ze
    av den det ett för i med om på till
    в во для до за и из к ко на о об от по с со у από για η και με ο οι σε στη στην στο τα της το του των""".split()
)
_FIGURE = re.compile(r"\d[\d.,:]*")  # 24 hours, 300 languages
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")
_ALLOWED_INVISIBLE = "\u200c\u200d"


class Break(IntEnum):
    """How well a line may end after a piece: never, only if nothing else fits, or gladly."""

    NEVER = 0
    POOR = 1
    GOOD = 2


@dataclass(frozen=True)
class Piece:
    """Text that stays together. spaced: a space follows unless the line ends here."""

    text: str
    after: Break
    spaced: bool = False


def tidy(field: str, text: str) -> str:
    """One paragraph in NFC with single spaces. Raises UnsupportedCharacter for controls, direction marks and other invisible ones."""
    text = unicodedata.normalize("NFC", text).replace("\u202f", "\u00a0").replace("\u00ad", "")
    text = re.sub(r"[^\S\u00a0]+", " ", text).strip()
    for character in text:
        if unicodedata.category(character) in _INVISIBLE and character not in _ALLOWED_INVISIBLE:
            raise UnsupportedCharacter(field, f"U+{ord(character):04X} is invisible and has no place in a picture; remove it")
    return text


def pieces(text: str, *, name: str = "") -> tuple[Piece, ...]:
    """Split tidy text into pieces and the breaks between them. name: of a brand, whose words stay in one line where they can."""
    found: list[Piece] = []
    words = [word for word in text.split(" ") if word]
    inside = _inside(words, name.split())
    for index, word in enumerate(words):
        parts = _parts(word)
        following = words[index + 1] if index + 1 < len(words) else ""
        leaning = _LEANING_LEFT.fullmatch(following) is not None or (following[:1] in _NOT_FIRST and is_cjk(following[0]))
        glued = leaning or word in ("«", "¿", "¡") or word[-1] in "「『（【〈《"
        poor = bool(following) and (index in inside or word.lower() in _LEANING_RIGHT or _FIGURE.fullmatch(word) is not None)
        found += parts[:-1]
        found.append(Piece(parts[-1].text, Break.NEVER if glued else Break.POOR if poor else Break.GOOD, spaced=bool(following)))
    return tuple(found)


def _inside(words: list[str], name: list[str]) -> set[int]:
    """Indices of words behind which a name goes on. Its last word may carry a mark: "Blender Studio." """
    starts = [at for at in range(len(words) - len(name) + 1) if len(name) > 1 and words[at : at + len(name) - 1] == name[:-1]]
    whole = [at for at in starts if words[at + len(name) - 1].startswith(name[-1])]
    return {at + step for at in whole for step in range(len(name) - 1)}


def _parts(word: str) -> list[Piece]:
    """The pieces of a word without spaces: a Western word is one, or is cut after its hyphens; Japanese has many."""
    parts, start = [], 0
    for at in range(1, len(word)):
        quality = _between(word, at)
        if quality is not Break.NEVER:
            parts.append(Piece(word[start:at], quality))
            start = at
    return [*parts, Piece(word[start:], Break.GOOD)]


def _between(word: str, at: int) -> Break:
    before, after = word[at - 1], word[at]
    if unicodedata.category(after) in ("Mn", "Mc") or "\u00a0" in (before, after):
        return Break.NEVER
    if before in "-–—/" and not is_cjk(after):
        # "e-mail" and "24/7" stay whole; "Fortbildungs-Mitgliedschaft" may be cut
        return Break.POOR if word[max(0, at - 4) : at - 1].isalpha() and at >= 4 and word[at : at + 3].isalpha() else Break.NEVER
    if not (is_cjk(before) or is_cjk(after)) or after in _NOT_FIRST or before in _NOT_LAST:
        return Break.NEVER
    return _between_cjk(word, at)


def _between_cjk(word: str, at: int) -> Break:
    """A reader of Japanese expects a line to end with a phrase: after punctuation, or after the particle that ends one."""
    before, after = _kind(word[at - 1]), _kind(word[at])
    quality = Break.POOR
    if "hangul" in (before, after):
        pass  # Korean ends lines at its spaces
    elif word[at - 1] in _SENTENCE_ENDS or word[at] in _NOT_LAST or (before, after) in _PHRASE_STARTS:
        quality = Break.GOOD
    elif word[at - 1] in _CLOSING:
        quality = Break.POOR if after == "hiragana" else Break.GOOD
    elif before == "hiragana" and after in ("han", "katakana", "western"):
        honorific = word[at - 1] in "おご" and (at == 1 or _kind(word[at - 2]) != "hiragana")
        quality = Break.NEVER if honorific else Break.GOOD
    elif before == after == "katakana":
        quality = Break.NEVER if _run_length(word, at) <= 8 else Break.POOR
    elif before == "western" and after == "han":
        quality = Break.NEVER  # a number stays with its counter: 10分
    return quality


def _run_length(word: str, at: int) -> int:
    start, end = at, at
    while start > 0 and _kind(word[start - 1]) == "katakana":
        start -= 1
    while end < len(word) and _kind(word[end]) == "katakana":
        end += 1
    return end - start


def _kind(character: str) -> str:
    code = ord(character)
    if 0x3041 <= code <= 0x309F:
        return "hiragana"
    if 0x30A0 <= code <= 0x30FF or 0xFF66 <= code <= 0xFF9F:
        return "katakana"
    if 0x1100 <= code <= 0x11FF or 0x3130 <= code <= 0x318F or 0xA960 <= code <= 0xA97F or 0xAC00 <= code <= 0xD7FF:
        return "hangul"
    return "han" if is_cjk(character) else "western"
