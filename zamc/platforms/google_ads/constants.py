"""Google's own ids of countries and languages: geo target constants and language constants.

A country's id is 2000 plus its ISO 3166-1 numeric code (developers.google.com/google-ads/api/data/geotargets); languages stand in
developers.google.com/google-ads/api/data/codes-formats#languages.
"""

from zamc.errors import InvalidInput

_ISO_NUMERIC = {
    code[:2]: int(code[2:])
    for code in """AD020 AE784 AF004 AG028 AI660 AL008 AM051 AO024 AR032 AS016 AT040 AU036 AW533 AX248 AZ031 BA070 BB052 BD050 BE056 BF854
    BG100 BH048 BI108 BJ204 BL652 BM060 BN096 BO068 BQ535 BR076 BS044 BT064 BW072 BY112 BZ084 CA124 CC166 CD180 CF140 CG178
    CH756 CI384 CK184 CL152 CM120 CN156 CO170 CR188 CV132 CW531 CX162 CY196 CZ203 DE276 DJ262 DK208 DM212 DO214 DZ012 EC218
    EE233 EG818 EH732 ER232 ES724 ET231 FI246 FJ242 FK238 FM583 FO234 FR250 GA266 GB826 GD308 GE268 GF254 GG831 GH288 GI292
    GL304 GM270 GN324 GP312 GQ226 GR300 GT320 GU316 GW624 GY328 HK344 HN340 HR191 HT332 HU348 ID360 IE372 IL376 IM833 IN356
    IQ368 IS352 IT380 JE832 JM388 JO400 JP392 KE404 KG417 KH116 KI296 KM174 KN659 KR410 KW414 KY136 KZ398 LA418 LB422 LC662
    LI438 LK144 LR430 LS426 LT440 LU442 LV428 LY434 MA504 MC492 MD498 ME499 MF663 MG450 MH584 MK807 ML466 MM104 MN496 MO446
    MP580 MQ474 MR478 MS500 MT470 MU480 MV462 MW454 MX484 MY458 MZ508 NA516 NC540 NE562 NF574 NG566 NI558 NL528 NO578 NP524
    NR520 NU570 NZ554 OM512 PA591 PE604 PF258 PG598 PH608 PK586 PL616 PM666 PR630 PS275 PT620 PW585 PY600 QA634 RE638 RO642
    RS688 RW646 SA682 SB090 SC690 SD729 SE752 SG702 SH654 SI705 SJ744 SK703 SL694 SM674 SN686 SO706 SR740 SS728 ST678 SV222
    SX534 SZ748 TC796 TD148 TG768 TH764 TJ762 TK772 TL626 TM795 TN788 TO776 TR792 TT780 TV798 TW158 TZ834 UA804 UG800 US840
    UY858 UZ860 VA336 VC670 VE862 VG092 VI850 VN704 VU548 WF876 WS882 YE887 YT175 ZA710 ZM894 ZW716""".split()
}
_LANGUAGES = {
    "en": 1000, "de": 1001, "fr": 1002, "es": 1003, "it": 1004, "ja": 1005, "da": 1009, "nl": 1010, "fi": 1011, "ko": 1012,
    "no": 1013, "pt": 1014, "sv": 1015, "zh": 1017, "ar": 1019, "bg": 1020, "cs": 1021, "el": 1022, "hi": 1023, "hu": 1024,
    "id": 1025, "is": 1026, "he": 1027, "lv": 1028, "lt": 1029, "pl": 1030, "ru": 1031, "ro": 1032, "sk": 1033, "sl": 1034,
    "sr": 1035, "uk": 1036, "tr": 1037, "ca": 1038, "hr": 1039, "vi": 1040, "et": 1043, "th": 1044,
}  # fmt: skip
_COUNTRIES = {f"geoTargetConstants/{2000 + number}": code for code, number in _ISO_NUMERIC.items()}
_LANGUAGE_CODES = {f"languageConstants/{number}": code for code, number in _LANGUAGES.items()}


def country(code: str) -> str:
    """Resource name of a country (ISO 3166-1 alpha-2). Raises InvalidInput."""
    if code not in _ISO_NUMERIC:
        raise InvalidInput("regions", f"Google Ads has no geo target for {code!r}")
    return f"geoTargetConstants/{2000 + _ISO_NUMERIC[code]}"


def country_code(name: str) -> str:
    """ISO code of a country's resource name; the name itself when it is no country's."""
    return _COUNTRIES.get(name, name)


def language_code(name: str) -> str:
    """ISO code of a language's resource name; the name itself for one that we never choose."""
    return _LANGUAGE_CODES.get(name, name)


def language(code: str) -> str:
    """Resource name of a language (ISO 639-1). Raises InvalidInput."""
    if code not in _LANGUAGES:
        raise InvalidInput("languages", f"Google Ads has no language constant for {code!r}")
    return f"languageConstants/{_LANGUAGES[code]}"
