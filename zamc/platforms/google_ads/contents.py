"""What ads, asset groups and a campaign's brand say and show, as Google has it: read in bulk, and put back.

Texts are told by field, {"HEADLINE": ["Fresh bread"]}, and so are pictures, in the shape that specs have: {"object_hash", "media_type"} of
one of ours, {"asset": "customers/1/assets/2"} of what somebody else has put there. A field without anything is left out. Which picture an
asset holds is read off its name, which is made of the picture's hash (see assets.py). The account may have had the same picture before
under another name, and Google then goes on using that one: it is known by its size in bytes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from zamc.deployments.ports import Files, Item
from zamc.errors import NotFound
from zamc.platforms.google_ads.aims import in_order
from zamc.platforms.google_ads.assets import image_key, picture_name, picture_of, text_key
from zamc.platforms.google_ads.builders import resource_name
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.reading import word

FIELDS = frozenset({"texts", "images", "brand"})
_SEARCH = "responsive_search_ad"
_DISPLAY = "responsive_display_ad"
_DISPLAY_IMAGES = ("marketing_images", "square_marketing_images", "square_logo_images", "logo_images", "youtube_videos")
_DISPLAY_WORDS = frozenset({"business_name", "call_to_action_text", "promo_text", "price_prefix"})
_AD = (
    "id", "type", "final_urls", *(f"{_SEARCH}.{name}" for name in ("headlines", "descriptions", "path1", "path2")),
    *(f"{_DISPLAY}.{name}" for name in ("headlines", "long_headline", "descriptions", *sorted(_DISPLAY_WORDS), *_DISPLAY_IMAGES)),
)  # fmt: skip
_ASSET = ("type", "name", "text_asset.text", "image_asset.mime_type", "image_asset.file_size")
_BRAND = ("BUSINESS_NAME", "LOGO", "LANDSCAPE_LOGO")
_CHUNK = 500  # names in one IN (...)

Known = Mapping[str, str]
"""Media types by hash of the pictures that somebody asks about."""
Link = tuple[str, str, Any, str]
"""(owner's id, field, a text or a picture, resource name of the link)."""


def pictures_in(items: Sequence[Item]) -> dict[str, str]:
    """Media type by hash of every picture that the items' specs name."""
    found: dict[str, str] = {}
    for item in items:
        for pictures in (*item.spec.get("images", {}).values(), *item.spec.get("brand", {}).get("logos", {}).values()):
            found |= {each["object_hash"]: each["media_type"] for each in pictures if "object_hash" in each}
    return found


class Contents:
    """One customer. ids: external ids of one kind, separated by commas."""

    def __init__(self, client: GoogleClient, customer_id: str, files: Files) -> None:
        self._client, self._customer_id, self._files = client, customer_id, files

    def ads(self, ids: str, known: Known) -> dict[str, dict[str, Any]]:
        where = f"ad_group_ad.ad.id IN ({ids}) AND ad_group_ad.status != 'REMOVED'"
        rows = [row.ad_group_ad.ad for row in self._rows("ad_group_ad", [f"ad_group_ad.ad.{name}" for name in _AD], where)]
        shown = [each.asset for ad in rows for name in _DISPLAY_IMAGES for each in getattr(ad.responsive_display_ad, name)]
        pictures = self._pictures(self._assets(sorted(set(shown))), known)
        return {str(ad.id): {"final_url": " ".join(ad.final_urls), **_of_ad(ad, pictures)} for ad in rows}

    def asset_groups(self, ids: str, known: Known) -> dict[str, dict[str, Any]]:
        """Texts and images by owner's id; everything that is no text counts as an image."""
        return _by_owner(self._links("asset_group", ids, known))

    def brands(self, ids: str, known: Known) -> dict[str, dict[str, Any]]:
        """Names and logos of campaigns with brand guidelines, by campaign's id."""
        found = {}
        for key, said in _by_owner(self._links("campaign", ids, known)).items():
            found[key] = {"business_name": " ".join(said["texts"].get("BUSINESS_NAME", [])), "logos": said["images"]}
        return found

    def _links(self, owner: str, ids: str, known: Known) -> list[Link]:
        kind = f"{owner}_asset"
        fields = [f"{owner}.id", *(f"{kind}.{name}" for name in ("resource_name", "asset", "field_type"))]
        where = f"{owner}.id IN ({ids}) AND {kind}.status = 'ENABLED'"
        if owner == "campaign":  # what else hangs on a campaign is no part of its brand
            where += f" AND {kind}.field_type IN ({', '.join(_BRAND)})"
        rows = list(self._rows(kind, [*fields, *(f"asset.{name}" for name in _ASSET)], where))
        links = [(str(getattr(row, owner).id), getattr(row, kind), row.asset) for row in rows]
        pictures = self._pictures({link.asset: asset for _, link, asset in links if not _is_text(asset)}, known)
        said = [asset.text_asset.text if _is_text(asset) else pictures[link.asset] for _, link, asset in links]
        return [(key, word(link, "field_type"), each, link.resource_name) for (key, link, _), each in zip(links, said, strict=True)]

    def _assets(self, names: Sequence[str]) -> dict[str, Any]:
        found = {}
        for start in range(0, len(names), _CHUNK):
            listed = ", ".join(f"'{name}'" for name in names[start : start + _CHUNK])
            fields = ["asset.resource_name", *(f"asset.{name}" for name in _ASSET)]
            for row in self._rows("asset", fields, f"asset.resource_name IN ({listed})"):
                found[row.asset.resource_name] = row.asset
        return found

    def _pictures(self, assets: Mapping[str, Any], known: Known) -> dict[str, dict[str, str]]:
        """What each asset shows, by resource name."""
        told: dict[str, dict[str, str]] = {}
        strange: dict[str, Any] = {}
        for name, asset in assets.items():
            sha256 = picture_of(asset.name)
            if sha256 is None:
                strange[name] = asset
            told[name] = {"asset": name} if sha256 is None else _picture(sha256, asset, known)
        lacking = known.keys() - {each["object_hash"] for each in told.values() if "object_hash" in each}
        if strange and lacking:
            told |= self._under_other_names(strange, {sha256: known[sha256] for sha256 in lacking})
        return told

    def _under_other_names(self, strange: Mapping[str, Any], lacking: Known) -> dict[str, dict[str, str]]:
        """Pictures of ours that the account had already: those whose own name it does not have."""
        names = ", ".join(f"'{picture_name(sha256)}'" for sha256 in sorted(lacking))
        there = {picture_of(row.asset.name) for row in self._rows("asset", ["asset.name"], f"asset.name IN ({names})")}
        sizes = {self._size(sha256, media_type): sha256 for sha256, media_type in lacking.items() if sha256 not in there}
        found = {name: sizes.get(int(asset.image_asset.file_size)) for name, asset in strange.items() if asset.image_asset.file_size}
        return {name: {"object_hash": sha256, "media_type": lacking[sha256]} for name, sha256 in found.items() if sha256 is not None}

    def _size(self, sha256: str, media_type: str) -> int:
        try:
            return len(self._files.get(sha256, media_type))
        except NotFound:
            return -1

    def changes(self, item: Item, field: str, wanted: Any, assets: Mapping[str, str]) -> Iterator[Any]:
        """Operations that make a field what it is wanted to be. assets: resource names as `Assets.ensure` returns them."""
        if item.kind == "ad":
            yield self._ad_change(item, field, wanted, assets)
            return
        owner = item.kind
        if field == "brand":
            target = {"BUSINESS_NAME": [wanted["business_name"]] if wanted["business_name"] else [], **wanted["logos"]}
        else:
            target = wanted
        want = [(name, _asset_of(each, assets)) for name, contents in target.items() for each in contents]
        have = dict(self._linked(owner, str(int(item.external_id or "0")), field))
        for name, asset in want:
            if (name, asset) not in have:
                operation = self._client.message("MutateOperation")
                made = getattr(operation, f"{owner}_asset_operation").create
                setattr(made, owner, resource_name(self._customer_id, item))
                made.asset, made.field_type = asset, getattr(self._client.sdk.enums.AssetFieldTypeEnum, name)
                yield operation
        for where, link in have.items():
            if where not in want:
                operation = self._client.message("MutateOperation")
                getattr(operation, f"{owner}_asset_operation").remove = link
                yield operation

    def _linked(self, owner: str, owner_id: str, field: str) -> Iterator[tuple[tuple[str, str], str]]:
        """((field type, asset), link) of what is linked now and belongs to the field."""
        kind = f"{owner}_asset"
        fields = [*(f"{kind}.{name}" for name in ("resource_name", "asset", "field_type")), "asset.type"]
        for row in self._rows(kind, fields, f"{owner}.id = {owner_id} AND {kind}.status = 'ENABLED'"):
            link = getattr(row, kind)
            name = word(link, "field_type")
            if name in _BRAND if field == "brand" else _is_text(row.asset) == (field == "texts"):
                yield (name, link.asset), link.resource_name

    def _ad_change(self, item: Item, field: str, wanted: Mapping[str, Any], assets: Mapping[str, str]) -> Any:
        """All fields of the kind, so that what somebody has added goes. A search ad and a display ad are told apart by their fields."""
        operation = self._client.message("MutateOperation")
        made = operation.ad_operation
        made.update.resource_name = f"customers/{self._customer_id}/ads/{item.external_id}"
        if field == "images":
            for name in _DISPLAY_IMAGES:
                for each in wanted.get(name, []):
                    getattr(made.update.responsive_display_ad, name).add(asset=_asset_of(each, assets))
                made.update_mask.paths.append(f"{_DISPLAY}.{name}")
        elif "long_headline" in wanted:
            ad = made.update.responsive_display_ad
            ad.long_headline.text = " ".join(wanted["long_headline"])
            for name in _DISPLAY_WORDS & wanted.keys():
                setattr(ad, name, " ".join(wanted[name]))
            made.update_mask.paths.extend(f"{_DISPLAY}.{name}" for name in ("long_headline.text", *sorted(_DISPLAY_WORDS)))
            self._add_lines(made, ad, _DISPLAY, wanted)
        else:
            ad = made.update.responsive_search_ad
            for name, path in zip(("path1", "path2"), wanted.get("paths", []), strict=False):
                setattr(ad, name, path)
            made.update_mask.paths.extend([f"{_SEARCH}.path1", f"{_SEARCH}.path2"])
            self._add_lines(made, ad, _SEARCH, wanted)
        return operation

    @staticmethod
    def _add_lines(made: Any, ad: Any, kind: str, wanted: Mapping[str, Any]) -> None:
        for name in ("headlines", "descriptions"):
            for text in wanted.get(name, []):
                getattr(ad, name).add(text=text)
            made.update_mask.paths.append(f"{kind}.{name}")

    def _rows(self, resource: str, fields: Collection[str], where: str) -> Iterator[Any]:
        query = f"SELECT {', '.join(fields)} FROM {resource} WHERE {where}"  # noqa: S608 - GAQL: ids and names of ours only
        return self._client.search(self._customer_id, query)


def _of_ad(ad: Any, pictures: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    kind = word(ad, "type_")
    if kind == "RESPONSIVE_SEARCH_AD":
        search = ad.responsive_search_ad
        lines = {name: [each.text for each in getattr(search, name)] for name in ("headlines", "descriptions")}
        return {"texts": {**lines, "paths": [path for path in (search.path1, search.path2) if path]}}
    if kind != "RESPONSIVE_DISPLAY_AD":
        return {}
    display = ad.responsive_display_ad
    lines = {name: [each.text for each in getattr(display, name)] for name in ("headlines", "descriptions")}
    words = {name: [text] for name in sorted(_DISPLAY_WORDS) if (text := getattr(display, name))}
    texts = {**lines, "long_headline": [display.long_headline.text], **words}
    images = {name: [pictures.get(each.asset, {"asset": each.asset}) for each in getattr(display, name)] for name in _DISPLAY_IMAGES}
    return {"texts": texts, "images": in_order(images)}


def _by_owner(links: Sequence[Link]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, dict[str, list[Any]]]] = {}
    for key, field, each, _ in links:
        kind = "texts" if isinstance(each, str) else "images"
        found.setdefault(key, {"texts": {}, "images": {}})[kind].setdefault(field, []).append(each)
    return {key: {kind: in_order(fields) for kind, fields in said.items()} for key, said in found.items()}


def _is_text(asset: Any) -> bool:
    return word(asset, "type_") == "TEXT"


def _picture(sha256: str, asset: Any, known: Known) -> dict[str, str]:
    kind = word(asset.image_asset, "mime_type").lower().replace("_", "/", 1)
    return {"object_hash": sha256, "media_type": known.get(sha256, kind)}


def _asset_of(each: Any, assets: Mapping[str, str]) -> str:
    if isinstance(each, str):
        return assets[text_key(each)]
    named: str = each["asset"] if "asset" in each else assets[image_key(each)]
    return named
