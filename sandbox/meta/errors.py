"""Meta's errors: their shape on the wire, and every documented one that a connector has to know, by name.

Codes and texts: developers.facebook.com/docs/marketing-api/error-reference, .../insights/error-codes,
.../marketing-apis/rate-limiting, and what client libraries report from production.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

MAY_RETRY: Final = "Please retry your request later."


@dataclass(eq=False)
class GraphError(Exception):
    """One error of the Graph API. `blame` names parameters, as paths; `data` is what else a client reads.

    Not frozen: a traceback is set on it.
    """

    code: int
    message: str
    subcode: int | None = None
    kind: str = "OAuthException"
    status: int = 400
    transient: bool = False
    title: str | None = None
    user_message: str | None = None
    blame: Sequence[Sequence[str]] = ()
    data: Mapping[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.code}/{self.subcode}: {self.message}"

    def body(self) -> dict[str, Any]:
        """The JSON body, with a fresh trace id."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.blame:
            # Meta sends this as JSON text inside the JSON.
            error["error_data"] = json.dumps({"blame_field_specs": [list(path) for path in self.blame]})
        if self.data is not None:
            error["error_data"] = dict(self.data)
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["is_transient"] = self.transient
        if self.title is not None:
            error["error_user_title"] = self.title
            error["error_user_msg"] = self.user_message
        error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
        return {"error": error}


def invalid(*blame: str, title: str, message: str, subcode: int | None = None, text: str = "Invalid parameter") -> GraphError:
    """Code 100: a value breaks a rule of the platform; `blame` names the parameters."""
    return GraphError(100, text, subcode, title=title, user_message=message, blame=[[name] for name in blame])


def param(message: str, *blame: str) -> GraphError:
    """Code 100: a parameter of the wrong type, or one that is missing or unknown."""
    return GraphError(100, f"(#100) {message}", blame=[[name] for name in blame])


def unsupported(method: str, node: str) -> GraphError:
    """100/33: the object does not exist, may not be seen, or does not take this method."""
    return GraphError(
        100,
        f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation. Please read the Graph API documentation at "
        "https://developers.facebook.com/docs/graph-api",
        33,
        kind="GraphMethodException",
    )


def _limit(code: int, subcode: int | None, message: str, *, status: int = 400) -> GraphError:
    title = "Ad Account Has Too Many API Calls" if code == 17 else "Too Many API Calls"
    return GraphError(code, message, subcode, status=status, title=title, user_message=f"{message}. {MAY_RETRY}")


def _busy(code: int, subcode: int | None, message: str, *, transient: bool = True) -> GraphError:
    return GraphError(code, message, subcode, status=500, transient=transient, title="Try Again", user_message=message)


BUSINESS_USE_CASES: Final = {
    80000: "ads_insights",
    80001: "pages",
    80002: "instagram",
    80003: "custom_audience",
    80004: "ads_management",
    80005: "leadgen",
    80006: "messenger",
    80008: "whatsapp_business_management",
    80009: "catalog_batch",
    80014: "catalog_management",
}

