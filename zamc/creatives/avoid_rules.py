"""What a brief asks to avoid, as words that may not stand in its ads.

An entry that quotes words ('the word "artisanal"') bans exactly these. An entry of up to three words is banned as it stands. An entry
that names a known topic, in any of the languages, bans that topic's words in all of them. What is left is guidance for writers and for
the person who approves: no rule can check it.
"""

import re
from dataclasses import dataclass

_QUOTED = re.compile(r"""["“”„«»「『]([^"“”„«»「」『』]{2,60})["“”«»」』]""")

# Competitors by name: "competitors such as Lime and Voi", "Konkurrenten wie HelloFresh", "competitors (Lime, Voi)".
_COMPETITORS = re.compile(
    r"competit|konkurren|wettbewerb|mitbewerb|concurren|competid|concorren|konkuren|concurrent|競合|他社", re.IGNORECASE
)
_NAMED_AFTER = re.compile(
    r"(?:such as|like|namely|wie|etwa|comme|tels? que|telles? que|como|come|zoals|jak|som|[:(（])\s*(.+)", re.IGNORECASE
)
_BETWEEN_NAMES = re.compile(r"\s*(?:[,;/、]|\b(?:and|or|und|oder|et|ou|y|e|o|i|en|och|lub|of|eller)\b)\s*")
_IDEOGRAPHIC = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TORN = re.compile(r"(?<=[a-z])(?=[A-Z])|[\s-]+")
# What a banned word may end in and still be that word: cheap, cheaper, cheapest.
_ENDINGS = r"(?:e?s|e?r|est|ly|en?|er[nems]?|e[ms]|as|os|a|o)?"

_HYPE = re.compile(r"hype|superlativ|exagger|exager|esager|übertr[ei]+b|誇大")

# (what the entry says, what it bans)
# fmt: off
_TOPICS: tuple[tuple[str, str], ...] = (
    (
        r"discount|rabatt|remise|promotion|descuento|desconto|sconto|korting|zniżk|値引|割引",
        r"""\bdiscount\w*|\bsale\b|\b\d+\s?% off|\bbargain\w*|\bcheap\w*|\brabatt\w*|\bschnäppchen|\bremise|\bsoldes|
            \bpromo(?:tion)?s?\b|\bréduction|
            \bdescuento|\brebaja|\bdesconto|\bpechincha|\bsconto|\bsaldi\b|\bkorting|\bzniżk|\bpromocj|割引|値引|セール|格安""",
    ),
    (
        r"health|gesundheit|santé|salud|saúde|salute|gezondheid|zdrowi|hälsa|健康|効能|効果",
        r"""\bhealth\w*|\bgesund\w*|\bsaudável|\bsaúde|\bsaludable|\bsalud\b|\bsain\w*|\bsanté|\bsalutar\w*|\bgezond\w*|
            \bzdrow\w*|\bnyttig\w*|\bdigest\w*|\bdetox\w*|\bcure[sd]?\b|\bimmun\w*|\bheart\b|\bcoraz[oó]n|\bcoração|
            \bherz\b|\bcœur\b|健康|免疫|効能|体に(?:良|よ)|美容|血圧""",
    ),
    (
        r"guarantee|garant|promis|promes|promess|versprech|保証",
        r"""\bguarant\w*|\bgarant\w*|\bpromis\w*|\bpromes\w*|\bpromet\w*|\bpromett\w*|\bversprech\w*|\bversprich\w*|\bcouramment\b|
            保証|必ず|絶対|確実|約束""",
    ),
    (
        r"compar|competit|vergleich|konkurren|wettbewerb|concurren|competid|concorren|porówna|jämför|vergelijk|confront|競合|他社|比較",
        r"""\bbetter than\b|\bcompared (?:to|with)\b|\bversus\b|\bvs\b|\bunlike\b|\bbesser als\b|\bim vergleich\b|
            \bmieux que\b|\bmejor que\b|\bmelhor (?:do )?que\b|\bmeglio di\b|\bbeter dan\b|\blepsz\w+ niż\b|\bbättre än\b|
            \b(?:cheaper|faster|more \w+) than (?:others|any|other|the competition)\b|\b(?:günstiger|billiger|schneller) als\b|
            他社|比較|より安い|(?:他|ほか)の\w{1,6}より|どこよりも""",
    ),
    (
        r"guilt|schuld|culpab|culpa|罪悪",
        r"""\bguilt\w*|\bashamed\b|\bshame\b|\bschuld\w*|\bcoupable|\bculpa\w*|\bor else\b|\byour fault\b|罪悪感""",
    ),
    (
        r"deadline|urgen|hurry|time pressure|frist|délai|prazo|plazo|期限",
        r"""\bdeadline|\blast chance\b|\bhurry\b|\bends? (?:soon|today|tonight)\b|\blimited time\b|\bonly today\b|
            \btoday only\b|\bletzte chance\b|\bnur (?:noch|heute)\b|\bdernière chance\b|\búltima (?:oportunidad|chance)\b|
            今だけ|本日限り|残りわずか|期間限定""",
    ),
    (
        r"number of (?:readers|donors|users|customers|members)|how many",
        r"""
            \b[\d.,]+\s?(?:million|billion|thousand)?\s?(?:readers|donors|users|people|customers|members|leser|spender|lecteurs|donateurs)\b|
            \b(?:millions|billions|thousands|hundreds|dozens) of\b""",
    ),
    (
        r"invest|anlage(?:tipps|beratung)|placement|inversi|投資",
        r"""\binvest\w*|\binvist\w*|\binvirt\w*|\binvers\w*|\baktien\b|\bstocks?\b|\bshares\b|\bacciones\b|\bações\b|\bfonds\b|\bcrypto\w*|
            \bbitcoin|投資|株式|株""",
    ),
    (
        r"hype|superlativ|exagger|exager|esager|übertr[ei]+b|誇大",
        r"""\bunglaublich\w*|\bsensationell\w*|\bfantastisch\w*|\bgenial\w*|\bincroyable|\bincreíble|\bincrível|\bamazing\b|\bincredible\b|\brevolution\w*|\bepic\b|\bgame.?chang\w*|\bmind.?blowing\b|驚き|すごい""",
    ),
)
# fmt: on


