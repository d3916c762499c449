"""Targeting: places, ages, languages, placements, and what EU law asks for."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.meta import places
from sandbox.meta.errors import invalid, param
from sandbox.meta.schema import node_enum

PUBLISHERS: Final = ("facebook", "instagram", "messenger", "audience_network", "threads", "whatsapp")
PLACES: Final = ("countries", "regions", "cities", "zips", "places", "custom_locations", "geo_markets", "country_groups")
# Ads that may not choose people (facebook.com/business/help, "special ad categories"): a radius is 15 miles at least.
SPECIAL: Final = frozenset(("HOUSING", "EMPLOYMENT", "CREDIT", "FINANCIAL_PRODUCTS_SERVICES"))
SPECIAL_KILOMETRES: Final = 24
KILOMETRES: Final = {"kilometer": 1.0, "mile": 1.609344}


def check(targeting: Mapping[str, Any]) -> None:
    """Raises GraphError 100 for the first thing that the platform refuses. Keys are checked by the schema already."""
    geo = targeting.get("geo_locations")
    if not (isinstance(geo, dict) and any(geo.get(key) for key in PLACES)) and not targeting.get("custom_audiences"):
        raise invalid(
            "targeting",
            title="Your Audience Is Missing A Location",
            message="Add at least one country, region, city or other place to geo_locations, or a custom audience.",
            subcode=1885364,
        )
    _check_places(geo or {})
    _check_people(targeting)
    automation = targeting.get("targeting_automation") or {}
    if automation.get("advantage_audience") not in (0, 1):
        raise invalid(
            "targeting",
            title="Advantage Audience Flag Required",
            message="To create your ad set, you need to enable or disable the Advantage audience feature: set "
            "targeting_automation.advantage_audience to 1 or 0 in the targeting spec.",
            subcode=1870227,
        )
    if automation["advantage_audience"] == 1 and (int(targeting.get("age_max", 65)) < 65 or int(targeting.get("age_min", 18)) > 25):
        raise invalid(
            "targeting",
            title="Age Limits Don't Go With Advantage Audience",
            message="With Advantage audience, age_max can't be below 65 and age_min can't be above 25.",
            subcode=1870189,
        )


def _check_people(targeting: Mapping[str, Any]) -> None:
    youngest, oldest = targeting.get("age_min", 18), targeting.get("age_max", 65)
    if not (isinstance(youngest, int) and isinstance(oldest, int) and 13 <= youngest <= oldest <= 65):
        raise invalid(
            "targeting", title="Invalid Age", message="Ages run from 13 to 65, and age_min is not above age_max.", subcode=1487143
        )
    if set(targeting.get("genders", ())) - {0, 1, 2}:
        raise param("Param targeting[genders] must be a list of 1 (men) and 2 (women)", "targeting")
    for locale in targeting.get("locales", ()):
        if not isinstance(locale, int) or locale not in places.LOCALES:
            raise invalid(
                "targeting", title="Invalid Locale", message=f"{locale!r} is not a locale; see /search?type=adlocale.", subcode=1487477
            )
    unknown = set(targeting.get("publisher_platforms", ())) - set(PUBLISHERS)
    if unknown:
        raise param(f"Param targeting[publisher_platforms] must be among {', '.join(PUBLISHERS)}", "targeting")


def _check_places(geo: Mapping[str, Any]) -> None:
    for country in geo.get("countries", ()):
        if country not in node_enum("campaign", "special_ad_category_country_enum"):
            raise invalid("targeting", title="Invalid Country", message=f"{country!r} is not a country code.", subcode=1487756)
    for city in geo.get("cities", ()):
        if str(city.get("key")) not in places.CITIES:
            raise invalid("targeting", title="Invalid City", message=f"No city has the key {city.get('key')!r}.", subcode=1487756)
        _check_radius(city, least=17, most=80, needed=False)
    for spot in geo.get("custom_locations", ()):
        if "latitude" not in spot or "longitude" not in spot:
            if "address_string" not in spot:
                raise param("A custom location needs latitude and longitude, or address_string", "targeting")
        elif not (-90 <= float(spot["latitude"]) <= 90 and -180 <= float(spot["longitude"]) <= 180):
            raise param("Latitude or longitude out of range", "targeting")
        _check_radius(spot, least=1, most=80, needed=True)


def _check_radius(place: Mapping[str, Any], *, least: float, most: float, needed: bool) -> None:
    radius = place.get("radius")
    if radius is None and not needed:
        return
    unit = KILOMETRES.get(str(place.get("distance_unit", "mile")))
    if unit is None or radius is None or not least <= float(radius) * unit <= most + 0.5:
        raise invalid(
            "targeting",
            title="Invalid Radius",
            message=f"The radius must be between {least} and {most} kilometres; distance_unit is mile or kilometer.",
            subcode=1487079,
        )


def check_special(targeting: Mapping[str, Any], categories: Sequence[str]) -> None:
    """Housing, employment, credit and money: nobody may be left out by age, gender or the district that they live in."""
    if not set(categories) & SPECIAL:
        return
    problem = ""
    if int(targeting.get("age_min", 18)) > 18 or int(targeting.get("age_max", 65)) < 65:
        problem = "Ages must run from 18 to 65+"
    elif set(targeting.get("genders", ())) - {0} and set(targeting.get("genders", ())) != {1, 2}:
        problem = "All genders must be included"
    elif (targeting.get("geo_locations") or {}).get("zips") or targeting.get("excluded_geo_locations"):
        problem = "ZIP codes and excluded places are not available"
    elif any(_too_near(place) for key in ("cities", "custom_locations") for place in (targeting.get("geo_locations") or {}).get(key, ())):
        problem = f"A place must reach at least {SPECIAL_KILOMETRES} kilometres around it"
    if problem:
        raise invalid(
            "targeting",
            title="Targeting Isn't Available For This Special Ad Category",
            message=f"{problem} for ads about {', '.join(sorted(set(categories) & SPECIAL))}.",
            subcode=2909038,
        )


def _too_near(place: Mapping[str, Any]) -> bool:
    unit = KILOMETRES.get(str(place.get("distance_unit", "mile")), 1.0)
    return "radius" in place and float(place["radius"]) * unit < SPECIAL_KILOMETRES


def countries(targeting: Mapping[str, Any]) -> set[str]:
    """Countries in which people will see the ads, as far as the targeting tells."""
    geo = targeting.get("geo_locations") or {}
    found = set(geo.get("countries", ()))
    for key in ("regions", "cities", "zips", "places", "custom_locations"):
        for place in geo.get(key, ()):
            if key == "cities":
                found.add(places.CITIES[str(place["key"])].country)
            elif place.get("country"):
                found.add(str(place["country"]))
            elif "latitude" in place:
                found.add(nearest_country(float(place["latitude"]), float(place["longitude"])))
    groups = {str(g) for g in geo.get("country_groups", ())}
    return found | (set(places.EU) if groups & {"worldwide", "europe", "eea"} else set())


def nearest_country(latitude: float, longitude: float) -> str:
    def distance(city: places.City) -> float:
        return math.hypot(city.latitude - latitude, (city.longitude - longitude) * math.cos(math.radians(latitude)))

    return min(places.CITIES.values(), key=distance).country


def check_transparency(values: Mapping[str, Any], account: Mapping[str, Any]) -> None:
    """The Digital Services Act: ads shown in the EU name who benefits and who pays."""
    if not countries(values.get("targeting") or {}) & set(places.EU):
        return
    for name, subcode, who in (("dsa_beneficiary", 3858079, "Beneficiary"), ("dsa_payor", 3858081, "Payer")):
        if not str(values.get(name) or account.get(f"default_{name}") or "").strip():
            raise invalid(
                name,
                title=f"{who} Required",
                message=f"Ads that are shown in the European Union need {name} on the ad set.",
                subcode=subcode,
            )
        _check_length(name, str(values.get(name) or ""), 512)


def _check_length(name: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise invalid(name, title="Text Too Long", message=f"{name} can have {limit} characters.", subcode=1487106)


def locale_rows(query: str) -> Sequence[dict[str, Any]]:
    return [{"key": key, "name": name} for key, name in places.LOCALES.items() if query.lower() in name.lower()]
