"""primary_status and its reasons, serving and learning status: what the platform makes of status, flight, review and budget."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sandbox.google.account import PLATFORM, Account
from sandbox.google.bodies import Body
from sandbox.google.reviews import DISAPPROVED, LIMITED, UNDER_REVIEW, Verdict, verdict
from sandbox.google.rules.campaigns import has_ended
from sandbox.store import Obj, Transaction, from_text

LEARNING_SETTING: Final = "google_learning_seconds"
_LEARNS: Final = ("MAXIMIZE_CONVERSIONS", "MAXIMIZE_CONVERSION_VALUE", "TARGET_CPA", "TARGET_ROAS")


def campaigns(tx: Transaction, account: Account, objs: Iterable[Obj]) -> dict[str, Body]:
    """The output-only status fields of campaigns, by id."""
    wanted = {obj.id: obj for obj in objs}
    groups = tx.parents(PLATFORM, account.id, "ad_group", "ENABLED", wanted)
    groups |= tx.parents(PLATFORM, account.id, "asset_group", "ENABLED", wanted)
    reviews = _reviews(tx, account, wanted)
    learning = timedelta(seconds=float(tx.setting(LEARNING_SETTING) or 0))
    return {
        key: _campaign(obj, account.now, has_groups=key in groups, reviews=reviews.get(key, Counter()), learning=learning)
        for key, obj in wanted.items()
    }


def _reviews(tx: Transaction, account: Account, wanted: Mapping[str, Obj]) -> dict[str, Counter[str]]:
    """How many ads or linked assets of each campaign stand in which state of review, approved ones left out."""
    found: dict[str, Counter[str]] = {}
    for group_kind, leaf in (("ad_group", "ad_group_ad"), ("asset_group", "asset_group_asset")):
        leaves = tx.find(PLATFORM, account.id, leaf, reviewed=True)
        if not leaves:
            continue
        above = {group.id: group.parent for group in tx.find(PLATFORM, account.id, group_kind, ids={one.parent or "" for one in leaves})}
        for one in leaves:
            campaign = above.get(one.parent or "") or ""
            state = verdict(one.body, account.now).state
            if campaign in wanted and state != "APPROVED":
                found.setdefault(campaign, Counter())[f"{leaf} {state}"] += 1
    return found


def _campaign(obj: Obj, now: datetime, *, has_groups: bool, reviews: Counter[str], learning: timedelta) -> Body:
    system = _system_status(obj, now, learning)
    shown: Body = {"bidding_strategy_system_status": system, "serving_status": "SERVING"}
    if off := _off(obj, now, has_groups=has_groups):
        return {**shown, **off}
    is_max = obj.body.get("advertising_channel_type") == "PERFORMANCE_MAX"
    word, leaf = ("ASSET_GROUPS", "asset_group_asset") if is_max else ("ADS", "ad_group_ad")
    if reviews[f"{leaf} {UNDER_REVIEW}"]:
        return {**shown, **_primary("PENDING", f"MOST_{word}_UNDER_REVIEW")}
    reasons = []
    if reviews[f"{leaf} {DISAPPROVED}"]:
        reasons.append(f"HAS_{word}_DISAPPROVED")
    if reviews[f"{leaf} {LIMITED}"]:
        reasons.append(f"HAS_{word}_LIMITED_BY_POLICY")
    if obj.body.get("budget_constrained"):
        reasons.append("BUDGET_CONSTRAINED")
    if system.startswith("LEARNING"):
        return {**shown, **_primary("LEARNING", "BIDDING_STRATEGY_LEARNING", *reasons)}
    return {**shown, **_primary("LIMITED" if reasons else "ELIGIBLE", *reasons)}


def _off(obj: Obj, now: datetime, *, has_groups: bool) -> Body | None:
    """Why a campaign does not run at all; None where it may."""
    body = obj.body
    is_max = body.get("advertising_channel_type") == "PERFORMANCE_MAX"
    pending = body.get("start_date_time", "") > now.strftime("%Y-%m-%d %H:%M:%S")
    cases = (
        (obj.status == "REMOVED" or obj.removed, "NONE", "REMOVED", "CAMPAIGN_REMOVED"),
        (has_ended(body, now), "ENDED", "ENDED", "CAMPAIGN_ENDED"),
        (obj.status == "PAUSED", "SERVING", "PAUSED", "CAMPAIGN_PAUSED"),
        (pending, "PENDING", "PENDING", "CAMPAIGN_PENDING"),
        (not has_groups, "SERVING", "NOT_ELIGIBLE", "NO_ASSET_GROUPS" if is_max else "NO_AD_GROUPS"),
    )
    for holds, serving, primary, reason in cases:
        if holds:
            return {"serving_status": serving, **_primary(primary, reason)}
    return None


def _primary(status: str, *reasons: str) -> Body:
    return {"primary_status": status, "primary_status_reasons": list(reasons)}


def _system_status(obj: Obj, now: datetime, learning: timedelta) -> str:
    """A strategy learns for a while after the campaign was first enabled, and again after its settings changed."""
    body = obj.body
    if body.get("bidding_strategy_type") not in _LEARNS:
        return "ENABLED"
    if obj.status != "ENABLED":
        return "PAUSED"
    since = from_text(body["learning_since"]) if "learning_since" in body else obj.created_at
    if now.astimezone(UTC) - since < learning:
        return str(body.get("learning_why", "LEARNING_NEW"))
    return "LIMITED_BY_BUDGET" if body.get("budget_constrained") else "ENABLED"


def below(word: str, body: Body, campaign: Body, group: Body | None = None, review: Verdict | None = None) -> Body:
    """primary_status of an ad group, asset group, ad, link or keyword (`word` AD_GROUP, AD_GROUP_AD, ASSET_LINK and so on).

    Its own status counts first, then its group's, then its campaign's, which must carry the fields of `campaigns`.
    """
    own = body.get("status")
    if own in ("REMOVED", "PAUSED"):
        return _primary(own, f"{word}_{own}")
    if group is not None and group.get("status") in ("REMOVED", "PAUSED"):
        return _primary("NOT_ELIGIBLE", f"AD_GROUP_{group['status']}")
    above = campaign["primary_status"]
    if above in ("REMOVED", "PAUSED", "ENDED") or (above == "PENDING" and "CAMPAIGN_PENDING" in campaign["primary_status_reasons"]):
        return _primary("PENDING" if above == "PENDING" else "NOT_ELIGIBLE", f"CAMPAIGN_{above}")
    if review is None:
        return _primary("ELIGIBLE")
    return _reviewed(word, review)


def link(word: str, body: Body, review: Verdict | None) -> Body:
    """primary_status of a link to an asset: its own status and the asset's review."""
    own = body.get("status")
    if own in ("REMOVED", "PAUSED"):
        return _primary(own, f"{word}_{own}")
    return _reviewed(word, review or Verdict("APPROVED"))


def _reviewed(word: str, review: Verdict) -> Body:
    # A link of an asset is named for the asset where review is meant.
    subject = "ASSET" if word == "ASSET_LINK" else word
    match review.state:
        case "UNDER_REVIEW":
            return _primary("PENDING", f"{subject}_UNDER_REVIEW")
        case "DISAPPROVED":
            return _primary("NOT_ELIGIBLE", f"{subject}_DISAPPROVED")
        case "APPROVED_LIMITED":
            return _primary("LIMITED", f"{subject}_LIMITED" if word == "ASSET_GROUP" else f"{subject}_APPROVED_LABELED")
        case _:
            return _primary("ELIGIBLE")


def of_group(links: Iterable[Obj], now: Any) -> Verdict:
    """Review of an asset group from that of its links: all must be through, and one good one is enough."""
    states = Counter(verdict(link.body, now).state for link in links if not link.removed)
    if states[UNDER_REVIEW]:
        return Verdict(UNDER_REVIEW)
    if states[DISAPPROVED] and states[DISAPPROVED] == states.total():
        return Verdict(DISAPPROVED)
    return Verdict(LIMITED if states[DISAPPROVED] or states[LIMITED] else "APPROVED")
