"""Conversion actions of the account."""

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError
from sandbox.google.rules.kind import Check, Kind, required, status_check, text_error
from sandbox.store import Obj

_CREATABLE = ("WEBPAGE", "AD_CALL", "CLICK_TO_CALL", "UPLOAD_CALLS", "UPLOAD_CLICKS", "WEBSITE_CALL")


def _prepare(_context: Context, body: Body) -> None:
    body.setdefault("status", "ENABLED")
    body.setdefault("category", "DEFAULT")
    body.setdefault("primary_for_goal", True)
    body.setdefault("include_in_conversions_metric", True)
    body.setdefault("counting_type", "MANY_PER_CLICK")
    body.setdefault("click_through_lookback_window_days", 30)


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    yield from status_check(body, before)
    name = body.get("name", "")
    if not name:
        yield required("name")
    elif len(name) > 100:
        yield text_error("TOO_LONG", ("name",), name)
    for other in context.tx.find(PLATFORM, context.account.id, "conversion_action", name=name or None):
        if name and (before is None or other.id != before.id):
            message = "A conversion action with this name already exists."
            yield AdsError("conversion_action_error", "DUPLICATE_NAME", message, ("name",), trigger=name)
            break
    if "type" not in body:
        yield required("type")
    elif before is None and body["type"] not in _CREATABLE:
        message = "A conversion action of this type cannot be created through the API."
        yield AdsError("conversion_action_error", "CREATION_NOT_SUPPORTED", message, ("type",), trigger=body["type"])
    for field, highest in (("click_through_lookback_window_days", 90), ("view_through_lookback_window_days", 30)):
        days = body.get(field)
        if days is not None and not 1 <= days <= highest:
            code = "TOO_LOW" if days < 1 else "TOO_HIGH"
            message = f"The window lies between 1 and {highest} days."
            yield AdsError("range_error", code, message, (field,), trigger=str(days))


KIND = Kind("conversion_action", "ConversionAction", _prepare, _check)
