"""What each fault does to a call: before it is carried out, to how it is, and to its answer."""

import time
from collections.abc import Mapping
from typing import Any, Final

from sandbox.faults import Fault
from sandbox.meta.errors import from_detail, named

HTML: Final = b"<html><head><title>502 Bad Gateway</title></head><body>Sorry, something went wrong.</body></html>"
PROXY: Final = b"<html><head><title>Sign in to the network</title></head><body>Please accept the terms of use.</body></html>"
REFUSALS: Final = {
    "unavailable": "service",
    "rate_limited": "ads_management_limit",
    "account_suspended": "account_blocked",
    "token_revoked": "token_revoked",
}
# Fields that hold one of a known set of words.
ENUMS: Final = frozenset(("status", "effective_status", "configured_status", "objective", "bid_strategy", "video_status", "async_status"))
UNKNOWN: Final = "SOMETHING_NEW"


class Dropped(Exception):
    """The answer never comes."""


class Page(Exception):
    """Something else than the platform answers, with a page."""

    def __init__(self, status: int, page: bytes) -> None:
        super().__init__(status)
        self.status, self.page = status, page


def before(fault: Fault | None) -> None:
    """Raises what keeps the call from being carried out."""
    if fault is None:
        return
    if fault.fault in ("late_commit", "slow"):
        time.sleep(fault.seconds)
    elif fault.fault == "reset":
        raise Dropped
    elif fault.fault == "html_200":
        raise Page(200, PROXY)
    elif fault.fault in REFUSALS:
        raise named(REFUSALS[fault.fault])
    elif fault.fault in ("error", "error_with_200") and not fault.detail.get("committed"):
        raise from_detail(fault.detail)


def times(fault: Fault | None, method: str) -> int:
    """How often the call is carried out."""
    return 2 if fault is not None and fault.fault == "duplicate" and method == "POST" else 1


def after(fault: Fault | None, body: Any) -> Any:
    """The answer of a call that was carried out. Raises what the client gets instead."""
    if fault is None:
        return body
    if fault.fault == "timeout_after_commit":
        time.sleep(fault.seconds)
        raise Dropped
    if fault.fault in ("error", "error_with_200"):
        raise from_detail(fault.detail)
    if fault.fault == "html":
        raise Page(502, HTML)
    if fault.fault == "missing_page" and isinstance(body, dict) and "data" in body:
        return {**body, "data": []}
    if fault.fault == "unknown_enum":
        return _strange(body, fault.detail)
    return body


def _strange(value: Any, detail: Mapping[str, Any]) -> Any:
    names = {str(detail["field"])} if "field" in detail else ENUMS
    if isinstance(value, list):
        return [_strange(item, detail) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: str(detail.get("value", UNKNOWN)) if key in names and isinstance(item, str) else _strange(item, detail)
        for key, item in value.items()
    }
