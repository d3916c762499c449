"""Reading a brief: everything that is wrong with one ends in ONE InvalidInput that names the field and says what is allowed."""

import math
import re
from datetime import date, datetime
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Any, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import ValidationError

from zamc.errors import InvalidInput
from zamc.money import Money
from zamc.strategies.budget_rules import split_budget
from zamc.strategies.places import COUNTRIES, LANGUAGES
from zamc.strategies.schema import Amount, Brief, BriefFile, Budget, Closed
from zamc.strategies.text_rules import clean
from zamc.strategies.yaml_reader import read_yaml

Read = TypeVar("Read", bound=Closed)

LONGEST_FLIGHT_DAYS = 1_096
_WIDEST_NEIGHBOURHOOD_KM = 25  # 15 miles are 24.14 km
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_HOST = re.compile(r"(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]\.?")
_URL_CHARACTERS = re.compile(r"[!#-;=?-\[\]_a-z~]+")  # RFC 3986, without braces: {lpurl} and {{...}} are macros of the platforms


def read_brief(text: str) -> BriefFile:
    """A brief as it lies in a file (YAML, at most 64 kB). Raises InvalidInput."""
    return check_file(read_yaml(text))


def check_file(data: Any) -> BriefFile:
    """{"project": ..., "brief": {...}} as plain data, from YAML or JSON. Raises InvalidInput."""
    read = _validated(BriefFile, _plain("", data))
    _check(read.brief)
    return read


def check_brief(data: Any) -> Brief:
    """The brief alone, as plain data (a dict of the API) or as a Brief. Fields of an error begin with "brief."."""
    if isinstance(data, Brief):
        data = data.model_dump(mode="json")
    try:
        read = _validated(Brief, _plain("", data))
    except InvalidInput as error:
        raise error.under("brief") from None
    _check(read)
    return read


def _plain(field: str, data: Any, depth: int = 0) -> Any:
    """Clean every text, and refuse what JSON and YAML allow and a brief does not: fractions, NaN, truth values, times of day."""
    if depth > 12:
        raise InvalidInput(field, "is nested too deeply for a brief")
    if isinstance(data, str):
        return clean(field, data)
    if isinstance(data, dict):
        for key in data:
            if not isinstance(key, str):
                raise InvalidInput(field or "file", f"has the field name {key!r}, which is not text")
        return {clean(_join(field, "name"), key): _plain(_join(field, key), value, depth + 1) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(f"{field}[{index}]", value, depth + 1) for index, value in enumerate(data)]
    if isinstance(data, float):
        if math.isnan(data) or math.isinf(data):
            raise InvalidInput(field, 'is not a number; write an amount as text, such as "240.00"')
        raise InvalidInput(field, 'is a number with a fraction, which is not exact; write an amount in quotes, such as "240.00"')
    if isinstance(data, bool):
        raise InvalidInput(field, "is true or false; no field of a brief is")
    if isinstance(data, datetime):
        raise InvalidInput(field, "has a time of day; write a date such as 2027-03-01 (days are those of the ad account's time zone)")
    if data is None or isinstance(data, int | date):
        return data
    raise InvalidInput(field, f"is a {type(data).__name__}, which no field of a brief is")


def _join(field: str, name: str) -> str:
    shown = name if len(name) <= 60 and name.isprintable() else f"{name[:40]!r}..."
    return f"{field}.{shown}" if field else shown


def _validated(model: type[Read], data: Any) -> Read:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True)
        # A misspelt field is both unknown and missing; the unknown one tells more.
        first = next((e for e in found if e["type"] == "extra_forbidden"), found[0])
        raise _translated(model, dict(first)) from None


