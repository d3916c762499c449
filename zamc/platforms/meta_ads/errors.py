"""Meta's refusals as our errors.

Sources: developers.facebook.com/docs/marketing-api/error-reference and /docs/graph-api/overview/rate-limiting; is_transient alone
does not decide (it is false for some errors that pass by themselves and true for some that do not).
"""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from zamc.errors import GiveUp, InDoubt, Later, Mend, OutsideError
from zamc.platforms.errors import scrub

_THROTTLED = {4, 17, 32, 613, *range(80000, 80015)}
_MAYBE = {1, 2, -2}
_FLAKY = {(100, 1487390)}  # says is_transient: false, and passes when it is sent again after a look
_MISSING = {(100, 33)}
_FROZEN = {(100, 1885621), (100, 3260011)}
# Blamed fields that hold what an ad says or shows: a change of content may pass.
_CONTENT = {
    "message", "title", "body", "description", "name", "link", "link_data", "object_story_spec", "image_hash", "bytes", "picture",
    "creative", "asset_feed_spec", "call_to_action", "filename", "image",
}  # fmt: skip


def translate(
    status: int, body: Any, headers: Mapping[str, str], *, write: bool, account: str = "", secrets: Iterable[str] = ()
) -> OutsideError | None:
    """One of our errors for an answer, or None when the answer is a success.

    body: the parsed JSON, or the raw text when it is not JSON. write: the call could have changed something, so that an answer
    which says neither yes nor no means in doubt; for a read it means later.
    """
    trace = headers.get("x-fb-trace-id", "")
    if isinstance(body, Mapping) and isinstance(body.get("error"), Mapping):
        return _of_error(body["error"], status, headers, write=write, account=account, secrets=secrets)
    silence: type[OutsideError] = InDoubt if write else Later
    if status >= 500 or status == 408:
        return silence(f"Meta answered HTTP {status} without saying why", code=str(status), request_id=trace)
    if status == 429:
        return Later("Meta answered HTTP 429", code="429", request_id=trace, delay=_delay(headers, account))
    if not 200 <= status < 300:
        return GiveUp(scrub(f"Meta answered HTTP {status}: {str(body)[:200]}", secrets=secrets), code=str(status), request_id=trace)
    if not isinstance(body, Mapping | list):
        return silence("Meta's answer is not JSON; a proxy may stand in between", code="not-json", request_id=trace)
    return None


def _of_error(
    error: Mapping[str, Any], status: int, headers: Mapping[str, str], *, write: bool, account: str, secrets: Iterable[str]
) -> OutsideError:
    code, subcode = _integer(error.get("code")), _integer(error.get("error_subcode"))
    name = f"{code}/{subcode}" if subcode else str(code)
    said = " - ".join(str(error[key]) for key in ("message", "error_user_title", "error_user_msg") if error.get(key))
    message = scrub(f"Meta {name}: {said or 'no reason given'}", secrets=secrets)
    trace = str(error.get("fbtrace_id", ""))

    if code in _THROTTLED:
        return Later(message, code=name, request_id=trace, delay=_delay(headers, account))
    if code in _MAYBE or (code, subcode) in _FLAKY or (status >= 500 and code not in {100, 190, 200, 368}):
        kind = InDoubt if write else Later
        return kind(message, code=name, request_id=trace)
    if (code, subcode) in _MISSING | _FROZEN:
        return GiveUp(message, code=name, request_id=trace)
    if code == 368 or (code == 100 and _blamed(error) & _CONTENT) or code in {1487, 2635}:
        # 368 blocks an action for policy reasons: a person must look when it is the account that is blocked.
        return GiveUp(message, code=name, request_id=trace) if code == 368 else Mend(message, code=name, request_id=trace)
    return GiveUp(message, code=name, request_id=trace)


def _blamed(error: Mapping[str, Any]) -> set[str]:
    data = error.get("error_data")
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return set()
    specs = data.get("blame_field_specs") if isinstance(data, Mapping) else None
    return {str(part) for spec in specs or [] for part in (spec if isinstance(spec, list) else [spec])}


def _delay(headers: Mapping[str, str], account: str) -> timedelta | None:
    """The longest wait that any usage header names for this account: minutes in the business use case, seconds for the account."""
    minutes = [
        _integer(entry.get("estimated_time_to_regain_access"))
        for key, entries in _json(headers.get("x-business-use-case-usage")).items()
        if not account or key in (account, account.removeprefix("act_")) or len(_json(headers.get("x-business-use-case-usage"))) == 1
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping)
    ]
    seconds = _integer(_json(headers.get("x-ad-account-usage")).get("reset_time_duration"))
    longest = max([60 * each for each in minutes] + [seconds], default=0)
    return timedelta(seconds=longest) if longest > 0 else None


def _json(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
