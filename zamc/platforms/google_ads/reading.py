"""How each kind of object is read in bulk, and what a platform's row says of it.

`Observed.details` of Google, for watching; a key is there when the platform says something:
  primary_status  its own word: ELIGIBLE, PENDING, LIMITED, NOT_ELIGIBLE, LEARNING, MISCONFIGURED ...
  reasons         list of words behind it: BUDGET_CONSTRAINED, BIDDING_STRATEGY_LEARNING, HAS_ADS_DISAPPROVED ...
  learning        of a campaign: the bidding's own word, e.g. LEARNING_NEW; absent when it does not learn
  review          of an ad: REVIEW_IN_PROGRESS, REVIEWED, UNDER_APPEAL ...
  topics          of an ad or asset group: [{"topic": "DESTINATION_NOT_WORKING", "type": "PROHIBITED"}], policy by policy
  strength        of an ad or asset group: POOR, AVERAGE, GOOD, EXCELLENT
  assets          of an asset group: what is not approved of it, [{"asset": "12", "field": "HEADLINE", "approval": "DISAPPROVED"}]
A word that this version of the client does not know arrives as its number, "UNKNOWN(97)": nothing is lost, nothing breaks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zamc.deployments.ports import Observed

STATUS = {"ENABLED": "enabled", "PAUSED": "paused", "REMOVED": "removed"}
ASSETS_OF_GROUPS = (
    "asset_group.id",
    "asset_group_asset.asset",
    "asset_group_asset.field_type",
    "asset_group_asset.policy_summary.approval_status",
    "asset_group_asset.policy_summary.policy_topic_entries",
)


def word(message: Any, field: str) -> str:
    """The name of an enum value."""
    return _named(message, field, getattr(message, field))


def words(message: Any, field: str) -> list[str]:
    return [_named(message, field, number) for number in getattr(message, field)]


def _named(message: Any, field: str, number: int) -> str:
    value = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number.get(number)
    return value.name if value else f"UNKNOWN({number})"


def status(message: Any) -> str:
    """enabled, paused, removed; missing for a word that nobody knows, so that nothing is built upon it."""
    return STATUS.get(word(message, "status"), "missing")


@dataclass(frozen=True)
class Look:
    """How one kind is read: the resource of the query, the field with its id, and what else is asked for."""

    resource: str
    id_field: str
    more: Sequence[str]

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.id_field, *self.more)

    def observe(self, row: Any) -> tuple[str, Observed]:
        """External id and state of a row."""
        message = getattr(row, self.resource)
        external_id = message.ad.id if self.resource == "ad_group_ad" else message.id
        known = message.DESCRIPTOR.fields_by_name
        details: dict[str, Any] = {}
        if "primary_status" in known:
            details = {"primary_status": word(message, "primary_status"), "reasons": words(message, "primary_status_reasons")}
        if "ad_strength" in known and (strength := word(message, "ad_strength")) not in _NOTHING:
            details["strength"] = strength
        if self.resource == "campaign" and (learning := word(message, "bidding_strategy_system_status")).startswith("LEARNING"):
            details["learning"] = learning
        delivery = details.get("primary_status", "")
        if self.resource == "ad_group_ad":
            delivery = word(message.policy_summary, "approval_status")
            details["review"] = word(message.policy_summary, "review_status")
            details["topics"] = topics(message.policy_summary)
        budget = int(message.amount_micros) if self.resource == "campaign_budget" else None
        name = "" if self.resource == "ad_group_ad" else message.name
        return str(external_id), Observed(status(message), name, delivery, budget, details)


_NOTHING = ("UNSPECIFIED", "UNKNOWN", "PENDING", "NO_ADS")


def topics(summary: Any) -> list[dict[str, str]]:
    """Policy by policy, what was found and how grave it is."""
    return [{"topic": entry.topic, "type": word(entry, "type_")} for entry in summary.policy_topic_entries]


def with_assets(rows: Iterator[Any], seen: Mapping[str, Observed]) -> dict[str, Observed]:
    """Asset groups by external id, with what is not approved of their assets: Performance Max has no ad that could tell."""
    found: dict[str, Observed] = dict(seen)
    for row in rows:
        key, link = str(row.asset_group.id), row.asset_group_asset
        approval = word(link.policy_summary, "approval_status")
        if key not in found or approval in ("APPROVED", "UNSPECIFIED"):
            continue
        before = found[key].details
        asset = {"asset": link.asset.rsplit("/", 1)[-1], "field": word(link, "field_type"), "approval": approval}
        details = {
            **before,
            "assets": [*before.get("assets", []), asset],
            "topics": [*before.get("topics", []), *topics(link.policy_summary)],
        }
        found[key] = replace(found[key], details=details)
    return found


LOOKS: Mapping[str, Look] = {
    "budget": Look("campaign_budget", "campaign_budget.id", [f"campaign_budget.{name}" for name in ("name", "status", "amount_micros")]),
    "campaign": Look(
        "campaign",
        "campaign.id",
        [
            f"campaign.{name}"
            for name in ("name", "status", "primary_status", "primary_status_reasons", "serving_status", "bidding_strategy_system_status")
        ],
    ),
    "ad_group": Look(
        "ad_group", "ad_group.id", [f"ad_group.{name}" for name in ("name", "status", "primary_status", "primary_status_reasons")]
    ),
    "ad": Look(
        "ad_group_ad",
        "ad_group_ad.ad.id",
        [
            "ad_group_ad.status",
            "ad_group_ad.primary_status",
            "ad_group_ad.primary_status_reasons",
            "ad_group_ad.ad_strength",
            "ad_group_ad.policy_summary.approval_status",
            "ad_group_ad.policy_summary.review_status",
            "ad_group_ad.policy_summary.policy_topic_entries",
        ],
    ),
    "asset_group": Look(
        "asset_group",
        "asset_group.id",
        [f"asset_group.{name}" for name in ("name", "status", "primary_status", "primary_status_reasons", "ad_strength")],
    ),
}
