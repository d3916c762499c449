"""What a platform makes of a deployment, in the same words for all platforms. Pure.

Platforms add words without notice: one that we do not know is "unknown", with the word itself beside it, and nothing is built upon it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Aspect(StrEnum):
    DELIVERY = "delivery"
    REVIEW = "review"
    LEARNING = "learning"
    BUDGET = "budget"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Judged:
    """An object as it was last observed. delivery, details: zamc.deployments.ports.Observed."""

    kind: str
    local_ref: str
    status: str | None
    delivery: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Judgement:
    """verdict: one of ours. details: the platform's words behind it, the policy topics, how many ads stand how."""

    verdict: str
    details: Mapping[str, Any] = field(default_factory=dict)


DISAPPROVED, LIMITED, IN_REVIEW, UNKNOWN, APPROVED = "disapproved", "limited", "in_review", "unknown", "approved"
_WORST_FIRST = (DISAPPROVED, LIMITED, IN_REVIEW, UNKNOWN, APPROVED)
# Google: PolicyApprovalStatusEnum and PolicyReviewStatusEnum. Meta: effective_status of an ad.
_APPROVAL = {
    "google_ads": {
        "APPROVED": APPROVED, "APPROVED_LIMITED": LIMITED, "AREA_OF_INTEREST_ONLY": LIMITED, "DISAPPROVED": DISAPPROVED,
        "UNSPECIFIED": IN_REVIEW, "": IN_REVIEW,
    },
    "meta_ads": {
        "ACTIVE": APPROVED, "PAUSED": APPROVED, "CAMPAIGN_PAUSED": APPROVED, "ADSET_PAUSED": APPROVED, "DISAPPROVED": DISAPPROVED,
        "PENDING_REVIEW": IN_REVIEW, "IN_PROCESS": IN_REVIEW, "PREAPPROVED": IN_REVIEW, "PENDING_BILLING_INFO": LIMITED,
        "WITH_ISSUES": LIMITED, "": IN_REVIEW,
    },
}  # fmt: skip
# Google: CampaignPrimaryStatusEnum. Meta: effective_status of a campaign.
_DELIVERY = {
    "google_ads": {
        "ELIGIBLE": "eligible", "LEARNING": "eligible", "LIMITED": "limited", "PENDING": "pending", "NOT_ELIGIBLE": "not_eligible",
        "MISCONFIGURED": "not_eligible", "PAUSED": "paused", "REMOVED": "removed", "ENDED": "ended",
    },
    "meta_ads": {
        "ACTIVE": "eligible", "PAUSED": "paused", "WITH_ISSUES": "limited", "IN_PROCESS": "pending", "DELETED": "removed",
        "ARCHIVED": "removed",
    },
}  # fmt: skip
_MOST_TOPICS = 20


def judge(platform: str, objects: Sequence[Judged]) -> dict[Aspect, Judgement]:
    """Verdicts of a deployment by aspect, from all its objects that were observed."""
    root = next((each for each in objects if each.kind == "campaign"), None)
    if root is None or root.status is None:
        return {}
    return {
        Aspect.DELIVERY: _delivery(platform, root),
        Aspect.REVIEW: _review(platform, objects),
        Aspect.LEARNING: _learning(objects),
        Aspect.BUDGET: _budget(objects),
    }


def _delivery(platform: str, root: Judged) -> Judgement:
    if root.status == "removed":
        return Judgement("removed", {"word": root.delivery})
    verdict = _DELIVERY[platform].get(root.delivery, UNKNOWN)
    reasons = [str(each) for each in root.details.get("reasons", [])]
    return Judgement(verdict, {"word": root.delivery, **({"reasons": reasons} if reasons else {})})


def _review(platform: str, objects: Sequence[Judged]) -> Judgement:
    stands: Counter[str] = Counter()
    topics: list[dict[str, str]] = []
    words: set[str] = set()
    for each in objects:
        if each.status == "removed":
            continue
        if each.kind == "ad":
            stands[_approval(platform, each)] += 1
            words.add(each.delivery)
        elif each.kind == "asset_group":
            refused = [asset for asset in each.details.get("assets", []) if asset.get("approval") == "DISAPPROVED"]
            stands[LIMITED if refused else APPROVED] += 1
            words |= {str(asset.get("approval")) for asset in refused}
        else:
            continue
        topics += [{"object": each.local_ref, **topic} for topic in each.details.get("topics", [])]
    if not stands:
        return Judgement(UNKNOWN)
    worst = next(each for each in _WORST_FIRST if stands[each])
    details: dict[str, Any] = {"ads": dict(sorted(stands.items())), "words": sorted(words)}
    return Judgement(worst, {**details, **({"topics": topics[:_MOST_TOPICS]} if topics else {})})


def _approval(platform: str, ad: Judged) -> str:
    known = _APPROVAL[platform].get(ad.delivery, UNKNOWN)
    if platform == "google_ads" and known == UNKNOWN and ad.details.get("review") in ("REVIEW_IN_PROGRESS", "UNDER_APPEAL"):
        return IN_REVIEW
    return known


def _learning(objects: Sequence[Judged]) -> Judgement:
    words = sorted({str(each.details["learning"]) for each in objects if each.details.get("learning")})
    if any(word in ("FAIL", "LEARNING_LIMITED") or word.endswith("_LIMITED") for word in words):
        return Judgement("limited", {"words": words})
    if any(word.startswith("LEARNING") for word in words):
        return Judgement("learning", {"words": words})
    return Judgement("stable", {"words": words} if words else {})


def _budget(objects: Sequence[Judged]) -> Judgement:
    reasons = {str(reason) for each in objects for reason in each.details.get("reasons", [])}
    if "BUDGET_MISCONFIGURED" in reasons:
        return Judgement("misconfigured", {"reasons": ["BUDGET_MISCONFIGURED"]})
    return Judgement("constrained", {"reasons": ["BUDGET_CONSTRAINED"]}) if "BUDGET_CONSTRAINED" in reasons else Judgement("ok")


def is_final(platform: str, kind: str, delivery: str, details: Mapping[str, Any]) -> bool:
    """Whether an ad's review has come to an end, so that nothing but a change can give it another verdict."""
    if kind != "ad":
        return True
    return _approval(platform, Judged(kind, "", "", delivery, details)) == APPROVED
