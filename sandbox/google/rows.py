"""Rows of a query before metrics: every object of the resource with the objects it is joined to."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from sandbox.google.account import PLATFORM, Account
from sandbox.google.bodies import Body
from sandbox.google.changes import change_events
from sandbox.google.constants import GEO_TARGETS, LANGUAGES
from sandbox.google.resources import campaign_status, full_body, status_below
from sandbox.store import Obj, Transaction


@dataclass(frozen=True)
class Row:
    """Bodies by resource. `campaigns` are those whose facts the row sums, `grain` what of them: a kind and an id."""

    bodies: dict[str, Body]
    campaigns: tuple[str, ...] = ()
    grain: tuple[str, str] = ("campaign", "")
    segments: Body = field(default_factory=dict)


class Rows:
    """One consistent look at an account."""

    def __init__(self, tx: Transaction, account: Account) -> None:
        self.tx = tx
        self.account = account

    def of(self, resource: str) -> Iterator[Row]:
        """All rows of a resource, removed objects included, in order of creation."""
        yield from getattr(self, f"_{resource}")()

    def _all(self, kind: str) -> list[Obj]:
        return self.tx.find(PLATFORM, self.account.id, kind, removed=None)

    @cached_property
    def customer(self) -> Body:
        body = self.account.body
        return {
            "resource_name": self.account.resource_name,
            "id": int(self.account.id),
            "descriptive_name": body.get("descriptive_name", ""),
            "currency_code": self.account.currency,
            "time_zone": self.account.time_zone,
            "manager": bool(body.get("manager")),
            "test_account": True,
            "status": "ENABLED",
            "auto_tagging_enabled": bool(body.get("auto_tagging_enabled")),
        }

    @cached_property
    def budgets(self) -> dict[str, Body]:
        """By resource name, with the number of campaigns that each pays for."""
        found = {body["resource_name"]: body for body in map(full_body, self._all("campaign_budget"))}
        for body in found.values():
            body["reference_count"] = 0
        for campaign in self._all("campaign"):
            name = campaign.body.get("campaign_budget", "")
            if name in found and not campaign.removed:
                found[name]["reference_count"] += 1
        return found

    @cached_property
    def campaigns(self) -> dict[str, Body]:
        """By id."""
        with_groups = {group.parent for group in self._all("ad_group") if group.status == "ENABLED"}
        found = {}
        for obj in self._all("campaign"):
            body = full_body(obj)
            body.update(campaign_status(body, self.account.now, has_groups=obj.id in with_groups))
            found[obj.id] = body
        return found

    @cached_property
    def groups(self) -> dict[str, tuple[str, Body]]:
        """Campaign id and body by ad group id."""
        found = {}
        for obj in self._all("ad_group"):
            campaign, body = obj.parent or "", full_body(obj)
            body.update(status_below("AD_GROUP", body, self.campaigns[campaign]))
            found[obj.id] = (campaign, body)
        return found

    def _customer(self) -> Iterator[Row]:
        yield Row({"customer": self.customer}, tuple(self.campaigns), ("campaign", ""))

    def _campaign_budget(self) -> Iterator[Row]:
        for name, body in self.budgets.items():
            paid = [key for key, campaign in self.campaigns.items() if campaign.get("campaign_budget") == name]
            yield Row({"customer": self.customer, "campaign_budget": body}, tuple(paid))

    def split_by_campaign(self, row: Row) -> Iterator[Row]:
        """A budget's row, once for each campaign that it pays for."""
        for key in row.campaigns:
            yield Row({**row.bodies, "campaign": self.campaigns[key]}, (key,))

    def _campaign(self) -> Iterator[Row]:
        for key, body in self.campaigns.items():
            bodies = {"customer": self.customer, "campaign": body}
            if budget := self.budgets.get(body.get("campaign_budget", "")):
                bodies["campaign_budget"] = budget
            yield Row(bodies, (key,))

    def _in_campaign(self, campaign: str) -> dict[str, Body]:
        return {"customer": self.customer, "campaign": self.campaigns[campaign]}

    def _ad_group(self) -> Iterator[Row]:
        for key, (campaign, body) in self.groups.items():
            yield Row({**self._in_campaign(campaign), "ad_group": body}, (campaign,), ("group", key))

    def _below_group(self, kind: str) -> Iterator[tuple[Obj, str, dict[str, Body]]]:
        for obj in self._all(kind):
            campaign, group = self.groups[obj.parent or ""]
            body = full_body(obj)
            body.update(status_below(kind.upper(), body, self.campaigns[campaign], group))
            yield obj, campaign, {**self._in_campaign(campaign), "ad_group": group, kind: body}

    def _ad_group_ad(self) -> Iterator[Row]:
        for obj, campaign, bodies in self._below_group("ad_group_ad"):
            yield Row(bodies, (campaign,), ("ad", obj.id))

    def _ad_group_criterion(self) -> Iterator[Row]:
        for obj, campaign, bodies in self._below_group("ad_group_criterion"):
            yield Row(bodies, (campaign,), ("keyword", obj.id))

    def _keyword_view(self) -> Iterator[Row]:
        for obj, campaign, bodies in self._below_group("ad_group_criterion"):
            if "keyword" in obj.body and not obj.body.get("negative"):
                name = f"{self.account.resource_name}/keywordViews/{obj.parent}~{obj.id}"
                yield Row({**bodies, "keyword_view": {"resource_name": name}}, (campaign,), ("keyword", obj.id))

    def _ad_group_ad_asset_view(self) -> Iterator[Row]:
        assets = {obj.id: full_body(obj) for obj in self._all("asset")}
        links: dict[str | None, list[Obj]] = {}
        for link in self._all("ad_asset"):
            links.setdefault(link.parent, []).append(link)
        for obj, campaign, bodies in self._below_group("ad_group_ad"):
            for link in links.get(obj.id, []):
                asset, field_type = link.body["asset"], link.body["field_type"]
                prefix = f"{self.account.resource_name}/adGroupAdAssetViews"
                view = {
                    "resource_name": f"{prefix}/{obj.parent}~{obj.id}~{asset}~{field_type}",
                    "ad_group_ad": bodies["ad_group_ad"]["resource_name"],
                    "asset": assets[asset]["resource_name"],
                    "field_type": field_type,
                    "enabled": obj.status == "ENABLED",
                    "source": "ADVERTISER",
                    "performance_label": "PENDING",
                }
                if pinned := link.body.get("pinned_field"):
                    view["pinned_field"] = pinned
                joined = {**bodies, "asset": assets[asset], "ad_group_ad_asset_view": view}
                yield Row(joined, (campaign,), ("asset", link.id))

    def _campaign_criterion(self) -> Iterator[Row]:
        for obj in self._all("campaign_criterion"):
            yield Row({**self._in_campaign(obj.parent or ""), "campaign_criterion": full_body(obj)})

    def _conversion_action(self) -> Iterator[Row]:
        for obj in self._all("conversion_action"):
            yield Row({"customer": self.customer, "conversion_action": full_body(obj)})

    def _asset(self) -> Iterator[Row]:
        for obj in self._all("asset"):
            yield Row({"customer": self.customer, "asset": full_body(obj)})

    def _customer_client(self) -> Iterator[Row]:
        clients = [(0, self.account.id, self.account.body)]
        if self.account.body.get("manager"):
            others = self.tx.find(PLATFORM, None, "customer")
            clients += [(1, obj.id, obj.body) for obj in others if obj.id != self.account.id]
        for level, key, body in clients:
            client = {
                "resource_name": f"{self.account.resource_name}/customerClients/{key}",
                "client_customer": f"customers/{key}",
                "id": int(key),
                "level": level,
                "hidden": False,
                "manager": bool(body.get("manager")),
                "test_account": True,
                "status": "ENABLED",
                "descriptive_name": body.get("descriptive_name", ""),
                "currency_code": body.get("currency_code", "USD"),
                "time_zone": body.get("time_zone", "UTC"),
            }
            yield Row({"customer": self.customer, "customer_client": client})

    def _change_event(self) -> Iterator[Row]:
        for event, campaign, group in change_events(self.tx, self.account):
            bodies = {"customer": self.customer, "change_event": event}
            if campaign in self.campaigns:
                bodies["campaign"] = self.campaigns[campaign]
            if group in self.groups:
                bodies["ad_group"] = self.groups[group][1]
            yield Row(bodies)

    def _geo_target_constant(self) -> Iterator[Row]:
        for target in GEO_TARGETS.values():
            yield Row({"geo_target_constant": geo_body(target.id)})

    def _language_constant(self) -> Iterator[Row]:
        for language in LANGUAGES.values():
            name = f"languageConstants/{language.id}"
            body = {"resource_name": name, "id": language.id, "code": language.code, "name": language.name}
            yield Row({"language_constant": {**body, "targetable": True}})

    def first_day(self) -> dt.date:
        """The day on which the account's first campaign was made, in its time zone; today where there is none."""
        campaigns = self._all("campaign")
        zone = self.account.now.tzinfo
        return min((obj.created_at.astimezone(zone) for obj in campaigns), default=self.account.now).date()


def geo_body(key: int) -> Body:
    """A geo target constant as the platform shows it."""
    target = GEO_TARGETS[key]
    body: Body = {
        "resource_name": f"geoTargetConstants/{key}",
        "id": key,
        "name": target.names[0],
        "country_code": target.country,
        "target_type": target.target_type,
        "status": "ENABLED",
        "canonical_name": target.canonical,
    }
    if target.parent is not None:
        body["parent_geo_target"] = f"geoTargetConstants/{target.parent}"
    return body
