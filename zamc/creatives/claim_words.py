"""Words that claim something by themselves, in the ten languages of copy: an ad may use one only if a line of the brief
does. A word is found wherever it stands as a whole word; Japanese ones anywhere, since Japanese has no spaces."""

import re
from collections.abc import Sequence
from typing import Final

# (kind, Latin words and phrases separated by "; ", Japanese words)
# fmt: off
_WORDS: Final = (
    (
        "superlative",
        """best; cheapest; fastest; greatest; biggest; largest; finest; leading; world's; number one; no. 1; #1; top-rated;
        unbeatable; award-winning; most popular; most trusted; unrivalled; unmatched; world-class; the only; beste; bester;
        bestes; besten; billigste; günstigste; günstigsten; schnellste; größte; größten; führend; führende; führender;
        weltweit größte; nummer 1; einzigartig; unschlagbar; meilleur; meilleure; meilleurs; meilleures; moins cher; leader;
        numéro 1; unique au monde; imbattable; mejor; mejores; el mejor; líder; número 1; insuperable; melhor; melhores;
        imbatível; migliore; migliori; il più; imbattibile; numero 1; beste van; goedkoopste; grootste; toonaangevend;
        najlepszy; najlepsza; najlepsze; najtańszy; największy; największa; wiodący; bästa; billigaste; största; ledande;
        främsta""",
        "最高 最安 最大 最速 最強 no.1 ナンバーワン 日本一 世界一 業界初 唯一 最も",
    ),
    (
        "promise",
        """guarantee; guaranteed; guarantees; risk-free; 100%; proven; clinically; miracle; instant results; garantie;
        garantiert; garantierte; bewiesen; risikofrei; wissenschaftlich; garanti; garantie; prouvé; sans risque; garantizado;
        garantía; probado; garantido; garantia; comprovado; garantito; garanzia; provato; gegarandeerd; bewezen; gwarancja;
        gwarantowany; sprawdzony; garanterat; garanti; bevisat""",
        "保証 必ず 絶対 確実 効果抜群",
    ),
    (
        "price",
        """free; gratis; kostenlos; kostenlose; kostenloser; umsonst; gratuit; gratuite; gratuits; gratuitement; offert; offerte;
        offerts; offertes; gratuito; gratuita; gratuitos; gratuitas; gratuitamente; verschenken; geschenkt; grátis; darmowy;
        darmowa; darmowe; bezpłatny; bezpłatnie; discount; sale; % off; money off; half off; price off; cheap; rabatt;
        reduziert; günstig; remise; soldes; promo; descuento; rebajas; oferta; desconto; promoção; sconto; saldi; korting;
        rabat; zniżka; promocja; rea""",
        "無料 割引 半額 セール 格安",
    ),
    (
        "urgency",
        """today only; last chance; hurry; ends soon; limited time; while stocks last; final hours; act now; nur heute; letzte
        chance; nur noch; solange der vorrat reicht; dernière chance; dernières heures; aujourd'hui seulement; última
        oportunidad; solo hoy; última chance; só hoje; ultime ore; solo oggi; laatste kans; alleen vandaag; ostatnia szansa;
        tylko dziś; sista chansen; endast idag""",
        "本日限り 残りわずか 今だけ 期間限定 お急ぎ",
    ),
    (
        "magnitude",
        """million; millions; billion; billions; thousands; hundreds; dozens; twice; double; triple; half; millionen; tausende;
        tausenden; hunderte; hunderten; dutzende; dutzenden; doppelt; hälfte; millions de; milliers; centaines; dizaines;
        millones; miles; cientos; decenas; doble; mitad; milhões; milhares; centenas; dezenas; dobro; metade; milioni;
        migliaia; centinaia; miljoenen; duizenden; honderden; miliony; tysiące; setki; miljoner; tusentals; hundratals""",
        "万人 億人 数千 数百 数万 数十 倍",
    ),
    (
        "date",
        """january; february; april; june; july; august; september; october; november; december; januar; februar; märz; juni;
        juli; oktober; dezember; janvier; février; avril; juin; juillet; août; septembre; octobre; novembre; décembre; enero;
        febrero; abril; junio; julio; agosto; septiembre; octubre; noviembre; diciembre; janeiro; fevereiro; junho; julho;
        setembro; outubro; dezembro; gennaio; febbraio; aprile; giugno; luglio; settembre; ottobre; dicembre; januari;
        februari; augusti; stycznia; lutego; kwietnia; czerwca; lipca; sierpnia; września; października; listopada; grudnia;
        maio; maggio; christmas; weihnachten; noël; navidad; natal; natale; kerst; jul; black friday; easter; ostern;
        tomorrow; tonight; this week; next week; diese woche; dieses wochenende; cette semaine; ce week-end; esta semana; este
        fin de semana; this weekend; demain; mañana; amanhã; domani; jutro; imorgon""",
        "本日 明日 今週 今月 来月 来週 年内 年末まで クリスマス お正月",
    ),
)
# fmt: on
_SINGLE: dict[str, str] = {}
_PHRASES: dict[str, list[tuple[str, str]]] = {}
_JAPANESE: dict[str, str] = {}
for _kind, _latin, _japanese in _WORDS:
    for _entry in " ".join(_latin.split()).split("; "):
        _parts = re.findall(r"\w+", _entry)
        if [_entry] == _parts:
            _SINGLE.setdefault(_entry, _kind)
        else:
            _PHRASES.setdefault(_parts[0], []).append((_entry, _kind))
    _JAPANESE.update(dict.fromkeys(_japanese.split(), _kind))
_FIRST_WORDS = frozenset(_SINGLE) | frozenset(_PHRASES)
_JAPANESE_PATTERN = re.compile("|".join(map(re.escape, sorted(_JAPANESE, key=len, reverse=True))))
_TOKENS = re.compile(r"\w+")


def claiming_in(folded: str, words: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """(kind, word) for every word or phrase of a folded line that claims something by itself. words: its words, if known already."""
    found: list[tuple[str, str]] = []
    words = _TOKENS.findall(folded) if words is None else words
    for token in () if _FIRST_WORDS.isdisjoint(words) else words:
        if token in _SINGLE:
            found.append((_SINGLE[token], token))
        for phrase, kind in _PHRASES.get(token, ()):
            if _stands(phrase, folded):
                found.append((kind, phrase))
    if not folded.isascii():
        found.extend((_JAPANESE[match[0]], match[0]) for match in _JAPANESE_PATTERN.finditer(folded))
    return found


def _stands(phrase: str, folded: str) -> bool:
    start = folded.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        if not (start and folded[start - 1].isalnum()) and not (end < len(folded) and folded[end].isalnum()):
            return True
        start = folded.find(phrase, start + 1)
    return False
