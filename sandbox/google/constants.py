"""Geo targets and languages that the stand-in knows. Countries and languages carry the platform's own criterion ids.

A country's id is 2000 plus its ISO 3166-1 numeric code. Cities carry the platform's id where it is widely published;
those marked `own` are numbers of the sandbox.
"""

import unicodedata
from dataclasses import dataclass

from sandbox.google.countries import COUNTRIES


@dataclass(frozen=True)
class GeoTarget:
    """`names` are what SuggestGeoTargetConstants finds it by, the English one first."""

    id: int
    country: str
    target_type: str
    names: tuple[str, ...]
    canonical: str
    parent: int | None = None
    reach: int = 1_000_000


@dataclass(frozen=True)
class Language:
    id: int
    code: str
    name: str


# What else a country is asked for by.
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "DE": (
        "Deutschland",
        "Allemagne",
        "Alemania",
    ),
    "NL": (
        "Nederland",
        "Niederlande",
        "Pays-Bas",
    ),
    "FR": (
        "Frankreich",
        "Francia",
    ),
    "ES": (
        "España",
        "Spanien",
        "Espagne",
    ),
    "PL": (
        "Polska",
        "Polen",
    ),
    "US": (
        "USA",
        "United States of America",
    ),
    "CA": ("Kanada",),
    "GB": (
        "Great Britain",
        "UK",
    ),
    "IE": (
        "Éire",
        "Irland",
    ),
    "JP": ("日本",),
    "AT": ("Österreich",),
    "CH": (
        "Schweiz",
        "Suisse",
        "Svizzera",
    ),
    "IT": (
        "Italia",
        "Italien",
    ),
    "BE": (
        "België",
        "Belgique",
        "Belgien",
    ),
    "SE": (
        "Sverige",
        "Schweden",
    ),
    "DK": ("Danmark",),
    "NO": ("Norge",),
    "FI": ("Suomi",),
    "CZ": (
        "Česko",
        "Czech Republic",
    ),
    "LU": ("Luxemburg",),
    "GR": ("Ελλάδα",),
    "HU": ("Magyarország",),
    "RO": ("România",),
    "BR": ("Brasil",),
    "MX": ("México",),
    "JO": ("الأردن",),
    "AE": ("الإمارات",),
    "IN": ("भारत",),
    "KR": ("대한민국",),
}

_CITIES = (
    (1011742, "PT", "Lisbon", "Lisboa", "Lissabon"),  # own
    (1011760, "PT", "Porto", "Oporto"),  # own
    (1009309, "JP", "Tokyo", "東京", "Tokio"),  # own
    (1009507, "JP", "Osaka", "大阪"),  # own
    (1003854, "DE", "Berlin"),
    (1004234, "DE", "Munich", "München"),
    (1004437, "DE", "Hamburg"),
    (1006094, "FR", "Paris"),
    (1006886, "GB", "London", "Londres"),
    (1005493, "ES", "Madrid"),
    (1005424, "ES", "Barcelona"),
    (1008463, "IT", "Milan", "Milano", "Mailand"),
    (1008736, "IT", "Rome", "Roma", "Rom"),
    (1010543, "NL", "Amsterdam"),
    (1001044, "AT", "Vienna", "Wien"),  # own
    (1003297, "CH", "Zurich", "Zürich"),  # own
    (1001004, "BE", "Brussels", "Bruxelles", "Brussel"),  # own
    (1011419, "PL", "Warsaw", "Warszawa"),  # own
    (1012511, "SE", "Stockholm"),  # own
    (1007850, "IE", "Dublin"),  # own
    (1023191, "US", "New York", "New York City"),
    (1022762, "US", "Brooklyn"),
    (1014221, "US", "San Francisco"),
    (1002451, "CA", "Toronto"),
    (1000073, "AR", "Buenos Aires"),
    (1000121, "AR", "San Isidro"),  # own
    (1000095, "AR", "Mar del Plata"),  # own
)

_REGIONS = (
    (21167, "US", "New York", "New York State"),
    (21137, "US", "California"),
    (20123, "CA", "Quebec", "Québec"),
)


def _table() -> dict[int, GeoTarget]:
    targets = {}
    for code, (number, name) in COUNTRIES.items():
        key, names = 2000 + number, (name, *_OTHER_NAMES.get(code, ()))
        targets[key] = GeoTarget(key, code, "Country", names, name, reach=20_000_000)
    for kind, rows in (("City", _CITIES), ("State", _REGIONS)):
        for key, code, *given in rows:
            number, country = COUNTRIES[code]
            targets[key] = GeoTarget(key, code, kind, tuple(given), f"{given[0]},{country}", 2000 + number)
    return targets


GEO_TARGETS = _table()

LANGUAGES = {
    key: Language(key, code, name)
    for key, code, name in (
        (1000, "en", "English"),
        (1001, "de", "German"),
        (1002, "fr", "French"),
        (1003, "es", "Spanish"),
        (1004, "it", "Italian"),
        (1005, "ja", "Japanese"),
        (1009, "da", "Danish"),
        (1010, "nl", "Dutch"),
        (1011, "fi", "Finnish"),
        (1012, "ko", "Korean"),
        (1013, "no", "Norwegian"),
        (1014, "pt", "Portuguese"),
        (1015, "sv", "Swedish"),
        (1017, "zh_CN", "Chinese (simplified)"),
        (1018, "zh_TW", "Chinese (traditional)"),
        (1019, "ar", "Arabic"),
        (1021, "cs", "Czech"),
        (1022, "el", "Greek"),
        (1023, "hi", "Hindi"),
        (1024, "hu", "Hungarian"),
        (1027, "he", "Hebrew"),
        (1030, "pl", "Polish"),
        (1031, "ru", "Russian"),
        (1032, "ro", "Romanian"),
        (1037, "tr", "Turkish"),
        (1020, "bg", "Bulgarian"),
        (1025, "id", "Indonesian"),
        (1026, "is", "Icelandic"),
        (1028, "lv", "Latvian"),
        (1029, "lt", "Lithuanian"),
        (1033, "sk", "Slovak"),
        (1034, "sl", "Slovenian"),
        (1035, "sr", "Serbian"),
        (1036, "uk", "Ukrainian"),
        (1038, "ca", "Catalan"),
        (1039, "hr", "Croatian"),
        (1040, "vi", "Vietnamese"),
        (1041, "ur", "Urdu"),
        (1042, "tl", "Filipino"),
        (1043, "et", "Estonian"),
        (1044, "th", "Thai"),
        (1056, "bn", "Bengali"),
        (1064, "fa", "Persian"),
        (1072, "gu", "Gujarati"),
        (1086, "kn", "Kannada"),
        (1098, "ml", "Malayalam"),
        (1101, "mr", "Marathi"),
        (1102, "ms", "Malay"),
        (1110, "pa", "Punjabi"),
        (1130, "ta", "Tamil"),
        (1131, "te", "Telugu"),
    )
}


def fold(text: str) -> str:
    """Text without case and accents, for finding a place by name."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip()
