"""What a campaign aims at, bids and says, as Google has it: read in bulk, compared in words that people read, and put back.

Criteria are told as texts: a country by its code ("DE"), any other place by its resource name, a circle as "Lisbon, PT, 15 km", a
schedule as "MONDAY 08:00-18:00"; what is excluded begins with "-". Google's own automatic criteria (every device at its plain bid, every
age) say nothing and are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from zamc.deployments.ports import Files, Item, Settings
from zamc.errors import GiveUp
from zamc.platforms.google_ads import constants, contents
from zamc.platforms.google_ads.aims import ORDERED, Told, automations, bidding, in_order, told
from zamc.platforms.google_ads.builders import resource_name
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.creates import set_automations
from zamc.platforms.google_ads.signals import Signals

FIELDS = (
    frozenset({"locations", "languages", "schedule", "audience", "signals", "bidding", "final_url", "url_suffix", "automations"})
    | contents.FIELDS
)
_CHUNK = 1_000
# An ad group that nobody gave a bid shows the smallest one.
_NO_BID = 10_000
_CAMPAIGN = (
    "id", "bidding_strategy_type", "final_url_suffix", "maximize_conversions.target_cpa_micros",
    "maximize_conversion_value.target_roas", "target_spend.cpc_bid_ceiling_micros", "asset_automation_settings",
)  # fmt: skip
_CRITERION = (
    "resource_name", "type", "negative", "bid_modifier", "display_name", "location.geo_target_constant", "language.language_constant",
    "proximity.address.city_name", "proximity.address.country_code", "proximity.radius", "proximity.radius_units", "device.type",
    "ad_schedule.day_of_week", "ad_schedule.start_hour", "ad_schedule.start_minute", "ad_schedule.end_hour", "ad_schedule.end_minute",
)  # fmt: skip
_GROUP_CRITERION = ("resource_name", "type", "negative", "bid_modifier", "display_name", "age_range.type")


class GoogleSettings:
    """One customer."""

    def __init__(self, client: GoogleClient, customer_id: str, files: Files) -> None:
        self._client, self._customer_id = client, customer_id
        self._contents, self._signals = contents.Contents(client, customer_id, files), Signals(client, customer_id)

    def read(self, items: Sequence[Item]) -> dict[UUID, Settings]:
        """Ordered and shown of every item that is there. Keywords are not among them (see live.py)."""
        specs = {item.obj_key: (item.kind, item.spec) for item in items}
        found = {}
        for key, there in self.shown(items).items():
            kind, spec = specs[key]
            ordered = ORDERED[kind](spec)
            # What was accepted stands in the spec under the field's own name.
            own = {name: spec[name] for name in ordered.keys() & spec.keys() if name not in ("images", "brand")}
            found[key] = Settings({**ordered, **own, **_in_order(kind, own)}, there)
        return found

    def shown(self, items: Sequence[Item]) -> dict[UUID, dict[str, Any]]:
        """What is there of every item that is."""
        by_kind = {kind: self._shown(kind, [item for item in items if item.kind == kind and item.external_id]) for kind in ORDERED}
        for key, brand in self._brands([item for item in items if item.kind == "campaign" and item.external_id]).items():
            if key in by_kind["campaign"]:
                by_kind["campaign"][key]["brand"] = brand
        named = ((item.obj_key, by_kind.get(item.kind, {}).get(item.external_id or "")) for item in items)
        return {key: there for key, there in named if there is not None}

    def _shown(self, kind: str, items: Sequence[Item]) -> dict[str, dict[str, Any]]:
        known = contents.pictures_in(items)
        ask = {
            "campaign": self._campaigns,
            "ad_group": self._groups,
            "ad": lambda ids: self._contents.ads(ids, known),
            "asset_group": lambda ids: self._asset_groups(ids, known),
        }[kind]
        ids = sorted({str(item.external_id) for item in items})
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), _CHUNK):
            found |= ask(", ".join(str(int(each)) for each in ids[start : start + _CHUNK]))
        return found

    def _campaigns(self, ids: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        where = f"campaign.id IN ({ids}) AND campaign.status != 'REMOVED'"
        for row in self._rows("campaign", [f"campaign.{name}" for name in _CAMPAIGN], where):
            each = row.campaign
            found[str(each.id)] = {
                **{name: [] for name in ("locations", "languages", "schedule", "audience")},
                "bidding": bidding(each),
                "url_suffix": each.final_url_suffix,
                "automations": automations(each),
            }
        for parent, said, _ in self.criteria("campaign", ids):
            if parent in found:
                found[parent][said[0]].append(said[1])
        return found

    def _groups(self, ids: str) -> dict[str, dict[str, Any]]:
        where = f"ad_group.id IN ({ids}) AND ad_group.status != 'REMOVED'"
        rows = self._rows("ad_group", ["ad_group.id", "ad_group.cpc_bid_micros"], where)
        bids = {str(row.ad_group.id): row.ad_group.cpc_bid_micros for row in rows}
        found: dict[str, dict[str, Any]] = {
            key: {"bidding": f"cpc {bid}" if bid > _NO_BID else "", "audience": []} for key, bid in bids.items()
        }
        for parent, said, _ in self.criteria("ad_group", ids):
            if parent in found:
                found[parent][said[0]].append(said[1])
        return found

    def _brands(self, items: Sequence[Item]) -> dict[str, dict[str, Any]]:
        named = [item for item in items if "brand" in item.spec]
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(named), _CHUNK):
            some = named[start : start + _CHUNK]
            found |= self._contents.brands(", ".join(str(int(item.external_id or 0)) for item in some), contents.pictures_in(some))
        return found

    def _asset_groups(self, ids: str, known: contents.Known) -> dict[str, dict[str, Any]]:
        where = f"asset_group.id IN ({ids}) AND asset_group.status != 'REMOVED'"
        said = self._contents.asset_groups(ids, known)
        found: dict[str, dict[str, Any]] = {
            key: {"final_url": " ".join(row.asset_group.final_urls), "signals": [], **said.get(key, {"texts": {}, "images": {}})}
            for row in self._rows("asset_group", ["asset_group.id", "asset_group.final_urls"], where)
            if (key := str(row.asset_group.id))
        }
        for parent, text, _ in self._signals.read(ids):
            if parent in found:
                found[parent]["signals"].append(text)
        return found

    def criteria(self, parent: str, ids: str) -> Iterator[tuple[str, Told, str]]:
        """(parent's id, (field, text), resource name) of criteria that are no keywords and narrow or weigh something."""
        kind = f"{parent}_criterion"
        names = _CRITERION if parent == "campaign" else _GROUP_CRITERION
        where = f"{parent}.id IN ({ids}) AND {kind}.status != 'REMOVED' AND {kind}.type != 'KEYWORD'"
        for row in self._rows(kind, [f"{parent}.id", *(f"{kind}.{name}" for name in names)], where):
            each = getattr(row, kind)
            if (said := told(each, parent)) is not None:
                yield str(getattr(row, parent).id), said, each.resource_name

    def changes(self, item: Item, field: str, wanted: Any, assets: Mapping[str, str]) -> Iterator[Any]:
        """Operations that make a field what it is wanted to be. assets: as `Assets.ensure` returns them for the items.

        Raises GiveUp for what cannot be made again.
        """
        if field in ("locations", "languages", "schedule", "audience"):
            yield from self._criteria_changes(item, field, wanted)
        elif field == "signals":
            yield from self._signals.changes(item, wanted)
        elif field in contents.FIELDS:
            yield from self._contents.changes(item, field, wanted, assets)
        else:
            yield self._field_change(item, field, wanted)

    def _criteria_changes(self, item: Item, field: str, wanted: Sequence[str]) -> Iterator[Any]:
        have = {said[1]: name for _, said, name in self.criteria(item.kind, str(item.external_id)) if said[0] == field}
        for text, name in have.items():
            if text not in wanted:
                operation = self._client.message("MutateOperation")
                getattr(operation, f"{item.kind}_criterion_operation").remove = name
                yield operation
        for text in wanted:
            if text not in have:
                operation = self._client.message("MutateOperation")
                made = getattr(operation, f"{item.kind}_criterion_operation").create
                setattr(made, item.kind, resource_name(self._customer_id, item))
                self._fill(made, field, text)
                yield operation

    def _fill(self, made: Any, field: str, text: str) -> None:
        made.negative, text = text.startswith("-"), text.removeprefix("-")
        enums = self._client.sdk.enums
        if field == "languages":
            made.language.language_constant = text if "/" in text else constants.language(text)
        elif field == "locations" and text.count(", ") == 2:
            city, country, radius = text.split(", ")
            made.proximity.address.city_name, made.proximity.address.country_code = city, country
            made.proximity.radius = float(radius.partition(" ")[0])
            unit = "MILES" if radius.endswith("mi") else "KILOMETERS"
            made.proximity.radius_units = getattr(enums.ProximityRadiusUnitsEnum, unit)
        elif field == "locations":
            made.location.geo_target_constant = text if "/" in text else constants.country(text)
        elif field == "audience" and text.startswith("AGE_RANGE_") and made.negative:
            made.age_range.type_ = getattr(enums.AgeRangeTypeEnum, text)
        else:
            raise GiveUp(f"{text!r} cannot be made again from here; put it back on Google's own pages", code="not-revertible")

    def _field_change(self, item: Item, field: str, wanted: Any) -> Any:
        operation = self._client.message("MutateOperation")
        if item.kind == "ad":
            made = operation.ad_operation
            made.update.resource_name = f"customers/{self._customer_id}/ads/{item.external_id}"
        else:
            made = getattr(operation, f"{item.kind}_operation")
            made.update.resource_name = resource_name(self._customer_id, item)
        if field == "final_url":
            made.update.final_urls.append(wanted)
            made.update_mask.paths.append("final_urls")
        elif field == "url_suffix":
            made.update.final_url_suffix = wanted
            made.update_mask.paths.append("final_url_suffix")
        elif field == "automations":
            set_automations(self._client, made.update, wanted)
            made.update_mask.paths.append("asset_automation_settings")
        elif item.kind == "ad_group" and not wanted:
            made.update_mask.paths.append("cpc_bid_micros")
        elif item.kind == "campaign" and wanted in _TARGETS:
            made.update_mask.paths.append(_TARGETS[wanted])
        else:
            raise GiveUp(f"a bid of {wanted!r} cannot be set from here; put it back on Google's own pages", code="not-revertible")
        return operation

    def _rows(self, resource: str, fields: Sequence[str], where: str) -> Iterator[Any]:
        query = f"SELECT {', '.join(fields)} FROM {resource} WHERE {where}"  # noqa: S608 - GAQL: ids and names of ours only
        return self._client.search(self._customer_id, query)


def _in_order(kind: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Texts of an asset group are links, which have no order; those of an ad have one."""
    return {"texts": in_order(own["texts"])} if kind == "asset_group" else {}


# A strategy is chosen by naming a field of it; left empty, the field has no value, as we order it.
_TARGETS = {
    "clicks": "target_spend.cpc_bid_ceiling_micros",
    "conversions": "maximize_conversions.target_cpa_micros",
    "conversion_value": "maximize_conversion_value.target_roas",
}
