"""What a row of a platform's report must be, and what counts as a conversion. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from zamc.errors import OutsideError
from zamc.money import MICROS, decimals_of

LARGEST = 2**63 - 1  # BIGINT, and int64 in both platforms' APIs
LARGEST_CONVERSIONS = Decimal(10) ** 12  # NUMERIC(18, 6)
_SIX = Decimal("0.000001")

DEFAULT_WINDOW = "default"


class Grain(StrEnum):
    """What a row is about. Listed from the finest up: a day that is still running only grows, so reading the finest first means
    that a lower grain is never ahead of the one it is a part of.

    What cuts another way has the campaign's id (a landing page: the ad's) as its object and the part as its segment: "geo:2276" (the
    platform's id of a place, or a country's code), "device:MOBILE", "age:25-34|gender:female", "url:" and the final URL without query.
    """

    SEARCH_TERM = "search_term"
    KEYWORD = "keyword"
    CREATIVE = "creative"
    LANDING_PAGE = "landing_page"
    AD = "ad"
    AD_GROUP = "ad_group"
    GEO = "geo"
    DEVICE = "device"
    AUDIENCE = "audience"
    CAMPAIGN = "campaign"
    ACCOUNT = "account"


class BadReport(OutsideError):
    """A platform's report holds a row that cannot be true. Nothing of the account is written: a day is never half replaced."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a row is about. Ids are the platform's own; see zamc.analytics.tables.Fact."""

    grain: Grain
    object_id: str
    day: date
    currency: str
    segment: str = ""
    campaign_id: str | None = None
    ad_group_id: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class FactRow:
    """Impressions, clicks and spend of one subject. A subject that is in two rows with different values is refused."""

    subject: Subject
    impressions: int
    clicks: int
    spend_micros: int


@dataclass(frozen=True, slots=True)
class ConversionRow:
    """Conversions of one subject by action and attribution window. Only rows that are `counted` may be added up.

    action_id: the platform's id of the action where it has one; then `action` is its present name.
    """

    subject: Subject
    action: str
    attribution_window: str
    counted: bool
    conversions: Decimal
    value_micros: int
    action_id: str | None = None


def check(row: FactRow | ConversionRow, *, currency: str, first_day: date, last_day: date) -> None:
    """Raises BadReport that names the object, the day and what is wrong with it.

    Counts cannot be negative. Amounts and conversions can: a credit for invalid clicks, a conversion that was taken back.
    """
    subject = row.subject
    if not first_day <= subject.day <= last_day:
        raise _bad(subject, f"is outside of the days asked for ({first_day} to {last_day})")
    if subject.currency != currency:
        raise _bad(subject, f"is in {subject.currency}, the account is in {currency}; if its currency was changed, connect it anew")
    if not subject.object_id or any("\0" in part for part in (subject.object_id, subject.segment)):
        raise _bad(subject, "has no usable id")
    if isinstance(row, FactRow):
        for name in ("impressions", "clicks"):
            value = getattr(row, name)
            if not 0 <= value <= LARGEST:
                raise _bad(subject, f"has {name} {value}; 0 to 2^63 - 1 is possible")
        if abs(row.spend_micros) > LARGEST:
            raise _bad(subject, f"has spend_micros {row.spend_micros}; up to 2^63 - 1 is possible")
        return
    if not row.action or "\0" in row.action:
        raise _bad(subject, "has a conversion without an action")
    if not row.conversions.is_finite() or abs(row.conversions) >= LARGEST_CONVERSIONS:
        raise _bad(subject, f"has {row.conversions} conversions of {row.action}")
    if abs(row.value_micros) > LARGEST:
        raise _bad(subject, f"has a conversion value of {row.value_micros} micros")


def number(text: object, *, what: str) -> Decimal:
    """A platform's number, exactly: a decimal string, an integer, or a double by its shortest decimal. Raises BadReport."""
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        raise BadReport(f"the report has {text!r} for {what}, which is not a number") from None
    if not value.is_finite():
        raise BadReport(f"the report has {text!r} for {what}, which is not a number")
    return value


