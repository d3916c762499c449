"""Google Ads as an AdPlatform: one atomic Mutate per launch, looked up by the marker in the campaign's name, read in bulk by GAQL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from zamc.clock import Clock, business_date
from zamc.deployments.ports import AccountState, Files, Found, Guard, Item, Observed, OutsideChange, Settings, Shown
from zamc.errors import AccountBlocked, CredentialsRefused, GiveUp, InDoubt, Mend, OutsideError
from zamc.platforms.google_ads.assets import Assets
from zamc.platforms.google_ads.builders import KINDS, resource_name, status_update
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.creates import tree
from zamc.platforms.google_ads.live import Live
from zamc.platforms.google_ads.reading import ASSETS_OF_GROUPS, LOOKS, status, with_assets
from zamc.projects.tables import AdAccount
from zamc.throttling.lane import urgent

_CHUNK = 1_000  # ids in one IN (...) of a query


def gaql(resource: str, fields: Iterable[str], where: str, *, order: str = "") -> str:
    """A query of the Google Ads Query Language. `where` holds ids and markers of ours only, never anybody's text."""
    clauses = ["SELECT", ", ".join(fields), "FROM", resource, "WHERE", where, *(["ORDER BY", order] if order else [])]
    return " ".join(clauses)


class GoogleAdsPlatform:
    """One customer. Threads may share it."""

    def __init__(self, client: GoogleClient, account: AdAccount, clock: Clock, files: Files) -> None:
        self._client = client
        self._customer_id = account.external_id
        self._time_zone = account.time_zone
        self._clock = clock
        self._live = Live(client, account.external_id, time_zone=account.time_zone, clock=clock, files=files)
        self._assets = Assets(client, account.external_id, files)

    def _today(self) -> date:
        return business_date(self._clock, self._time_zone)

    def create(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, str]:
        """Texts and pictures first, then all of it with validate_only: what that refuses did nothing, and cannot be in doubt."""
        assets = self._assets.ensure(items, guard=guard)
        request = tree(self._client, self._customer_id, items, today=self._today(), assets=assets)
        self._client.mutate(self._customer_id, request.operations, validate_only=True)
        guard()
        response = self._client.mutate(self._customer_id, request.operations)
        made = {}
        by_key = {item.obj_key: item for item in items}
        answered = response.mutate_operation_responses
        if len(answered) != len(request.operations):
            raise InDoubt(f"Google answered {len(answered)} of {len(request.operations)} operations", code="half-answer")
        for position, key in request.keys.items():
            result = answered[position]
            name = getattr(result, KINDS[by_key[key].kind][1]).resource_name
            made[key] = name.rsplit("/", 1)[-1].rsplit("~", 1)[-1]
        if not all(made.values()):
            raise InDoubt("Google's answer lacks names of what it made", code="no-name")
        return made

    def find(self, items: Sequence[Item]) -> Mapping[UUID, Sequence[Found]]:
        found: dict[UUID, Sequence[Found]] = {}
        for item in items:
            if item.kind == "campaign":
                hits = list(self.ours(item.marker))
                found[item.obj_key] = hits
                if hits:
                    found |= self._below(items, item, hits[0])
        return found

    def _below(self, items: Sequence[Item], campaign: Item, hit: Found) -> dict[UUID, Sequence[Found]]:
        """What one request made with a campaign: its budget, and through their parents the groups and ads."""
        where = f"campaign.id = {int(hit.external_id)}"
        kinds = {item.kind for item in items}
        found: dict[UUID, Sequence[Found]] = {}
        [row] = list(self._rows(gaql("campaign", ["campaign.id", "campaign_budget.id"], where))) or [None]
        budget = Found(str(row.campaign_budget.id), "budget", "", "enabled", hit.order) if row is not None else None
        groups = {kind: self._groups(kind, where) for kind in ("ad_group", "asset_group") if kind in kinds}
        ads: dict[str, Found] = {}
        if "ad" in kinds:
            fields = ["ad_group.name", "ad_group_ad.ad.id", "ad_group_ad.status"]
            for row in self._rows(gaql("ad_group_ad", fields, where, order="ad_group_ad.ad.id")):
                ad_id = row.ad_group_ad.ad.id
                ads.setdefault(row.ad_group.name, Found(str(ad_id), "ad", "", status(row.ad_group_ad), ad_id))
        names = {item.obj_key: item.spec["name"] for item in items if item.kind == "ad_group"}
        for item in items:
            if item.kind == "budget" and budget is not None and campaign.siblings.get("budget") == item.obj_key:
                found[item.obj_key] = [budget]
            elif item.kind in groups and item.spec["name"] in groups[item.kind]:
                found[item.obj_key] = [groups[item.kind][item.spec["name"]]]
            elif item.kind == "ad" and (name := names.get(item.siblings.get("ad_group", item.obj_key))) in ads:
                found[item.obj_key] = [ads[name]]
        return found

    def _groups(self, kind: str, where: str) -> dict[str, Found]:
        """Ad groups or asset groups of a campaign by name, which is unique within it."""
        found = {}
        for row in self._rows(gaql(kind, [f"{kind}.id", f"{kind}.name", f"{kind}.status"], where)):
            group = getattr(row, kind)
            found[group.name] = Found(str(group.id), kind, group.name, status(group), group.id)
        return found

    def set_status(self, items: Sequence[Item], status: Literal["enabled", "paused"], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        """One request for all of them. A pause that one of them spoils is sent again for each alone; an enable is all or nothing."""
        with urgent(when=status == "paused"):
            try:
                self._set(items, status, guard)
            except OutsideError as error:
                # What is refused because of who asks, or of the account, is no better one by one.
                spoiled = isinstance(error, GiveUp | Mend) and not isinstance(error, CredentialsRefused | AccountBlocked)
                if status == "paused" and spoiled:
                    return self._pause_each(items, guard)
                return {item.obj_key: error for item in items}
            return {}

    def _set(self, items: Sequence[Item], status: str, guard: Guard) -> None:
        operations = [status_update(self._client, self._customer_id, item, status) for item in items]
        guard()
        self._client.mutate(self._customer_id, operations)

    def _pause_each(self, items: Sequence[Item], guard: Guard) -> dict[UUID, OutsideError]:
        errors: dict[UUID, OutsideError] = {}
        for item in items:
            try:
                self._set([item], "paused", guard)
            except OutsideError as error:
                errors[item.obj_key] = error
        # What was removed is off for ever, and a platform refuses to pause it.
        refused = [item for item in items if isinstance(errors.get(item.obj_key), GiveUp | Mend)]
        for key, observed in self.read(refused).items() if refused else ():
            if observed.status == "removed":
                errors.pop(key)
        return errors

    def read(self, items: Sequence[Item]) -> Mapping[UUID, Observed]:
        seen: dict[UUID, Observed] = {item.obj_key: Observed("missing") for item in items}
        for kind, look in LOOKS.items():
            wanted = {item.external_id: item.obj_key for item in items if item.kind == kind and item.external_id is not None}
            ids = sorted(wanted)
            for start in range(0, len(ids), _CHUNK):
                chunk = ", ".join(str(int(each)) for each in ids[start : start + _CHUNK])
                found = dict(look.observe(row) for row in self._rows(gaql(look.resource, look.fields, f"{look.id_field} IN ({chunk})")))
                if kind == "asset_group" and found:
                    refused = f"asset_group.id IN ({chunk}) AND asset_group_asset.policy_summary.approval_status != 'APPROVED'"
                    found = with_assets(self._rows(gaql("asset_group_asset", ASSETS_OF_GROUPS, refused)), found)
                seen.update({wanted[external_id]: observed for external_id, observed in found.items() if external_id in wanted})
        return seen

    def ours(self, prefix: str) -> Iterable[Found]:
        where = f"campaign.name LIKE '%{prefix}%' AND campaign.status != 'REMOVED'"
        for row in self._rows(gaql("campaign", ["campaign.id", "campaign.name", "campaign.status"], where, order="campaign.id")):
            campaign = row.campaign
            yield Found(str(campaign.id), "campaign", campaign.name, status(campaign), campaign.id)

    def remove(self, kind: str, external_id: str, *, guard: Guard) -> None:
        operation = self._client.message("MutateOperation")
        stray = Item(UUID(int=0), kind, "", "", {}, external_id=external_id)
        getattr(operation, KINDS[kind][0]).remove = resource_name(self._customer_id, stray)
        guard()
        self._client.mutate(self._customer_id, [operation])

    def update(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        return self._live.update(items, guard=guard)

    def values(self, items: Sequence[Item]) -> Mapping[UUID, Mapping[str, Any]]:
        return self._live.values(items)

    def settings(self, items: Sequence[Item]) -> Mapping[UUID, Settings]:
        return self._live.settings(items)

    def survey(self, prefix: str, *, since: datetime | None) -> Iterable[Sequence[Shown]]:
        return self._live.survey(prefix, since=since)

    def account(self) -> AccountState:
        return self._live.account()

    def history(self, since: datetime, until: datetime) -> Sequence[OutsideChange]:
        return self._live.history(since, until)

    def _rows(self, query: str) -> Iterator[Any]:
        return self._client.search(self._customer_id, query)