def _translated(model: type[Closed], error: dict[str, Any]) -> InvalidInput:
    """A pydantic error in the words of a marketer."""
    path = tuple(error["loc"])
    field = _dotted(path)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = sorted(_fields_at(model, path[:-1]))
        near = get_close_matches(str(path[-1]), known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return InvalidInput(field, f"is not a field of a brief; {hint}allowed are {', '.join(known)}")
    sentences = {
        "missing": "is missing",
        "string_type": 'must be text; put numbers in quotes, such as "240.00"',
        "string_too_short": "is empty",
        "string_too_long": f"has more than {context.get('max_length')} characters",
        "too_short": "needs at least one entry",
        "too_long": f"has more than {context.get('max_length')} entries",
        "list_type": "must be a list, such as [a, b]",
        "model_type": "must be a group of fields",
        "literal_error": f"must be one of {context.get('expected')}",
        "int_parsing": "must be a whole number",
        "int_type": "must be a whole number",
        "greater_than": f"must be greater than {context.get('gt')}",
        "less_than_equal": f"must be at most {context.get('le')}",
    }
    if kind.startswith("date"):
        open_end = ", or null for an open end" if field.endswith("end") else ""
        return InvalidInput(field, f"must be a date that exists, written like 2027-03-01{open_end}")
    if kind == "string_pattern_mismatch":
        return InvalidInput(field, _PATTERNS.get(_kind_of_text(path), f"must look like {context.get('pattern')}"))
    return InvalidInput(field, sentences.get(kind, error["msg"]))


_PATTERNS = {
    "regions": "must be a country code of two capital letters (ISO 3166-1), such as DE or JP",
    "languages": f"must be a language code of two small letters, one of {', '.join(LANGUAGES)}",
    "currency": "must be a currency code of three capital letters (ISO 4217), such as EUR",
    "primary": "must be a colour such as #1F3A5F",
    "secondary": "must be a colour such as #1F3A5F",
}


def _kind_of_text(path: tuple[str | int, ...]) -> str:
    return next((str(part) for part in reversed(path) if isinstance(part, str)), "")


def _dotted(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text = f"{text}[{part}]" if isinstance(part, int) else _join(text, str(part))
    return text or "file"


def _fields_at(model: type[Closed], path: tuple[str | int, ...]) -> set[str]:
    """Names that a group of fields may have, found by walking the schema along a path."""
    here: type[Closed] = model
    for part in path:
        if isinstance(part, str) and part in here.model_fields:
            named = [here.model_fields[part].annotation]
            while named:
                one = named.pop()
                if isinstance(one, type) and issubclass(one, Closed):
                    here = one
                    break
                named.extend(get_args(one))
    return set(here.model_fields)


def _check(brief: Brief) -> None:
    """What types cannot say. Order matters: the budget's currency first, since amounts are read with it."""
    amount = check_budget(brief.budget)
    _check_value(brief.conversion_value, brief.budget.currency)
    _check_flight(brief)
    for name, codes, allowed, meaning in (
        ("regions", brief.regions, COUNTRIES, "a country (ISO 3166-1) that the platforms can aim at"),
        ("languages", brief.languages, LANGUAGES, f"a supported language; supported are {', '.join(LANGUAGES)}"),
    ):
        for index, code in enumerate(codes):
            if code not in allowed:
                raise InvalidInput(f"brief.{name}[{index}]", f"{code} is not {meaning}")
    lists: dict[str, list[str]] = {
        "regions": brief.regions,
        "languages": brief.languages,
        "platforms": [*brief.platforms],
        "claims": brief.claims,
    }
    for name, entries in lists.items():
        for index, entry in enumerate(entries):
            if entry in entries[:index]:
                raise InvalidInput(f"brief.{name}[{index}]", f"{entry!r} is named twice")
    check_landing_page("brief.landing_page", brief.landing_page)
    if brief.brand.logo is not None:
        check_landing_page("brief.brand.logo", brief.brand.logo)
    _check_special_category(brief)
    check_affordable(brief, amount)


def _check_special_category(brief: Brief) -> None:
    """A small circle is a neighbourhood, and these must not leave one out.

    Meta asks for at least 15 miles (Business Help, "Special ad categories"); Google forbids aiming by postal code (Advertising Policies,
    "Personalized advertising: housing, employment, and consumer finance").
    """
    if brief.special_category == "none":
        return
    for index, place in enumerate(brief.geo_targets):
        if place.radius_km < _WIDEST_NEIGHBOURHOOD_KM:
            raise InvalidInput(
                f"brief.geo_targets[{index}].radius_km",
                f"must be at least {_WIDEST_NEIGHBOURHOOD_KM} for the special category {brief.special_category}",
            )


def check_budget(budget: Budget) -> Money:
    """The one amount that the budget names. Raises InvalidInput."""
    if (budget.total is None) == (budget.monthly is None):
        what = "names both total and monthly" if budget.total is not None else "names neither total nor monthly"
        raise InvalidInput("brief.budget", f"{what}; give exactly one: total for a flight with an end, monthly for one without")
    name = "total" if budget.total is not None else "monthly"
    return _amount(f"brief.budget.{name}", budget.total or budget.monthly or "", budget.currency, "brief.budget.currency")


def _amount(field: str, text: str, currency: str, currency_field: str) -> Money:
    try:
        amount = Money.parse(text, currency)
    except InvalidInput as error:
        raise InvalidInput(currency_field if error.field == "currency" else field, error.sentence) from None
    if amount.micros <= 0:
        raise InvalidInput(field, "must be more than zero")
    return amount


def _check_value(value: Amount | None, currency: str) -> None:
    if value is None:
        return
    _amount("brief.conversion_value.amount", value.amount, value.currency, "brief.conversion_value.currency")
    if value.currency != currency:
        raise InvalidInput("brief.conversion_value.currency", f"is {value.currency} and the budget is in {currency}; use one")


def _check_flight(brief: Brief) -> None:
    for name, day in (("start", brief.start), ("end", brief.end)):
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise InvalidInput(f"brief.{name}", f"must lie between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    if brief.end is None:
        if brief.budget.monthly is None:
            raise InvalidInput("brief.end", "is open, which needs a monthly budget (budget.monthly); a total needs an end")
        return
    if brief.end < brief.start:
        raise InvalidInput("brief.end", f"{brief.end} is before the start {brief.start}")
    if (brief.end - brief.start).days >= LONGEST_FLIGHT_DAYS:
        raise InvalidInput("brief.end", f"is more than {LONGEST_FLIGHT_DAYS} days after the start")


def check_landing_page(field: str, url: str) -> None:
    """http(s), a public host name, no credentials, nothing that a platform would read as a macro. Raises InvalidInput."""
    if not _URL_CHARACTERS.fullmatch(url):
        raise InvalidInput(field, "contains a character that an address may not have; percent-encode it (host names as xn--...)")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidInput(field, "is not an address such as https://example.org/page") from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise InvalidInput(field, "must begin with https:// or http://")
    if "@" in parts.netloc or "\\" in url:
        raise InvalidInput(field, "must not carry a user name, a password or a backslash")
    try:
        ip_address(host)
    except ValueError:
        if not _HOST.fullmatch(host) or host.rstrip(".").endswith((".localhost", ".local", ".internal")):
            raise InvalidInput(field, "needs a public host name such as example.org") from None
    else:
        raise InvalidInput(field, "needs a host name; an ad cannot lead to a bare IP address")


def check_affordable(brief: Brief, amount: Money) -> None:
    """At least one platform can run on the budget. Raises InvalidInput that names the smallest budget which would do."""
    split_budget(brief, amount)
