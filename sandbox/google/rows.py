"""Rows of a query before metrics: every object of the resource that can pass, with the objects it is joined to."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sandbox.google import reviews, statuses
from sandbox.google.account import PLATFORM, Account
from sandbox.google.bodies import Body
from sandbox.google.changes import change_events
from sandbox.google.constants import GEO_TARGETS, LANGUAGES
from sandbox.google.hints import PARENT, Hints
from sandbox.google.resources import full_body
from sandbox.google.rules import goals
from sandbox.google.shown import client_body, customer_body, geo_body
from sandbox.store import Obj, Transaction

Chain = dict[str, Obj]
# Grain of metrics by the kind that a row is about.
_GRAINS = {"ad_group": "group", "asset_group": "group", "ad_group_ad": "ad", "ad_group_criterion": "keyword"}


class Piece(NamedTuple):
    """What was given to something, or, with weights, the share of it that stands at `place`; of one campaign where one is named."""

    kind: str
    key: str
    weights: tuple[int, ...] = (1,)
    place: int = 0
    campaign: str = ""


@dataclass(frozen=True)
class Row:
    """Bodies by resource. `campaigns` are those whose facts the row sums, `grain` what of them: a kind and an id; or `pieces` of them."""

    bodies: dict[str, Body]
    campaigns: tuple[str, ...] = ()
    grain: tuple[str, str] = ("campaign", "")
    segments: Body = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()


_WITHOUT_STATUS = frozenset({"asset_group_signal", "asset_group_listing_group_filter"})


class Rows:
    """One consistent look at an account. `named` are the fields that the query names: nothing else is worked out."""

    def __init__(self, tx: Transaction, account: Account, named: Iterable[str], hints: Hints) -> None:
        self.tx = tx
        self.account = account
        self._named = frozenset(named)
        self._needed = {name.split(".", 1)[0] for name in self._named}
        self._hints = hints

    def of(self, resource: str) -> Iterator[Row]:
        """Rows of a resource, removed objects included, in order of creation."""
        special = getattr(self, f"_{resource}", None)
        yield from special() if special else self._plain(resource)

    def _find(self, kind: str, **narrowed: object) -> list[Obj]:
        # What has no status is not shown once it is removed.
        removed = False if kind in _WITHOUT_STATUS else None
        return self.tx.find(PLATFORM, self.account.id, kind, removed=removed, **narrowed)  # type: ignore[arg-type]  # names of arguments come from hints

    def _objects(self, kind: str) -> list[Obj]:
        """Objects of a kind that conditions on it, or on what it lies in, leave over."""
        own = self._hints.of(kind)
        if "ids" not in own and self._hints.above(kind):
            own["parents"] = [obj.id for obj in self._objects(PARENT[kind])]
        return self._find(kind, **own)

    def _chains(self, kind: str, objs: list[Obj]) -> list[Chain]:
        """Each object with those it lies in; what has no parent in the store (there is none such) is left out."""
        chains: list[Chain] = [{kind: obj} for obj in objs]
        above = kind
        while above in PARENT:
            below, above = above, PARENT[above]
            found = {obj.id: obj for obj in self._find(above, ids={chain[below].parent or "" for chain in chains})}
            chains = [{**chain, above: found[parent]} for chain in chains if (parent := chain[below].parent or "") in found]
        return chains

    def _states(self, kind: str) -> bool:
        """Whether the query names what only statuses.py knows of a kind."""
        wanted = tuple(f"{kind}.{name}" for name in ("primary_status", "serving_status", "bidding_strategy_system_status"))
        return any(name.startswith(wanted) for name in self._named)

    def _plain(self, kind: str) -> Iterator[Row]:
        chains = self._chains(kind, self._objects(kind))
        campaigns = self._campaign_states(chains)
        budgets = self._budgets(chains)
        links = self._links_of_groups(chains)
        for chain in chains:
            bodies: dict[str, Body] = {}
            for each in chain:
                if each in self._needed or each == kind:
                    bodies[each] = self._body(chain, each, campaigns, links)
            yield self._row(kind, chain, self._joined(chain, bodies, budgets))

    def _row(self, kind: str, chain: Chain, bodies: dict[str, Body]) -> Row:
        campaign = chain.get("campaign")
        grain = (_GRAINS.get(kind, "campaign"), chain[kind].id if kind in _GRAINS else "")
        return Row(bodies, (campaign.id,) if campaign else (), grain)

    def _joined(self, chain: Chain, bodies: dict[str, Body], budgets: dict[str, Body]) -> dict[str, Body]:
        if "customer" in self._needed:
            bodies["customer"] = self.customer
        paid_by = chain["campaign"].body.get("campaign_budget") if "campaign" in chain else None
        if paid_by in budgets:
            bodies["campaign_budget"] = budgets[paid_by]
        if "asset" in self._needed and "asset" not in bodies:
            for kind in ("campaign_asset", "asset_group_asset"):
                if kind in chain:
                    bodies["asset"] = self._asset_body(chain[kind].body["asset"].rsplit("/", 1)[-1])
        return bodies

    def _body(self, chain: Chain, kind: str, campaigns: dict[str, Body], links: dict[str, list[Obj]]) -> Body:
        obj = chain[kind]
        body = full_body(obj)
        if kind == "campaign":
            body.update(campaigns.get(obj.id, {}))
            return body
        now = self.account.now
        if kind in ("ad_group_ad", "asset_group_asset"):
            found = reviews.verdict(obj.body, now)
            body["policy_summary"] = reviews.policy_summary(found)
            if kind == "asset_group_asset":
                body.update(statuses.link("ASSET_LINK", body, found))
            elif self._states(kind):
                body.update(statuses.below("AD_GROUP_AD", body, campaigns[chain["campaign"].id], full_body(chain["ad_group"]), found))
        elif kind == "campaign_asset":
            body.update(statuses.link("ASSET_LINK", body, None))
        elif self._states(kind):
            group = full_body(chain["ad_group"]) if kind == "ad_group_criterion" else None
            found_below = statuses.of_group(links.get(obj.id, []), now) if kind == "asset_group" else None
            body.update(statuses.below(kind.upper(), body, campaigns[chain["campaign"].id], group, found_below))
        return body

    def _campaign_states(self, chains: list[Chain]) -> dict[str, Body]:
        kinds = ("campaign", *(kind for kind in PARENT if kind in self._needed))
        if not any(self._states(kind) for kind in kinds):
            return {}
        return statuses.campaigns(self.tx, self.account, (chain["campaign"] for chain in chains if "campaign" in chain))

    def _links_of_groups(self, chains: list[Chain]) -> dict[str, list[Obj]]:
        found: dict[str, list[Obj]] = {}
        if self._states("asset_group"):
            groups = {chain["asset_group"].id for chain in chains if "asset_group" in chain}
            for link in self._find("asset_group_asset", parents=groups):
                found.setdefault(link.parent or "", []).append(link)
        return found

    def _budgets(self, chains: list[Chain]) -> dict[str, Body]:
        """By resource name."""
        if "campaign_budget" not in self._needed:
            return {}
        ids = {str(chain["campaign"].body.get("campaign_budget", "")).rsplit("/", 1)[-1] for chain in chains if "campaign" in chain}
        return self._counted(self._find("campaign_budget", ids=ids))

    def _counted(self, budgets: list[Obj]) -> dict[str, Body]:
        """Budgets by resource name, with the number of campaigns that each pays for where that is asked for."""
        found = {body["resource_name"]: body for body in map(full_body, budgets)}
        if "campaign_budget.reference_count" in self._named:
            for body in found.values():
                body["reference_count"] = 0
            for campaign in self._find("campaign", parents=[obj.id for obj in budgets]):
                if not campaign.removed:
                    found[campaign.body["campaign_budget"]]["reference_count"] += 1
        return found

    @cached_property
    def customer(self) -> Body:
        return customer_body(self.account)

    def _asset_body(self, key: str) -> Body:
        if key not in self._assets:
            obj = self.tx.get(PLATFORM, self.account.id, "asset", key)
            self._assets[key] = full_body(obj) if obj is not None else {}
        return self._assets[key]

    @cached_property
    def _assets(self) -> dict[str, Body]:
        return {}

    def _customer(self) -> Iterator[Row]:
        yield Row({"customer": self.customer}, tuple(obj.id for obj in self._find("campaign")), ("campaign", ""))

    def _campaign_budget(self) -> Iterator[Row]:
        budgets = self._objects("campaign_budget")
        bodies = self._counted(budgets)
        paid: dict[str, list[str]] = {}
        if self._needed & {"metrics", "segments", "campaign"}:
            for campaign in self._find("campaign", parents=[obj.id for obj in budgets]):
                paid.setdefault(campaign.parent or "", []).append(campaign.id)
        for obj, body in zip(budgets, bodies.values(), strict=True):
            yield Row({"customer": self.customer, "campaign_budget": body}, tuple(paid.get(obj.id, ())))

    def split_by_campaign(self, row: Row) -> Iterator[Row]:
        """A budget's row, once for each campaign that it pays for."""
        objs = self._find("campaign", ids=row.campaigns)
        states = statuses.campaigns(self.tx, self.account, objs) if self._states("campaign") else {}
        for obj in objs:
            yield Row({**row.bodies, "campaign": {**full_body(obj), **states.get(obj.id, {})}}, (obj.id,))

    def _keyword_view(self) -> Iterator[Row]:
        self._needed.add("ad_group_criterion")
        for row in self._plain("ad_group_criterion"):
            body = row.bodies["ad_group_criterion"]
            if "keyword" in body and not body.get("negative"):
                group = body["ad_group"].rsplit("/", 1)[-1]
                name = f"{self.account.resource_name}/keywordViews/{group}~{body['criterion_id']}"
                yield Row({**row.bodies, "keyword_view": {"resource_name": name}}, row.campaigns, row.grain)

    def _ad_group_ad_asset_view(self) -> Iterator[Row]:
        self._needed.add("ad_group_ad")
        links: dict[str, list[Obj]] = {}
        rows = list(self._plain("ad_group_ad"))
        for link in self._find("ad_asset", parents=[row.grain[1] for row in rows]):
            links.setdefault(link.parent or "", []).append(link)
        for row in rows:
            ad = row.bodies["ad_group_ad"]
            group = ad["ad_group"].rsplit("/", 1)[-1]
            for link in links.get(row.grain[1], []):
                asset, field_type = self._asset_body(link.body["asset"]), link.body["field_type"]
                key = f"{group}~{row.grain[1]}~{link.body['asset']}~{field_type}"
                view = {
                    "resource_name": f"{self.account.resource_name}/adGroupAdAssetViews/{key}",
                    "ad_group_ad": ad["resource_name"],
                    "asset": asset["resource_name"],
                    "field_type": field_type,
                    "enabled": ad.get("status") == "ENABLED",
                    "source": "ADVERTISER",
                    "performance_label": "PENDING",
                }
                if pinned := link.body.get("pinned_field"):
                    view["pinned_field"] = pinned
                yield Row({**row.bodies, "asset": asset, "ad_group_ad_asset_view": view}, row.campaigns, ("asset", link.id))

    def _customer_conversion_goal(self) -> Iterator[Row]:
        for body in goals.of_customer(self.tx, self.account.id):
            yield Row({"customer": self.customer, "customer_conversion_goal": body})

    def _campaign_conversion_goal(self) -> Iterator[Row]:
        for campaign in self._objects("campaign"):
            for body in goals.of_campaign(self.tx, self.account.id, campaign.id):
                joined = {"campaign": full_body(campaign), "campaign_conversion_goal": body}
                yield Row({"customer": self.customer, **joined}, (campaign.id,))

    def _customer_client(self) -> Iterator[Row]:
        clients = [(0, self.account.id, self.account.body)]
        if self.account.body.get("manager"):
            others = self.tx.find(PLATFORM, None, "customer")
            clients += [(1, obj.id, {**obj.body, "status": obj.status}) for obj in others if obj.id != self.account.id]
        for level, key, body in clients:
            yield Row({"customer": self.customer, "customer_client": client_body(self.account, level, key, body)})

    def _change_event(self) -> Iterator[Row]:
        for event, campaign, group in change_events(self.tx, self.account, self._hints.changed_since(self.account.now)):
            bodies = {"customer": self.customer, "change_event": event}
            for kind, key in (("campaign", campaign), ("ad_group", group)):
                if key and kind in self._needed and (obj := self.tx.get(PLATFORM, self.account.id, kind, key)):
                    bodies[kind] = full_body(obj)
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
        first = self.tx.first(PLATFORM, self.account.id, "campaign")
        return (first.created_at.astimezone(self.account.now.tzinfo) if first else self.account.now).date()
