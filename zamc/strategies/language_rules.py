"""Which language a short line is in: by script, then by stop words, then by letters and endings. A heuristic, and meant to be one.

It answers None when it cannot tell ("Blender Studio"), and callers decide what that means. It only ever has to tell the ten languages
of places.LANGUAGES apart; a line in another language of the Latin script may be taken for a neighbour.
"""

import re
from functools import lru_cache

# fmt: off
_STOP_WORDS: dict[str, frozenset[str]] = {  # with the words that short offers are made of
    "de": frozenset(
        """und der die das ist mit für ein eine einen von den dem nicht auf im zu zum zur bei aus wie wird oder ab bis wir sie ihr jetzt
        mehr alle ohne sich kostenlos kostenlose lieferung tage testen täglich""".split()
    ),
    "en": frozenset(
        """and the is are with for a of by in to from your you our who or not more than all has have get every made this that on at
        without we it their free delivery order shipping days new try""".split()
    ),
    "es": frozenset(
        """y el la los las es con para un una de del en por que su sus más sin al lo todos desde hasta tu nos está son hecho gratis
        envío pedido días gratuita""".split()
    ),
    "fr": frozenset(
        """et le la les est avec pour un une de du des en par que vos votre nos notre plus sans au aux dans sur tous dès ce qui sont
        fait gratuit gratuite livraison jours""".split()
    ),
    "it": frozenset(
        """e il lo la gli le è con per un una di del della in da che tuo più senza al alla tutti dal sono ogni fatto nel gratuita
        gratuito spedizione giorni""".split()
    ),
    "nl": frozenset(
        """en de het een is met voor van in door dat uw je wij meer zonder aan op alle naar niet bij elke zijn gemaakt te uit gratis
        verzending bezorging dagen""".split()
    ),
    "pl": frozenset(
        """i w z na do jest dla od że się nie oraz więcej bez każdy przez po są o twój za lub jak
        darmowa darmowy dostawa dni chleb na""".split()
    ),
    "pt": frozenset(
        """e o a os as é com para um uma de do da dos das em por que seu sua mais sem ao no na todos desde até são feito feita grátis
        frete entrega dias""".split()
    ),
    "sv": frozenset(
        """och en ett är med för av i på att som du din vi mer utan till från alla inte varje den det
        fri frakt leverans dagar gratis""".split()
    ),
}
# fmt: on
_LETTERS: tuple[tuple[str, re.Pattern[str], int], ...] = (
    ("de", re.compile(r"ß|(?:ung|keit|heit|isch|lich)\b"), 2),
    ("de", re.compile(r"[äöü]"), 1),
    ("en", re.compile(r"\b\w+(?:ing|ship|ness|ful)\b|\bth\w+|\w'(?:s|re|t)\b"), 1),
    ("es", re.compile(r"ñ|¿|¡|ci[oó]n\b|\bque\b"), 2),
    ("fr", re.compile(r"[œùûêëîï]|\b[ldnsc]['’]\w|(?:eau|eux|tion)\b"), 1),
    ("it", re.compile(r"zione\b|\bgli\b|\b(?:dell|all|nell|sull)['’]|[àèìòù]\b"), 2),
    ("it", re.compile(r"\b\w{3,}(?:tato|tata|tati|ccolo|ccoli|etto|ello|zioni)\b"), 1),
    ("nl", re.compile(r"ij|\b\w*(?:aa|ee|oo|uu)\w*\b|\w+heid\b"), 1),
    ("pl", re.compile(r"[łąęśżźćń]"), 3),
    ("pt", re.compile(r"[ãõ]|ç[ãõ]|nh|lh"), 2),
    ("sv", re.compile(r"å"), 3),
    ("sv", re.compile(r"[äö]"), 1),
)
_KANA_OR_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9f]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u2c00-\u2dff\ua640-\uabff\uac00-\ud7af]")
_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


# How far a language must be ahead of the expected one: "No credit card needed" has one Portuguese word and is English in an English brief.
_CLEAR = 3


def likely_language(text: str, expected: str) -> str:
    """The language of one line of a text that is mostly in `expected`: another one only when the line says so clearly."""
    scores = _scores(text)
    if not scores:
        return "ja" if _KANA_OR_HAN.search(text) else expected
    best = max(scores.values())
    if best - scores.get(expected, 0) < _CLEAR:
        return expected
    return max(scores, key=lambda code: scores[code])


@lru_cache(maxsize=4096)
def language_of(text: str) -> str | None:
    """The language of one line, or None when the line does not say."""
    if _KANA_OR_HAN.search(text):
        return "ja"
    scores = _scores(text)
    if not scores:
        return None
    best, second = sorted(scores.values(), reverse=True)[:2]
    return None if best == second else max(scores, key=lambda code: scores[code])


def leans(text: str, away_from: str, towards: str) -> bool:
    """Whether a line shows more of one language than of the one that it should be in, however little of either."""
    if away_from == "ja":
        return not _KANA_OR_HAN.search(text)
    scores = _scores(text)
    return scores.get(towards, 0) > scores.get(away_from, 0)


def _scores(text: str) -> dict[str, int]:
    """Points per language of the Latin script; empty for other scripts."""
    if _KANA_OR_HAN.search(text) or _OTHER_SCRIPT.search(text) or not _LATIN.search(text):
        return {}
    lowered = text.lower()
    words = _WORDS.findall(lowered)
    scores = {code: 2 * sum(word in stops for word in words) for code, stops in _STOP_WORDS.items()}
    for code, pattern, weight in _LETTERS:
        if pattern.search(lowered):
            scores[code] += weight
    return scores


def language_of_all(lines: tuple[str, ...], default: str) -> str:
    """The language that most of a text is in, by length of the lines that say; default when none does."""
    weights: dict[str, int] = {}
    for line in lines:
        if code := language_of(line):
            weights[code] = weights.get(code, 0) + len(line)
    return max(sorted(weights), key=lambda code: weights[code]) if weights else default
