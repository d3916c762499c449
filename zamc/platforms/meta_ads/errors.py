"""Meta's refusals as our errors.

Sources: developers.facebook.com/docs/marketing-api/error-reference and /docs/graph-api/overview/rate-limiting; is_transient alone
does not decide (it is false for some errors that pass by themselves and true for some that do not).
"""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from zamc.errors import AccountBlocked, CredentialsRefused, GiveUp, InDoubt, Later, Mend, OutsideError, Throttled
from zamc.platforms.errors import scrub
from zamc.platforms.meta_ads import usage

# Whose room it is: the app's, the account's calls of one business use case, or the account's.
_OF_APP = {4, 341}
_OF_USE_CASE = set(range(80000, 80015))
_OF_ACCOUNT = {17, 32, 613}
# Speak of one object (an ad set whose budget was changed four times in an hour), not of the account; and when it passes.
_OF_OBJECT = {(613, 1487632): timedelta(hours=1)}
_MAYBE = {1, 2, -2}
_FLAKY = {(100, 1487390)}  # says is_transient: false, and passes when it is sent again after a look
# Surely not done, and may pass: a chunk of an upload that came at the wrong place, a video that is not encoded yet.
_PASSING = {(6000, 1363037), (100, 1885204)}
# A report that took too long: as it was asked for it may pass on a quieter day.
_SLOW_REPORT = {(100, 1504018)}
# Comes with the code of an outage, and never passes.
_NEVER = {(2, 1504041)}
_BLOCKED = {368}
# A person must log in and do what Meta says, or pay: a new token would not help.
_BLOCKED_TOO = {(190, 459), (190, 464), (100, 1359188)}
_CREDENTIALS = {102, 104, 190, 463, 467}
_MISSING = {(100, 33)}
_FROZEN = {(100, 1885621), (100, 3260011)}
_PARAMETER = 100
_NO_SUCCESS = "no-success"
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
    if status == 429:
        return Throttled("Meta answered HTTP 429", code="429", request_id=trace, delay=usage.parse(headers, account=account).regain)
    why, code = _silence(status, body)
    if why:
        kind = InDoubt if write else Later
        return kind(why, code=code, request_id=trace, outage=code != _NO_SUCCESS)
    if not 200 <= status < 300:
        return GiveUp(scrub(f"Meta answered HTTP {status}: {str(body)[:200]}", secrets=secrets), code=str(status), request_id=trace)
    return None


def _silence(status: int, body: Any) -> tuple[str, str]:
    """Why an answer without an error says neither yes nor no, and a code for it; nothing when it says one of the two."""
    if status >= 500 or status == 408:
        return f"Meta answered HTTP {status} without saying why", str(status)
    if 200 <= status < 300 and not isinstance(body, Mapping | list):
        return "Meta's answer is not JSON; a proxy may stand in between", "not-json"
    if 200 <= status < 300 and isinstance(body, Mapping) and body.get("success") is False:
        return "Meta's answer says neither that it was done nor why not", _NO_SUCCESS
    return "", ""


def _of_error(
    error: Mapping[str, Any], status: int, headers: Mapping[str, str], *, write: bool, account: str, secrets: Iterable[str]
) -> OutsideError:
    code, subcode = _integer(error.get("code")), _integer(error.get("error_subcode"))
    name = f"{code}/{subcode}" if subcode else str(code)
    said = " - ".join(str(error[key]) for key in ("message", "error_user_title", "error_user_msg") if error.get(key))
    message = scrub(f"Meta {name}: {said or 'no reason given'}", secrets=secrets)
    trace = str(error.get("fbtrace_id", ""))

    delay = usage.parse(headers, account=account).regain
    if (code, subcode) in _OF_OBJECT:
        return Later(message, code=name, request_id=trace, delay=delay or _OF_OBJECT[code, subcode])
    if code in _OF_APP | _OF_USE_CASE | _OF_ACCOUNT:
        scope = "developer" if code in _OF_APP else "kind" if code in _OF_USE_CASE else "account"
        return Throttled(message, code=name, request_id=trace, delay=delay, scope=scope)
    if (code, subcode) in _PASSING | _SLOW_REPORT:
        return Later(message, code=name, request_id=trace, delay=timedelta(seconds=5 if (code, subcode) in _PASSING else 300))
    if _may_have_happened(code, subcode, status):
        kind = InDoubt if write else Later
        return kind(message, code=name, request_id=trace, outage=code in _MAYBE or status >= 500)
    refused: type[OutsideError] = GiveUp
    if code in _BLOCKED or (code, subcode) in _BLOCKED_TOO:
        refused = AccountBlocked
    elif code in _CREDENTIALS:
        refused = CredentialsRefused
    elif (code, subcode) not in _MISSING | _FROZEN and code == _PARAMETER and _blamed(error) & _CONTENT:
        refused = Mend
    return refused(message, code=name, request_id=trace)


def _may_have_happened(code: int, subcode: int, status: int) -> bool:
    if (code, subcode) in _NEVER:
        return False
    return code in _MAYBE or (code, subcode) in _FLAKY or (status >= 500 and code not in {100, 190, 200, 368})


def _blamed(error: Mapping[str, Any]) -> set[str]:
    data = error.get("error_data")
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return set()
    specs = data.get("blame_field_specs") if isinstance(data, Mapping) else None
    return {str(part) for spec in specs or [] for part in (spec if isinstance(spec, list) else [spec])}


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
