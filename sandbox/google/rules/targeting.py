"""Criteria of a campaign: locations, proximity, languages, devices, hours of the week and negative keywords."""

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.constants import GEO_TARGETS, LANGUAGES
from sandbox.google.context import Context
from sandbox.google.errors import AdsError
from sandbox.google.names import parse_constant
from sandbox.google.rules.keywords import criterion_type, identity, keyword_errors
from sandbox.google.rules.kind import Check, Kind, required, status_check
from sandbox.store import Obj

_TYPES = {
    "location": "LOCATION",
    "language": "LANGUAGE",
    "proximity": "PROXIMITY",
    "keyword": "KEYWORD",
    "device": "DEVICE",
    "ad_schedule": "AD_SCHEDULE",
}
# A device criterion's id is fixed: developers.google.com/google-ads/api/data/codes-formats.
_DEVICES = {"DESKTOP": 30000, "MOBILE": 30001, "TABLET": 30002, "CONNECTED_TV": 30004}
# 500 miles, the widest radius that the product's own form takes.
_MAX_RADIUS_KM = 805.0


def _prepare(context: Context, body: Body) -> str | None:
    body.setdefault("negative", False)
    body.setdefault("status", "ENABLED")
    kind = criterion_type(body, tuple(_TYPES))
    if kind:
        body["type"] = _TYPES[kind]
    if kind == "proximity":
        body["proximity"].setdefault("radius_units", "KILOMETERS")
    if "campaign" not in body:
        return None
    campaign = context.live(body["campaign"], "campaign", ("campaign",))
    body["campaign"] = context.real_name(campaign)
    return campaign.id


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    if "campaign" not in body:
        yield required("campaign")
    kind = criterion_type(body, tuple(_TYPES))
    if kind is None:
        yield AdsError("campaign_criterion_error", "CONCRETE_TYPE_REQUIRED", "The criterion has no type.", ("criterion",))
        return
    found = list(_CHECKS[kind](body))
    yield from found
    bid_modifier = body.get("bid_modifier")
    if bid_modifier is not None and bid_modifier != 0 and not 0.1 <= bid_modifier <= 10:
        code = "TOO_LOW" if bid_modifier < 0.1 else "TOO_HIGH"
        message = "A bid modifier lies between 0.1 and 10, or is 0 for a device."
        yield AdsError("range_error", code, message, ("bid_modifier",), trigger=str(bid_modifier))
    if before is None and "campaign" in body and kind in ("location", "language") and not found:
        yield from _opposite(context, body)


def _location(body: Body) -> Check:
    text = body["location"].get("geo_target_constant", "")
    path = ("location", "geo_target_constant")
    if parse_constant(text, "geoTargetConstants", path) not in GEO_TARGETS:
        message = "The geo target constant does not exist."
        yield AdsError("criterion_error", "INVALID_CRITERION_ID", message, path, trigger=text)


def _language(body: Body) -> Check:
    text = body["language"].get("language_constant", "")
    path = ("language", "language_constant")
    if parse_constant(text, "languageConstants", path) not in LANGUAGES:
        message = "The language constant does not exist."
        yield AdsError("criterion_error", "INVALID_CRITERION_ID", message, path, trigger=text)
    if body["negative"]:
        message = "A language cannot be excluded."
        yield AdsError("campaign_criterion_error", "CANNOT_EXCLUDE_CRITERIA_TYPE", message, ("negative",))


