"""Reading, its ground: the kinds of node, the edges between them, and what a reader has at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.meta.fields import Field
from sandbox.store import Obj, Transaction

PLATFORM: Final = "meta"
# Field that leads to another node -> kind and the key under which its id is kept.
LINKS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("adset", "campaign"): ("campaign", "campaign_id"),
    ("ad", "campaign"): ("campaign", "campaign_id"),
    ("ad", "adset"): ("adset", "adset_id"),
    ("ad", "creative"): ("adcreative", "creative_id"),
}
DELIVERABLE: Final = ("campaign", "adset", "ad")
EDGES: Final[Mapping[tuple[str, str], str]] = {
    ("adaccount", "campaigns"): "campaign",
    ("adaccount", "adsets"): "adset",
    ("adaccount", "ads"): "ad",
    ("adaccount", "adcreatives"): "adcreative",
    ("adaccount", "adimages"): "adimage",
    ("adaccount", "advideos"): "advideo",
    ("advideo", "thumbnails"): "thumbnail",
    ("adaccount", "activities"): "activity",
    ("adaccount", "adspixels"): "pixel",
    ("adaccount", "promote_pages"): "page",
    ("campaign", "adsets"): "adset",
    ("campaign", "ads"): "ad",
    ("adset", "ads"): "ad",
    ("adset", "adcreatives"): "adcreative",
    ("ad", "adcreatives"): "adcreative",
    ("user", "adaccounts"): "adaccount",
    ("user", "accounts"): "page",
}


@dataclass(frozen=True)
class View:
    """What reading needs: a transaction, the business time, the address asked, and how edges are listed."""

    tx: Transaction
    now: datetime
    url: str
    list_edge: Callable[["View", Obj, str, Mapping[str, str], tuple[Field, ...]], dict[str, Any]]

    # Of a read: what was looked at already, because many ads lie under one campaign.
    memory: dict[tuple[str, str, str], Obj | None] | None = None

    def get(self, account: str, kind: str, key: str) -> Obj | None:
        if self.memory is None:
            return self.tx.get(PLATFORM, account, kind, key)
        place = (account, kind, key)
        if place not in self.memory:
            self.memory[place] = self.tx.get(PLATFORM, account, kind, key)
        return self.memory[place]

    def account(self, obj: Obj) -> Obj:
        found = self.get(obj.account, "adaccount", obj.account)
        if found is None:
            raise LookupError(f"{obj.kind} {obj.id} lies in no account")
        return found

    def time(self, obj: Obj, moment: datetime) -> str:
        """In the account's time zone, as 2027-03-01T09:00:00+0100."""
        zone = ZoneInfo(str(self.account(obj).body.get("timezone_name", "UTC"))) if obj.account else ZoneInfo("UTC")
        return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S%z")
