"""Numbers as words, and what a number counts, in the languages of copy.

"One" is left out everywhere: it is an article in most of them. So are words that mean something else more often: French "neuf" (new),
Spanish "once" (which is English too).
"""

import re
from collections.abc import Sequence
from typing import Final

# fmt: off
_COUNTS: Final = "2 3 4 5 6 7 8 9 10 11 12 15 20 30 40 50 60 70 80 90 100 1000".split()
_WORDS: Final = {
    "en": "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty "
          "seventy eighty ninety hundred thousand",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf fünfzehn zwanzig dreißig vierzig fünfzig "
          "sechzig siebzig achtzig neunzig hundert tausend",
    "fr": "deux trois quatre cinq six sept huit - dix onze douze quinze vingt trente quarante cinquante "
          "soixante - - - cent mille",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez - doce quince veinte treinta cuarenta cincuenta "
          "sesenta setenta ochenta noventa cien mil",
    "pt": "dois três quatro cinco seis sete oito nove dez onze doze quinze vinte trinta quarenta cinquenta "
          "sessenta setenta oitenta noventa cem mil",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici quindici venti trenta quaranta "
          "cinquanta sessanta settanta ottanta novanta cento mille",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf vijftien twintig dertig veertig vijftig "
          "zestig zeventig tachtig negentig honderd duizend",
    "pl": "dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście piętnaście "
          "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt - - - sto tysiąc",
    "sv": "två tre fyra fem sex sju åtta nio tio elva tolv femton tjugo trettio fyrtio femtio sextio sjuttio "
          "åttio nittio hundra tusen",
}
_UNITS: Final = (
    ("second", "second seconds sekunde sekunden seconde secondes segundo segundos secondi"),
    ("minute", "minute minutes min mins minuten minuto minutos minuti minuut minuty minut minuter"),
    ("hour", "hour hours hr hrs stunde stunden heure heures hora horas ore uur uren godziny godzin timmar timme"),
    ("day", "day days tag tage tagen jour jours día días dia dias giorno giorni dag dagen dni dzień dagar"),
    ("week", "week weeks woche wochen semaine semaines semana semanas settimana settimane weken tydzień tygodnie vecka veckor"),
    ("month", "month months monat monate monaten mois mes meses mês mese mesi maand maanden miesiąc miesiące miesięcy månad månader"),
    ("year", "year years jahr jahre jahren an ans année années año años ano anos anno anni jaar lat lata rok år"),
    ("person", "people person persons personen personne personnes persona personas pessoa pessoas persone osób osoby personer"),
)
# fmt: on
_VALUES = {language: dict(zip(words.split(), _COUNTS, strict=True)) for language, words in _WORDS.items()}
UNITS: dict[str, str] = {word: unit for unit, words in _UNITS for word in words.split()}
JAPANESE_UNITS: dict[str, str] = {
    "秒": "second", "分": "minute", "時間": "hour", "日": "day", "週": "week", "ヶ月": "month", "カ月": "month", "か月": "month",
    "年": "year", "名": "person", "人": "person",
}  # fmt: skip
# Kanji numerals that count; 一 is left out like "one", and 十分 mostly means enough.
KANJI_NUMBER = re.compile(
    r"(?!十分)[二三四五六七八九十百千万億]{1,5}(?:種類|名|人|日間|日|年|回|個|校|店舗|店|冊|倍|ヶ月|カ月|か月|週間|時間|分|教室|軒|台|円|曲|品)"
)


def values_of(languages: Sequence[str]) -> dict[str, str]:
    """Word -> digits, in these languages."""
    return {word: value for language in languages for word, value in _VALUES.get(language, {}).items() if word != "-"}