NAMED: Final[dict[str, GraphError]] = {
    "unknown": GraphError(1, "An unknown error occurred", status=500, transient=True),
    "unknown_level": GraphError(1, "An unknown error occurred", 99, status=500, transient=False),
    "reduce_data": GraphError(1, "Please reduce the amount of data you're asking for, then retry your request", status=500),
    "service": GraphError(2, "Service temporarily unavailable", status=503, transient=True),
    "app_limit": _limit(4, None, "(#4) Application request limit reached", status=403),
    "insights_app_limit": _limit(4, 1504022, "(#4) There have been too many calls from this app", status=403),
    "insights_ranking_limit": _limit(4, 1504039, "(#4) Too many calls to this ad account's insights", status=403),
    "permission": GraphError(10, "(#10) Application does not have permission for this action", status=403),
    "account_limit": _limit(17, 2446079, "User request limit reached"),
    "ads_permission": GraphError(200, "(#200) Ad account owner has NOT grant ads_management permission", status=403),
    "token": GraphError(190, "Invalid OAuth access token - Cannot parse access token"),
    "token_expired": GraphError(190, "Error validating access token: Session has expired", 463),
    "token_revoked": GraphError(
        190, "Error validating access token: The session has been invalidated because the user changed their password", 460
    ),
    "app_removed": GraphError(190, "Error validating access token: The user has not authorized the application", 458),
    "checkpoint": GraphError(
        190, "Error validating access token: You cannot access the app till you log in and follow the instructions", 459
    ),
    "account_blocked": GraphError(
        368,
        "The action attempted has been deemed abusive or is otherwise disallowed",
        title="Your Account Has Been Blocked",
        user_message="This ad account may not advertise. Request a review in Account Quality.",
    ),
    "no_payment": GraphError(
        100, "Invalid parameter", 1359188, title="No Payment Method",
        user_message="Update the payment method of this ad account or pay what is due before you run ads.",
    ),
    "object_missing": unsupported("GET", "0"),
    "flaky_creative": invalid(
        "creative", title="Creative Can't Be Used", message="The ad creative could not be loaded. Try again.", subcode=1487390
    ),
    "cbo_and_abo": invalid(
        "daily_budget",
        title="Campaign Budget And Ad Set Budget",
        message="You can set a budget for the campaign or for its ad sets, not for both.",
        subcode=1885621,
    ),
    "promoted_object_locked": invalid(
        "promoted_object",
        title="Promoted Object Can't Be Changed",
        message="The promoted object and the optimisation of a published ad set can't be changed.",
        subcode=3260011,
    ),
    "budget_too_low": invalid(
        "daily_budget", title="Your Budget Is Too Low", message="Please increase your budget.", subcode=1885272
    ),
    "budget_changes": _limit(613, 1487632, "(#613) The budget of this ad set was changed too often in the last hour"),
    "writes_limit": _limit(613, 1487742, "(#613) Calls to this api have exceeded the rate limit"),
    "insights_failed": _busy(-2, 2490547, "The report could not be made. Run it again.", transient=False),
    "insights_timeout": GraphError(
        100, "Invalid parameter", 1504018, title="Request Timed Out", user_message="Use a smaller date range."
    ),
    "insights_timeout_service": _busy(2, 1504038, "The request timed out. Use a smaller date range or fewer metrics."),
    "insights_breakdowns": GraphError(
        2, "Service temporarily unavailable", 1504041, status=500, title="Invalid Combination",
        user_message="This combination of breakdowns and metrics is not available.",
    ),
    "insights_intermittent": _busy(2, 1504043, "Insights are temporarily unavailable. Try again."),
    "retention": GraphError(
        3018, "(#3018) The start date of the time range cannot be beyond 37 months from the current date"
    ),
}  # fmt: skip

NAMED.update({
    f"{name}_limit": _limit(code, 2446079 if code == 80000 else None, f"(#{code}) There have been too many calls to this "
                            f"{'ad-account' if name.startswith('ads') else 'account'}. Wait a bit and try again. For more "
                            "info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting")
    for code, name in BUSINESS_USE_CASES.items()
})  # fmt: skip


def named(name: str, **changes: Any) -> GraphError:
    """A documented error. Raises KeyError for a name that nobody knows."""
    return replace(NAMED[name], **changes)


def from_detail(detail: Mapping[str, Any]) -> GraphError:
    """The error that a fault's `detail` describes: {"name": ...} or {"code": ..., "subcode": ..., "message": ...}."""
    if "code" not in detail:
        return named(str(detail.get("name", "service")))
    code, subcode = int(detail["code"]), detail.get("subcode")
    known = [e for e in NAMED.values() if e.code == code and (subcode is None or e.subcode == subcode)]
    base = known[0] if known else GraphError(code, str(detail.get("message", "An error occurred")))
    return replace(
        base,
        subcode=int(subcode) if subcode is not None else base.subcode,
        message=str(detail.get("message", base.message)),
        transient=bool(detail.get("is_transient", base.transient)),
        status=int(detail.get("status", base.status)),
    )
