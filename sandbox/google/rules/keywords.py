"""Criteria of an ad group: keywords, age ranges and genders, positive and negative."""

import re

import grpc

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError, Path, Refused
from sandbox.google.rules.ad_groups import bid_errors
from sandbox.google.rules.kind import Check, Kind, required, status_check
from sandbox.store import Obj

# developers.google.com/google-ads/api/docs/keywords: 80 characters, 10 words, and these characters are not allowed.
MAX_CHARACTERS, MAX_WORDS = 80, 10
_PEOPLE = ("age_range", "gender")
_ILLEGAL = re.compile(r"[,!@%^*()={};~`<>?\\|]")


def criterion_type(body: Body, known: tuple[str, ...]) -> str | None:
    """The criterion of the oneof that is set; None when none is. Refuses those the sandbox does not simulate."""
    for name in known:
        if name in body:
            return name
    others = sorted(key for key, value in body.items() if isinstance(value, dict))
    if others:
        raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox simulates {', '.join(known)} criteria, not {others[0]}")
    return None


def _prepare(context: Context, body: Body) -> str | None:
    body.setdefault("status", "ENABLED")
    body.setdefault("negative", False)
    if found := criterion_type(body, ("keyword", *_PEOPLE)):
        body["type"] = found.upper()
    if "ad_group" not in body:
        return None
    group = context.live(body["ad_group"], "ad_group", ("ad_group",))
    body["ad_group"] = context.real_name(group)
    return group.id


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    if "ad_group" not in body:
        yield required("ad_group")
        return
    if "keyword" in body:
        yield from keyword_errors(body["keyword"], ("keyword",))
    elif (people := next((name for name in _PEOPLE if name in body), None)) is None:
        yield AdsError("criterion_error", "CONCRETE_TYPE_REQUIRED", "The criterion has no type.", ("criterion",))
        return
    elif body[people].get("type") in {None, "UNSPECIFIED", "UNKNOWN"}:
        yield required(people, "type")
    if body["negative"] and "cpc_bid_micros" in body:
        code = "FIELD_INCOMPATIBLE_WITH_NEGATIVE_TARGETING"
        yield AdsError("criterion_error", code, "A negative keyword has no bid.", ("cpc_bid_micros",))
    if before is not None and body["negative"] and body != before.body:
        message = "A negative criterion cannot be updated."
        yield AdsError("ad_group_criterion_error", "CANT_UPDATE_NEGATIVE", message)
    yield from bid_errors(context, body)


def keyword_errors(keyword: Body, path: Path) -> Check:
    """What is wrong with a keyword's text and match type."""
    text = keyword.get("text", "").strip()
    at: Path = (*path, "text")
    if not text:
        yield AdsError("criterion_error", "INVALID_KEYWORD_TEXT", "The keyword text is invalid.", at, trigger=text)
    elif len(text) > MAX_CHARACTERS:
        message = f"The keyword text is longer than {MAX_CHARACTERS} characters."
        yield AdsError("criterion_error", "KEYWORD_TEXT_TOO_LONG", message, at, trigger=text)
    elif len(text.split()) > MAX_WORDS:
        message = f"The keyword has more than {MAX_WORDS} words."
        yield AdsError("criterion_error", "KEYWORD_HAS_TOO_MANY_WORDS", message, at, trigger=text)
    elif found := _ILLEGAL.search(text):
        message = f"The keyword has the invalid character {found[0]!r}."
        yield AdsError("criterion_error", "KEYWORD_HAS_INVALID_CHARS", message, at, trigger=text)
    if keyword.get("match_type") is None:
        yield AdsError("field_error", "REQUIRED", "The required field was not present.", (*path, "match_type"))


def identity(body: Body) -> str:
    """Keywords are equal by text without case and outer spaces, match type and sign; age ranges and genders by type and sign."""
    if people := next((name for name in _PEOPLE if name in body), None):
        return f"{people} {body[people].get('type')} {'-' if body.get('negative') else '+'}"
    keyword = body.get("keyword", {})
    text = " ".join(keyword.get("text", "").lower().split())
    return f"{keyword.get('match_type')} {'-' if body.get('negative') else '+'} {text}"


def _twin(context: Context, body: Body) -> Obj | None:
    group = body["ad_group"].rsplit("/", 1)[-1]
    found = context.tx.find(PLATFORM, context.account.id, "ad_group_criterion", parent=group, name=identity(body))
    return found[0] if found else None


KIND = Kind("ad_group_criterion", "AdGroupCriterion", _prepare, _check, name=identity, twin=_twin)
