"""Places and languages that targeting can name. A small atlas: the keys of cities are the sandbox's own."""

from typing import Final, NamedTuple


class City(NamedTuple):
    name: str
    country: str
    region: str
    latitude: float
    longitude: float


# Member states; ads shown there fall under the Digital Services Act.
EU: Final = (
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()
)  # fmt: skip

_ATLAS: Final = """
Vienna,AT,Vienna,48.21,16.37;Brussels,BE,Brussels,50.85,4.35;Antwerp,BE,Flanders,51.22,4.40;
Sofia,BG,Sofia,42.70,23.32;Zagreb,HR,Zagreb,45.81,15.98;Nicosia,CY,Nicosia,35.17,33.37;Prague,CZ,Prague,50.08,14.44;
Copenhagen,DK,Capital Region,55.68,12.57;Tallinn,EE,Harju,59.44,24.75;Helsinki,FI,Uusimaa,60.17,24.94;
Paris,FR,Ile-de-France,48.86,2.35;Lyon,FR,Auvergne-Rhone-Alpes,45.76,4.84;Marseille,FR,Provence,43.30,5.37;
Berlin,DE,Berlin,52.52,13.41;Hamburg,DE,Hamburg,53.55,9.99;Munich,DE,Bavaria,48.14,11.58;
Cologne,DE,North Rhine-Westphalia,50.94,6.96;Frankfurt,DE,Hesse,50.11,8.68;Athens,GR,Attica,37.98,23.73;
Budapest,HU,Budapest,47.50,19.04;Dublin,IE,Leinster,53.35,-6.26;Rome,IT,Lazio,41.90,12.50;
Milan,IT,Lombardy,45.46,9.19;Riga,LV,Riga,56.95,24.11;Vilnius,LT,Vilnius,54.69,25.28;
Luxembourg,LU,Luxembourg,49.61,6.13;Valletta,MT,Malta,35.90,14.51;Amsterdam,NL,North Holland,52.37,4.90;
Rotterdam,NL,South Holland,51.92,4.48;Warsaw,PL,Mazovia,52.23,21.01;Krakow,PL,Lesser Poland,50.06,19.94;
Lisbon,PT,Lisbon,38.72,-9.14;Porto,PT,Porto,41.15,-8.61;Faro,PT,Faro,37.02,-7.93;Bucharest,RO,Bucharest,44.43,26.10;
Bratislava,SK,Bratislava,48.15,17.11;Ljubljana,SI,Ljubljana,46.06,14.51;Madrid,ES,Madrid,40.42,-3.70;
Barcelona,ES,Catalonia,41.39,2.17;Seville,ES,Andalusia,37.39,-5.98;Stockholm,SE,Stockholm,59.33,18.07;
London,GB,England,51.51,-0.13;Manchester,GB,England,53.48,-2.24;Edinburgh,GB,Scotland,55.95,-3.19;
Zurich,CH,Zurich,47.37,8.54;Geneva,CH,Geneva,46.20,6.14;Oslo,NO,Oslo,59.91,10.75;
Reykjavik,IS,Capital Region,64.15,-21.94;Istanbul,TR,Istanbul,41.01,28.98;Kyiv,UA,Kyiv,50.45,30.52;
Belgrade,RS,Belgrade,44.79,20.45;Casablanca,MA,Casablanca,33.57,-7.59;Cairo,EG,Cairo,30.04,31.24;
Tel Aviv,IL,Tel Aviv,32.09,34.78;Amman,JO,Amman,31.95,35.93;Dubai,AE,Dubai,25.20,55.27;
Mumbai,IN,Maharashtra,19.08,72.88;Delhi,IN,Delhi,28.70,77.10;Bangkok,TH,Bangkok,13.76,100.50;
Singapore,SG,Singapore,1.35,103.82;Seoul,KR,Seoul,37.57,126.98;Tokyo,JP,Tokyo,35.68,139.69;
Osaka,JP,Osaka,34.69,135.50;Nagoya,JP,Aichi,35.18,136.91;Fukuoka,JP,Fukuoka,33.59,130.40;
Sapporo,JP,Hokkaido,43.06,141.35;Sydney,AU,New South Wales,-33.87,151.21;Melbourne,AU,Victoria,-37.81,144.96;
Auckland,NZ,Auckland,-36.85,174.76;New York,US,New York,40.71,-74.01;Los Angeles,US,California,34.05,-118.24;
Chicago,US,Illinois,41.88,-87.63;Houston,US,Texas,29.76,-95.37;San Francisco,US,California,37.77,-122.42;
Seattle,US,Washington,47.61,-122.33;Boston,US,Massachusetts,42.36,-71.06;Miami,US,Florida,25.76,-80.19;
Toronto,CA,Ontario,43.65,-79.38;Montreal,CA,Quebec,45.50,-73.57;Vancouver,CA,British Columbia,49.28,-123.12;
Mexico City,MX,Mexico City,19.43,-99.13;Sao Paulo,BR,Sao Paulo,-23.55,-46.63;
Rio de Janeiro,BR,Rio de Janeiro,-22.91,-43.17;Buenos Aires,AR,Buenos Aires,-34.60,-58.38;Lagos,NG,Lagos,6.52,3.38;
Nairobi,KE,Nairobi,-1.29,36.82;Johannesburg,ZA,Gauteng,-26.20,28.05
"""


def _atlas() -> dict[str, City]:
    rows = [row.strip().split(",") for row in _ATLAS.replace("\n", "").split(";")]
    return {str(2_420_000 + n): City(r[0], r[1], r[2], float(r[3]), float(r[4])) for n, r in enumerate(rows)}


CITIES: Final = _atlas()

LOCALES: Final[dict[int, str]] = {
    1: "Catalan", 2: "Czech", 5: "German", 6: "English (US)", 7: "Spanish (Spain)", 8: "Finnish", 9: "French (France)",
    10: "Italian", 11: "Japanese", 12: "Korean", 13: "Norwegian", 14: "Dutch", 15: "Polish", 16: "Portuguese (Brazil)",
    17: "Russian", 18: "Swedish", 19: "Turkish", 20: "Simplified Chinese (China)", 21: "Traditional Chinese (Hong Kong)",
    22: "Traditional Chinese (Taiwan)", 23: "Spanish", 24: "English (UK)", 27: "Indonesian", 28: "Arabic", 29: "Hebrew",
    30: "Hungarian", 31: "Portuguese (Portugal)", 32: "Romanian", 33: "Slovak", 34: "Slovenian", 35: "Thai", 37: "Bulgarian",
    38: "Croatian", 39: "Greek", 40: "Danish", 41: "Ukrainian", 42: "Vietnamese", 44: "French (Canada)", 46: "Hindi",
    51: "English (Upside Down)", 1001: "English (All)", 1002: "Spanish (All)", 1003: "French (All)",
    1004: "Chinese (All)", 1005: "Portuguese (All)",
}  # fmt: skip