def _proximity(body: Body) -> Check:
    proximity = body["proximity"]
    radius = proximity.get("radius", 0.0) * (1.609344 if proximity["radius_units"] == "MILES" else 1.0)
    if not 0 < radius <= _MAX_RADIUS_KM:
        path = ("proximity", "radius")
        yield AdsError("criterion_error", "INVALID_PROXIMITY_RADIUS", "The radius is invalid.", path, trigger=str(radius))
    if body["negative"]:
        message = "A proximity cannot be excluded."
        yield AdsError("campaign_criterion_error", "CANNOT_EXCLUDE_CRITERIA_TYPE", message, ("negative",))
    point, address = proximity.get("geo_point"), proximity.get("address")
    if not point and not address:
        code = "PROXIMITY_GEOPOINT_AND_ADDRESS_BOTH_CANNOT_BE_NULL"
        yield AdsError("criterion_error", code, "A point or an address is needed.", ("proximity",))
    if point:
        for axis, limit in (("latitude", 90_000_000), ("longitude", 180_000_000)):
            value = point.get(f"{axis}_in_micro_degrees", 0)
            if abs(value) > limit:
                path3 = ("proximity", "geo_point", f"{axis}_in_micro_degrees")
                message = f"The {axis} is invalid."
                yield AdsError("criterion_error", f"INVALID_{axis.upper()}", message, path3, trigger=str(value))
    elif address and not (address.get("country_code") and (address.get("city_name") or address.get("postal_code"))):
        message = "The address needs a country and a city or postal code."
        yield AdsError("criterion_error", "INVALID_PROXIMITY_ADDRESS", message, ("proximity", "address"))


def _keyword(body: Body) -> Check:
    yield from keyword_errors(body["keyword"], ("keyword",))
    if not body["negative"]:
        message = "A campaign has negative keywords only."
        yield AdsError("criterion_error", "CANNOT_ADD_CRITERIA_TYPE", message, ("keyword",))


def _device(body: Body) -> Check:
    if body["device"].get("type") not in _DEVICES:
        yield required("device", "type")


def _schedule(body: Body) -> Check:
    hours = body["ad_schedule"]
    for name in ("day_of_week", "start_minute", "end_minute"):
        if hours.get(name) in {None, "UNSPECIFIED", "UNKNOWN"}:
            yield required("ad_schedule", name)
            return
    start, end = ((hours.get(f"{edge}_hour", 0), _MINUTES[hours[f"{edge}_minute"]]) for edge in ("start", "end"))
    if not (0 <= start[0] <= 23 and start < end <= (24, 0)):
        message = "The interval must end after it begins, on the same day."
        yield AdsError("criterion_error", "AD_SCHEDULE_INVALID_TIME_INTERVAL", message, ("ad_schedule",))


_MINUTES = {"ZERO": 0, "FIFTEEN": 15, "THIRTY": 30, "FORTY_FIVE": 45}
_CHECKS = {
    "location": _location,
    "language": _language,
    "proximity": _proximity,
    "keyword": _keyword,
    "device": _device,
    "ad_schedule": _schedule,
}


def _key(body: Body) -> str | None:
    if "location" in body:
        return str(parse_constant(body["location"]["geo_target_constant"], "geoTargetConstants", ()))
    if "language" in body:
        return str(parse_constant(body["language"]["language_constant"], "languageConstants", ()))
    if "device" in body:
        return str(_DEVICES[body["device"]["type"]])
    return None


def _identity(body: Body) -> str | None:
    """A fixed criterion by its id, a keyword by its text; two equal circles are two criteria."""
    if "keyword" in body:
        return identity(body)
    return _key(body)


def _like(context: Context, body: Body) -> Obj | None:
    campaign, wanted = body["campaign"].rsplit("/", 1)[-1], _identity(body)
    if wanted is None:
        return None
    found = context.tx.find(PLATFORM, context.account.id, "campaign_criterion", parent=campaign, name=wanted)
    return found[0] if found else None


def _opposite(context: Context, body: Body) -> Check:
    other = _like(context, body)
    if other is not None and other.body["negative"] != body["negative"]:
        message = "A criterion cannot be targeted and excluded at once."
        yield AdsError("campaign_criterion_error", "CANNOT_TARGET_AND_EXCLUDE", message)


KIND = Kind("campaign_criterion", "CampaignCriterion", _prepare, _check, key=_key, name=_identity, twin=_like)
