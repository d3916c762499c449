"""What a query's conditions say about which objects can be in its answer, so that an account is not read whole for one.

A hint never decides: every condition is tested again on the row. It only leaves out what cannot pass.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.google.gaql.dates import during, read_date
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

    def changed_since(self, now: dt.datetime) -> dt.datetime:
        """The earliest moment of change_event.change_date_time that the conditions let pass; `now` is the customer's time."""
        earliest = now - dt.timedelta(days=31)
        for condition in self.conditions:
            if condition.field != "change_event.change_date_time":
                continue
            text = condition.values[0].text
            if condition.operator is Operator.DURING:
                day = during(text.upper(), now.date())[0]
            elif condition.operator in (Operator.GREATER, Operator.GREATER_EQUAL, Operator.BETWEEN, Operator.EQUAL):
                day = read_date(text.split(" ", 1)[0])
            else:
                continue
            earliest = max(earliest, dt.datetime.combine(day, dt.time(), tzinfo=now.tzinfo))
        return earliest

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
