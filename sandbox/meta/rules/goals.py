"""What an ad set may be after: goal, billing event, destination and promoted object, by the campaign's objective.

developers.facebook.com/docs/marketing-api/reference/ad-campaign-group, "Outcome-driven ads experiences".
"""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.meta.errors import invalid, param
from sandbox.meta.schema import check_struct, enum
from sandbox.meta.view import View
from sandbox.store import Obj

_ANY_SITE: Final = ("LINK_CLICKS", "LANDING_PAGE_VIEWS", "IMPRESSIONS", "REACH", "QUALITY_CALL", "CONVERSATIONS")
GOALS: Final[Mapping[str, tuple[str, ...]]] = {
    "OUTCOME_AWARENESS": ("REACH", "IMPRESSIONS", "AD_RECALL_LIFT", "THRUPLAY", "TWO_SECOND_CONTINUOUS_VIDEO_VIEWS"),
    "OUTCOME_TRAFFIC": (*_ANY_SITE, "PROFILE_VISIT", "VISIT_INSTAGRAM_PROFILE"),
    "OUTCOME_ENGAGEMENT": (*_ANY_SITE, "POST_ENGAGEMENT", "THRUPLAY", "PAGE_LIKES", "EVENT_RESPONSES", "OFFSITE_CONVERSIONS",
                           "REMINDERS_SET", "PROFILE_AND_PAGE_ENGAGEMENT"),
    "OUTCOME_LEADS": (*_ANY_SITE, "OFFSITE_CONVERSIONS", "LEAD_GENERATION", "QUALITY_LEAD"),
    "OUTCOME_SALES": (*_ANY_SITE, "OFFSITE_CONVERSIONS", "VALUE", "MESSAGING_PURCHASE_CONVERSION"),
    "OUTCOME_APP_PROMOTION": ("APP_INSTALLS", "APP_INSTALLS_AND_OFFSITE_CONVERSIONS", "LINK_CLICKS", "OFFSITE_CONVERSIONS", "VALUE"),
}  # fmt: skip
# Billing events that a goal takes besides IMPRESSIONS.
BILLING: Final = {"LINK_CLICKS": "LINK_CLICKS", "THRUPLAY": "THRUPLAY", "PAGE_LIKES": "PAGE_LIKES", "APP_INSTALLS": "APP_INSTALLS"}
# Where a goal can lead people; what is not named here takes a website or says nothing.
_SITE: Final = ("UNDEFINED", "WEBSITE")
_CHATS: Final = ("MESSENGER", "WHATSAPP", "INSTAGRAM_DIRECT", "MESSAGING_INSTAGRAM_DIRECT_MESSENGER",
                 "MESSAGING_INSTAGRAM_DIRECT_MESSENGER_WHATSAPP", "MESSAGING_MESSENGER_WHATSAPP")  # fmt: skip
DESTINATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "LEAD_GENERATION": ("ON_AD", "UNDEFINED", "LEAD_FROM_MESSENGER", "LEAD_FROM_IG_DIRECT"),
    "QUALITY_LEAD": ("ON_AD", "UNDEFINED"),
    "CONVERSATIONS": (*_CHATS, "UNDEFINED"),
    "MESSAGING_PURCHASE_CONVERSION": (*_CHATS, "UNDEFINED"),
    "QUALITY_CALL": ("PHONE_CALL", "UNDEFINED"),
    "OFFSITE_CONVERSIONS": (*_SITE, "APP", "WEBSITE_AND_PHONE_CALL"),
    "LINK_CLICKS": (*_SITE, "APP", *_CHATS, "PHONE_CALL"),
    "APP_INSTALLS": ("APP", "UNDEFINED"),
    "POST_ENGAGEMENT": ("ON_POST", "ON_PAGE", "UNDEFINED"),
    "THRUPLAY": ("ON_VIDEO", "UNDEFINED"),
    "PAGE_LIKES": ("ON_PAGE", "UNDEFINED"),
    "EVENT_RESPONSES": ("ON_EVENT", "UNDEFINED"),
    "PROFILE_VISIT": ("INSTAGRAM_PROFILE", "FACEBOOK_PAGE", "UNDEFINED"),
    "VISIT_INSTAGRAM_PROFILE": ("INSTAGRAM_PROFILE", "UNDEFINED"),
}
CONVERTING: Final = ("OFFSITE_CONVERSIONS", "VALUE")


def check_goal(values: Mapping[str, Any], campaign: Obj) -> None:
    goal, billing = values["optimization_goal"], values["billing_event"]
    if goal not in GOALS.get(str(campaign.body.get("objective")), ()):
        raise invalid(
            "optimization_goal",
            title="Performance Goal Isn't Available",
            message=f"The campaign objective {campaign.body.get('objective')} does not go with the goal {goal}.",
            subcode=2490408,
        )
    if billing not in ("IMPRESSIONS", BILLING.get(goal)):
        raise invalid(
            "billing_event",
            title="Billing Event Isn't Available",
            message=f"{billing} can't be the billing event of the goal {goal}.",
            subcode=2446404,
        )


def check_destination(values: Mapping[str, Any]) -> None:
    given, goal = str(values.get("destination_type") or "UNDEFINED"), str(values["optimization_goal"])
    if given not in DESTINATIONS.get(goal, _SITE):
        raise invalid(
            "destination_type",
            title="Destination Isn't Available",
            message=f"The goal {goal} does not go with the destination {given}.",
            subcode=1815715,
        )


def check_promoted(view: View, account: Obj, values: Mapping[str, Any]) -> None:
    given, goal = values.get("promoted_object") or {}, values["optimization_goal"]
    if not isinstance(given, dict):
        raise param("Param promoted_object must be an object", "promoted_object")
    promoted = check_struct("promoted_object", "AdPromotedObject", given)
    pixel, page = promoted.get("pixel_id"), promoted.get("page_id")
    if goal in CONVERTING and not (pixel or promoted.get("application_id") or promoted.get("custom_conversion_id")):
        raise invalid(
            "promoted_object",
            title="Pixel Required",
            message=f"The goal {goal} needs a promoted_object with pixel_id and custom_event_type.",
            subcode=1815089,
        )
    if pixel and view.get(account.id, "pixel", str(pixel)) is None:
        raise invalid("promoted_object", title="Pixel Not Available", message=f"This account has no pixel {pixel}.", subcode=1487930)
    if pixel and promoted.get("custom_event_type") not in enum("custom_event_type"):
        raise param(
            f"promoted_object[custom_event_type] must be one of the following values: {', '.join(enum('custom_event_type'))}",
            "promoted_object",
        )
    if page and view.get(account.id, "page", str(page)) is None:
        raise invalid("promoted_object", title="Page Not Available", message=f"This account can't use page {page}.", subcode=1487202)
    if goal in ("LEAD_GENERATION", "QUALITY_LEAD", "PAGE_LIKES") and not page:
        raise invalid("promoted_object", title="Page Required", message=f"The goal {goal} needs promoted_object[page_id].", subcode=1815089)
