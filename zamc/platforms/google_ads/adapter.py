"""Google Ads as an AdPlatform: one atomic Mutate per launch, looked up by the marker in the campaign's name, read in bulk by GAQL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from zamc.clock import Clock, business_date
from zamc.deployments.ports import Found, Guard, Item, Observed
from zamc.errors import GiveUp, InDoubt, Mend, OutsideError
from zamc.platforms.google_ads.builders import KINDS, resource_name, status_update, tree
from zamc.platforms.google_ads.client import GoogleClient
from zamc.projects.tables import AdAccount

_CHUNK = 1_000  # ids in one IN (...) of a query
_STATUS = {"ENABLED": "enabled", "PAUSED": "paused", "REMOVED": "removed"}


def gaql(resource: str, fields: Iterable[str], where: str, *, order: str = "") -> str:
    """A query of the Google Ads Query Language. `where` holds ids and markers of ours only, never anybody's text."""
    clauses = ["SELECT", ", ".join(fields), "FROM", resource, "WHERE", where, *(["ORDER BY", order] if order else [])]
    return " ".join(clauses)


class GoogleAdsPlatform:
    """One customer. Threads may share it."""

    def __init__(self, client: GoogleClient, account: AdAccount, clock: Clock) -> None:
        self._client = client
        self._customer_id = account.external_id
        self._time_zone = account.time_zone
        self._clock = clock

    def _today(self) -> date:
        return business_date(self._clock, self._time_zone)

    def create(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, str]:
        """validate_only first: what it refuses did nothing, and cannot be in doubt."""
        request = tree(self._client, self._customer_id, items, today=self._today())
        self._client.mutate(self._customer_id, request.operations, validate_only=True)
        guard()
        response = self._client.mutate(self._customer_id, request.operations)
        made = {}
        by_key = {item.obj_key: item for item in items}
        for position, key in request.keys.items():
            result = response.mutate_operation_responses[position]
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
        """What one request made with a campaign: its budget, and through their parents the ad groups and ads."""
        where = f"campaign.id = {int(hit.external_id)}"
        groups: dict[str, Found] = {}
        ads: dict[str, Found] = {}
        found: dict[UUID, Sequence[Found]] = {}
        [row] = list(self._rows(gaql("campaign", ["campaign.id", "campaign_budget.id"], where))) or [None]
        budget = Found(str(row.campaign_budget.id), "budget", "", "enabled", hit.order) if row is not None else None
        for row in self._rows(gaql("ad_group", ["ad_group.id", "ad_group.name", "ad_group.status"], where)):
            group = row.ad_group
            groups[group.name] = Found(str(group.id), "ad_group", group.name, _status(group), group.id)
        fields = ["ad_group.name", "ad_group_ad.ad.id", "ad_group_ad.status"]
        for row in self._rows(gaql("ad_group_ad", fields, where, order="ad_group_ad.ad.id")):
            ad_id = row.ad_group_ad.ad.id
            ads.setdefault(row.ad_group.name, Found(str(ad_id), "ad", "", _status(row.ad_group_ad), ad_id))
        names = {item.obj_key: item.spec["name"] for item in items if item.kind == "ad_group"}
        for item in items:
            if item.kind == "budget" and budget is not None and campaign.siblings.get("budget") == item.obj_key:
                found[item.obj_key] = [budget]
            elif item.kind == "ad_group" and item.spec["name"] in groups:
                found[item.obj_key] = [groups[item.spec["name"]]]
            elif item.kind == "ad" and (name := names.get(item.siblings.get("ad_group", item.obj_key))) in ads:
                found[item.obj_key] = [ads[name]]
        return found

    def set_status(self, items: Sequence[Item], status: Literal["enabled", "paused"], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        """One request for all of them. A pause that one of them spoils is sent again for each alone; an enable is all or nothing."""
        try:
            self._set(items, status, guard)
        except (GiveUp, Mend) as error:
            if status == "enabled":
                return {item.obj_key: error for item in items}
            return self._pause_each(items, guard)
        except OutsideError as error:
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
        for kind, look in _LOOKS.items():
            wanted = {item.external_id: item.obj_key for item in items if item.kind == kind and item.external_id is not None}
            ids = sorted(wanted)
            for start in range(0, len(ids), _CHUNK):
                chunk = ", ".join(str(int(each)) for each in ids[start : start + _CHUNK])
                for row in self._rows(gaql(look.resource, look.fields, f"{look.id_field} IN ({chunk})")):
                    external_id, observed = look.observe(row)
                    if external_id in wanted:
                        seen[wanted[external_id]] = observed
        return seen

    def ours(self, prefix: str) -> Iterable[Found]:
        where = f"campaign.name LIKE '%{prefix}%' AND campaign.status != 'REMOVED'"
        for row in self._rows(gaql("campaign", ["campaign.id", "campaign.name", "campaign.status"], where, order="campaign.id")):
            campaign = row.campaign
            yield Found(str(campaign.id), "campaign", campaign.name, _status(campaign), campaign.id)

    def remove(self, kind: str, external_id: str, *, guard: Guard) -> None:
        operation = self._client.message("MutateOperation")
        stray = Item(UUID(int=0), kind, "", "", {}, external_id=external_id)
        getattr(operation, KINDS[kind][0]).remove = resource_name(self._customer_id, stray)
        guard()
        self._client.mutate(self._customer_id, [operation])

    def _rows(self, query: str) -> Iterator[Any]:
        return self._client.search(self._customer_id, query)


class _Look:
    """How one kind is read in bulk."""

    def __init__(self, resource: str, id_field: str, *fields: str) -> None:
        self.resource, self.id_field = resource, id_field
        self.fields = (id_field, *fields)

    def observe(self, row: Any) -> tuple[str, Observed]:
        message = getattr(row, self.resource)
        external_id = message.ad.id if self.resource == "ad_group_ad" else message.id
        delivery, details = "", {}
        if self.resource == "campaign":
            delivery = _name(message, "primary_status")
            kinds = message.DESCRIPTOR.fields_by_name["primary_status_reasons"].enum_type.values_by_number
            details["reasons"] = [kinds[number].name for number in message.primary_status_reasons]
        elif self.resource == "ad_group_ad":
            delivery = _name(message.policy_summary, "approval_status")
        budget = int(message.amount_micros) if self.resource == "campaign_budget" else None
        name = "" if self.resource == "ad_group_ad" else message.name
        return str(external_id), Observed(_status(message), name, delivery, budget, details)


_LOOKS = {
    "budget": _Look(
        "campaign_budget", "campaign_budget.id", "campaign_budget.name", "campaign_budget.status", "campaign_budget.amount_micros"
    ),
    "campaign": _Look(
        "campaign", "campaign.id", "campaign.name", "campaign.status", "campaign.primary_status", "campaign.primary_status_reasons"
    ),
    "ad_group": _Look("ad_group", "ad_group.id", "ad_group.name", "ad_group.status"),
    "ad": _Look("ad_group_ad", "ad_group_ad.ad.id", "ad_group_ad.status", "ad_group_ad.policy_summary.approval_status"),
}


def _name(message: Any, field: str) -> str:
    """The name of an enum value; a number that this version does not know is UNKNOWN."""
    value = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number.get(getattr(message, field))
    return value.name if value else "UNKNOWN"


def _status(message: Any) -> str:
    return _STATUS.get(_name(message, "status"), "missing")
