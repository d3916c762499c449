"""Geo targets and languages that the stand-in knows. Countries and languages carry the platform's own criterion ids.

A country's id is 2000 plus its ISO 3166-1 numeric code. Cities carry the platform's id where it is widely published;
those marked `own` are numbers of the sandbox.
"""

import unicodedata
from dataclasses import dataclass


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


_COUNTRIES = (
    (276, "DE", "Germany", "Deutschland", "Allemagne", "Alemania"),
    (528, "NL", "Netherlands", "Nederland", "Niederlande", "Pays-Bas"),
    (250, "FR", "France", "Frankreich", "Francia"),
    (724, "ES", "Spain", "España", "Spanien", "Espagne"),
    (616, "PL", "Poland", "Polska", "Polen"),
    (620, "PT", "Portugal"),
    (840, "US", "United States", "USA", "United States of America"),
    (124, "CA", "Canada", "Kanada"),
    (826, "GB", "United Kingdom", "Great Britain", "UK"),
    (372, "IE", "Ireland", "Éire", "Irland"),
    (392, "JP", "Japan", "日本"),
    (40, "AT", "Austria", "Österreich"),
    (756, "CH", "Switzerland", "Schweiz", "Suisse", "Svizzera"),
    (380, "IT", "Italy", "Italia", "Italien"),
    (56, "BE", "Belgium", "België", "Belgique", "Belgien"),
    (752, "SE", "Sweden", "Sverige", "Schweden"),
    (208, "DK", "Denmark", "Danmark"),
    (578, "NO", "Norway", "Norge"),
    (246, "FI", "Finland", "Suomi"),
    (203, "CZ", "Czechia", "Česko", "Czech Republic"),
    (442, "LU", "Luxembourg", "Luxemburg"),
    (300, "GR", "Greece", "Ελλάδα"),
    (348, "HU", "Hungary", "Magyarország"),
    (642, "RO", "Romania", "România"),
    (36, "AU", "Australia"),
    (554, "NZ", "New Zealand"),
    (76, "BR", "Brazil", "Brasil"),
    (32, "AR", "Argentina"),
    (484, "MX", "Mexico", "México"),
    (400, "JO", "Jordan", "الأردن"),
    (784, "AE", "United Arab Emirates", "الإمارات"),
    (356, "IN", "India", "भारत"),
    (410, "KR", "South Korea", "대한민국"),
)

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
    countries = {code: (2000 + number, names[0]) for number, code, *names in _COUNTRIES}
    for number, code, *names in _COUNTRIES:
        key = 2000 + number
        targets[key] = GeoTarget(key, code, "Country", tuple(names), names[0], reach=20_000_000)
    for kind, rows in (("City", _CITIES), ("State", _REGIONS)):
        for key, code, *names in rows:
            parent, country = countries[code]
            targets[key] = GeoTarget(key, code, kind, tuple(names), f"{names[0]},{country}", parent)
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
    )
}


def fold(text: str) -> str:
    """Text without case and accents, for finding a place by name."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip()