@dataclass(frozen=True)
class Banned:
    """What may not stand in an ad. pattern: None when there is nothing to look for; unchecked: entries that no rule understands."""

    pattern: re.Pattern[str] | None
    unchecked: tuple[str, ...]
    superlatives: bool = False


def banned_by(avoid: tuple[str, ...]) -> Banned:
    """Prepare a brief's list of what to avoid. Patterns are for folded text."""
    parts: list[str] = []
    unchecked: list[str] = []
    for entry in avoid:
        lowered = entry.lower()
        found = [_literal(word) for word in _QUOTED.findall(lowered)]
        if not found:
            found = [re.sub(r"\n\s+", "", banned) for trigger, banned in _TOPICS if re.search(trigger, lowered)]
            named = competitors_in(entry)
            found += [_name(name) for name in named]
            if len(lowered.split()) <= 3 and not named:
                found.append(_name(entry))
            elif not found:
                unchecked.append(entry)
        parts.extend(found)
    hype = any(_HYPE.search(entry.lower()) for entry in avoid)
    return Banned(_together(parts) if parts else None, tuple(unchecked), hype)


def competitors_in(entry: str) -> list[str]:
    """The names in an entry that speaks of competitors, as they are written."""
    match = _NAMED_AFTER.search(entry) if _COMPETITORS.search(entry) else None
    names = _BETWEEN_NAMES.split(match[1]) if match else []
    return [name.strip(" .)）") for name in names if name[:1].isupper() or not name[:1].isascii()]


def _literal(word: str) -> str:
    """A quoted word in any of its forms."""
    if word[:1].isalnum() and not _IDEOGRAPHIC.search(word):
        return rf"\b{re.escape(word)}{_ENDINGS if len(word) > 3 else ''}(?!\w)"
    return re.escape(word)


def _name(name: str) -> str:
    """A name, joined or torn as one likes: QuickBooks, Quick Books, quick-books; with a genitive's s."""
    if _IDEOGRAPHIC.search(name):
        return re.escape(name.lower())
    return r"\b" + r"[\s-]?".join(re.escape(part.lower()) for part in _TORN.split(name) if part) + r"s?(?!\w)"


def _together(parts: list[str]) -> re.Pattern[str]:
    """One pattern; what begins at a word's beginning shares the test for it, which makes the search several times as fast."""
    alternatives = [one for part in parts for one in re.split(r"\|(?![^(]*\))", part)]
    words = [one.removeprefix(r"\b") for one in alternatives if one.startswith(r"\b")]
    others = [one for one in alternatives if not one.startswith(r"\b")]
    return re.compile("|".join([*([rf"\b(?:{'|'.join(words)})"] if words else []), *others]))


def banned_in(folded: str, banned: Banned) -> str | None:
    """The first thing in a folded line that the brief asks to avoid."""
    match = banned.pattern.search(folded) if banned.pattern else None
    return match[0] if match else None
