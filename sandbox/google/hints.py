"""What a query's conditions say about which objects can be in its answer, so that an account is not read whole for one.

A hint never decides: every condition is tested again on the row. It only leaves out what cannot pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.google.gaql.syntax import Condition, Operator

# Kind of object to the one that its parent column names.
PARENT: Final = {
    "ad_group": "campaign",
    "campaign_criterion": "campaign",
    "campaign_asset": "campaign",
    "asset_group": "campaign",
    "ad_group_ad": "ad_group",
    "ad_group_criterion": "ad_group",
    "asset_group_asset": "asset_group",
    "asset_group_signal": "asset_group",
    "asset_group_listing_group_filter": "asset_group",
}
_ID_FIELDS: Final = {"ad_group_ad": "ad_group_ad.ad.id", "ad_group_criterion": "ad_group_criterion.criterion_id"}
_JUST: Final = (Operator.EQUAL, Operator.IN)


@dataclass(frozen=True)
class Hints:
    """The conditions of one query."""

    conditions: Sequence[Condition] = ()

    def of(self, kind: str) -> dict[str, Any]:
        """Arguments of Transaction.find for a kind: `ids`, `name` or `like` where a condition gives one."""
        found: dict[str, Any] = {}
        id_field, no_ids = _ID_FIELDS.get(kind, f"{kind}.id"), kind in ("campaign_criterion", "campaign_asset", "asset_group_asset")
        for condition in self.conditions:
            values = [value.text for value in condition.values]
            if condition.operator in _JUST and not no_ids:
                if condition.field == id_field:
                    found["ids"] = [str(int(value)) for value in values]
                elif condition.field == f"{kind}.resource_name":
                    found["ids"] = [value.rsplit("/", 1)[-1].rsplit("~", 1)[-1] for value in values]
            if condition.field == f"{kind}.name" and condition.operator is Operator.EQUAL:
                found["name"] = values[0]
            elif condition.field == f"{kind}.name" and condition.operator is Operator.LIKE and (part := _part(values[0])):
                found["like"] = part
        return found

    def above(self, kind: str) -> str | None:
        """The nearest kind above this one that the conditions narrow down."""
        while kind in PARENT:
            kind = PARENT[kind]
            if self.of(kind):
                return kind
        return None


def _part(pattern: str) -> str:
    """The longest run of a LIKE pattern without wildcards."""
    if "[" in pattern:
        return ""
    return max(pattern.replace("_", "%").split("%"), key=len)