def whole(text: object, *, what: str) -> int:
    """A count. Raises BadReport for a fraction or for what is no number."""
    value = number(text, what=what)
    if value != value.to_integral_value() or abs(value) > LARGEST:
        raise BadReport(f"the report has {text!r} for {what}, which is not a possible count")
    return int(value)


def micros(text: object, *, currency: str, what: str) -> int:
    """An amount in units of a currency ("12.34" EUR, "1234" JPY) as micros, rounded to the nearest. Raises BadReport."""
    decimals_of(currency)
    value = number(text, what=what) * MICROS
    if abs(value) > LARGEST:
        raise BadReport(f"the report has {text!r} {currency} for {what}, which is more than any platform can bill")
    return int(value.to_integral_value())


def conversions(text: object, *, what: str) -> Decimal:
    """A number of conversions to six decimals (credit may be shared between clicks). Raises BadReport."""
    value = number(text, what=what)
    if abs(value) >= LARGEST_CONVERSIONS:
        raise BadReport(f"the report has {text!r} for {what}, which is not a possible number of conversions")
    return value.quantize(_SIX)


# Meta reports one purchase under several action types; each row here is one event under all the names that it goes by, the widest
# first. The first name that a row has is taken and the others are dropped, so that nothing is counted twice.
# https://developers.facebook.com/docs/marketing-api/reference/ads-action-stats
META_FAMILIES: dict[str, Sequence[str]] = {
    "purchase": (
        "omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase", "onsite_web_purchase", "app_custom_event.fb_mobile_purchase",
    ),
    "lead": ("lead", "offsite_conversion.fb_pixel_lead", "onsite_conversion.lead_grouped", "onsite_web_lead"),
    "complete_registration": (
        "omni_complete_registration", "complete_registration", "offsite_conversion.fb_pixel_complete_registration",
    ),
    "add_to_cart": ("omni_add_to_cart", "add_to_cart", "offsite_conversion.fb_pixel_add_to_cart"),
    "initiate_checkout": ("omni_initiated_checkout", "initiate_checkout", "offsite_conversion.fb_pixel_initiate_checkout"),
    "subscribe": ("subscribe_total", "subscribe_website", "offsite_conversion.fb_pixel_subscribe"),
    "start_trial": ("start_trial_total", "start_trial_website"),
    "donate": ("donate_total", "donate_website"),
    "contact": ("contact_total", "contact_website"),
}  # fmt: skip
_META_CUSTOM = "offsite_conversion.custom."
_COUNTED_BY_DEFAULT = frozenset({"purchase", "lead"})


def meta_actions(present: Sequence[str]) -> dict[str, str]:
    """From the action types of one row to canonical actions: {"purchase": "omni_purchase"} for the three names of one purchase.

    Custom conversions keep their own name. What is no conversion (link_click, post_engagement, video_view ...) is left out.
    """
    there = set(present)
    canonical = {action: next(name for name in names if name in there) for action, names in META_FAMILIES.items() if there & set(names)}
    return canonical | {name: name for name in present if name.startswith(_META_CUSTOM)}


def meta_counted(action: str, conversion_action: str | None) -> bool:
    """Whether a canonical action is what the account counts: its own conversion action if it names one that is known, else purchases
    and leads. One rule for every campaign of an account, so that campaigns add up to it."""
    wanted = (conversion_action or "").lower()
    if wanted in META_FAMILIES or wanted.startswith(_META_CUSTOM):
        return action == wanted
    return action in _COUNTED_BY_DEFAULT


def _bad(subject: Subject, sentence: str) -> BadReport:
    return BadReport(f"{subject.grain} {subject.object_id or '(no id)'} on {subject.day} {sentence}", code="bad_report")
