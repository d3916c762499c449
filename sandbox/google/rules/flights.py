"""Start and end of a campaign: `yyyy-MM-dd HH:mm:ss` in the customer's time zone; `yyyyMMdd HH:mm:ss` is read too.

The reference names the first form, Google's sample programs send the second. Both are kept in the first.
"""

import datetime as dt
import re

from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError
from sandbox.google.rules.kind import Check, same
from sandbox.store import Obj

_FORM = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")
_LATEST = "2037-12-30"


def _read(text: str) -> str | None:
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    try:
        moment = dt.datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001 - six numbers; in the account's own zone
    except ValueError:
        return None
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def normalise(body: Body) -> None:
    """Bring readable times into the reference's form; others stay for `flight_errors` to name."""
    for field in ("start_date_time", "end_date_time"):
        if text := body.get(field):
            body[field] = _read(text) or text


def flight_errors(context: Context, body: Body, before: Obj | None) -> Check:
    """What is wrong with the flight; times that an update leaves alone are not looked at again."""
    today = context.account.now.strftime("%Y-%m-%d")
    start, end = body.get("start_date_time", ""), body.get("end_date_time", "")
    readable = True
    for field, text in (("start_date_time", start), ("end_date_time", end)):
        if text and _read(text) is None:
            readable = False
            message = f"{text!r} is not a time in the form 'yyyy-MM-dd HH:mm:ss'."
            yield AdsError("date_error", "INVALID_STRING_DATE_TIME_SECONDS", message, (field,), trigger=text)
    if not readable:
        return
    if start and not same(before, body, "start_date_time"):
        yield from _start(start, today, before)
    if end and not same(before, body, "end_date_time"):
        yield from _end(end, today)
    if start and end and start > end:
        message = "The start date is after the end date."
        yield AdsError("date_range_error", "START_DATE_AFTER_END_DATE", message, ("end_date_time",), trigger=end)


def _start(start: str, today: str, before: Obj | None) -> Check:
    path = ("start_date_time",)
    if not start.endswith("00:00:00"):
        code = "DATE_RANGE_ERROR_START_TIME_MUST_BE_THE_START_OF_A_DAY"
        yield AdsError("date_error", code, "The start time must be 00:00:00.", path, trigger=start)
    if before is not None and before.body.get("start_date_time", "") <= f"{today} 23:59:59":
        code = "CANNOT_MODIFY_START_DATE_IF_ALREADY_STARTED"
        yield AdsError("campaign_error", code, "The campaign has already started.", path, trigger=start)
    elif start[:10] < today:
        message = "The start date is in the past."
        yield AdsError("campaign_error", "CANNOT_SET_DATE_TO_PAST", message, path, trigger=start)


def _end(end: str, today: str) -> Check:
    path = ("end_date_time",)
    if not end.endswith("23:59:59"):
        code = "DATE_RANGE_ERROR_END_TIME_MUST_BE_THE_END_OF_A_DAY"
        yield AdsError("date_error", code, "The end time must be 23:59:59.", path, trigger=end)
    if end[:10] < today:
        message = "The end date is in the past."
        yield AdsError("campaign_error", "CANNOT_SET_DATE_TO_PAST", message, path, trigger=end)
    if end[:10] > _LATEST:
        message = f"The end date is after {_LATEST}."
        yield AdsError("date_range_error", "AFTER_MAXIMUM_ALLOWABLE_DATE", message, path, trigger=end)
