"""What a campaign is made of: texts, pictures and audiences of the account, each content once.

They are made before the campaign, in requests of their own: Google asks for that with texts that an asset group has several of (see
add_performance_max_campaign.py of the client library), and a picture travels once, not with validate_only and again. An asset alone
shows nothing and costs nothing; the same content made again is the same asset (developers.google.com/google-ads/api/docs/assets/
overview: "assets with identical content"). So a lost answer does no harm: it is sent again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zamc.deployments.ports import Files, Guard, Item
from zamc.errors import AlreadyThere, InDoubt, Later
from zamc.platforms.google_ads.client import GoogleClient

# A request may have 64 MB and a picture 5; a mutate may have 10,000 operations, and fewer are answered sooner.
_MOST_BYTES, _MOST_OPERATIONS = 32 * 1024 * 1024, 500
_CHUNK = 200  # names in one IN (...)


def text_key(text: str) -> str:
    return f"text:{text}"


def image_key(picture: Mapping[str, str]) -> str:
    return f"image:{picture['object_hash']}"


def ages_key(ages: Sequence[Sequence[int | None]]) -> str:
    """People of these ages are one audience of the account, under this name, whoever begins with them."""
    return "zamc ages " + ", ".join(f"{low} to {high}" if high else f"{low} and older" for low, high in ages)


class Assets:
    """The assets of one customer."""

    def __init__(self, client: GoogleClient, customer_id: str, files: Files) -> None:
        self._client, self._customer_id, self._files = client, customer_id, files

    def ensure(self, items: Sequence[Item], *, guard: Guard) -> dict[str, str]:
        """Resource names of what the items link to, by `text_key`, `image_key` and `ages_key`; made where it is missing.

        Raises Mend for a text or picture that Google refuses, Later when it does not answer, NotFound when a picture's file is gone.
        """
        texts = dict.fromkeys(text for item in items if item.kind != "ad" for text in _texts(item.spec))
        pictures = {picture["object_hash"]: picture for item in items for picture in _pictures(item.spec)}
        audiences = {ages_key(ages): ages for item in items if item.kind == "asset_group" and (ages := item.spec.get("ages"))}
        images = self._named("asset", [picture_name(sha256) for sha256 in pictures])
        found = {image_key(each): images[name] for sha256, each in pictures.items() if (name := picture_name(sha256)) in images}
        found |= self._named("audience", list(audiences))
        operations = [(text_key(text), self._text(text)) for text in texts]
        operations += [(image_key(each), self._image(each)) for each in pictures.values() if image_key(each) not in found]
        operations += [(key, self._audience(key, ages)) for key, ages in audiences.items() if key not in found]
        for chunk in _chunks(iter(operations)):
            found |= self._send(chunk, guard)
        return found

    def _named(self, resource: str, names: Sequence[str]) -> dict[str, str]:
        """What the account has already under our names, which hold hashes and numbers only."""
        found: dict[str, str] = {}
        for start in range(0, len(names), _CHUNK):
            listed = ", ".join(f"'{name}'" for name in names[start : start + _CHUNK])
            query = f"SELECT {resource}.resource_name, {resource}.name FROM {resource} WHERE {resource}.name IN ({listed})"  # noqa: S608 - GAQL
            for row in self._client.search(self._customer_id, query):
                each = getattr(row, resource)
                found[each.name] = each.resource_name
        return found

    def _text(self, text: str) -> Any:
        operation = self._client.message("MutateOperation")
        operation.asset_operation.create.text_asset.text = text
        return operation

    def _image(self, picture: Mapping[str, str]) -> Any:
        operation = self._client.message("MutateOperation")
        made = operation.asset_operation.create
        made.name = picture_name(picture["object_hash"])
        made.type_ = self._client.sdk.enums.AssetTypeEnum.IMAGE
        made.image_asset.data = self._files.get(picture["object_hash"], picture["media_type"])
        return operation

    def _audience(self, name: str, ages: Sequence[Sequence[int | None]]) -> Any:
        operation = self._client.message("MutateOperation")
        made = operation.audience_operation.create
        made.name = name
        dimension = made.dimensions.add().age
        for low, high in ages:
            segment = dimension.age_ranges.add()
            segment.min_age = low
            if high is not None:
                segment.max_age = high
        dimension.include_undetermined = True
        return operation

    def _send(self, chunk: Sequence[tuple[str, Any]], guard: Guard) -> dict[str, str]:
        guard()
        try:
            response = self._client.mutate(self._customer_id, [operation for _, operation in chunk])
        except InDoubt as error:
            # Whether it happened makes no difference; only that it is not known what the assets are called.
            raise Later(str(error), code=error.code, request_id=error.request_id) from error
        except AlreadyThere as error:
            # Somebody else has just made it: it is found by its name next time.
            raise Later(str(error), code=error.code, request_id=error.request_id) from error
        names = [each.asset_result.resource_name or each.audience_result.resource_name for each in response.mutate_operation_responses]
        if len(names) != len(chunk) or not all(names):
            raise Later("Google's answer lacks names of assets", code="no-name")
        return {key: name for (key, _), name in zip(chunk, names, strict=True)}


_PREFIX = "zamc "
_SHA256 = re.compile(r"\w{64}")


def picture_name(sha256: str) -> str:
    return f"{_PREFIX}{sha256}"


def picture_of(name: str) -> str | None:
    """The hash in the name of an asset of ours; None for anybody else's."""
    sha256 = name.removeprefix(_PREFIX)
    return sha256 if sha256 != name and _SHA256.fullmatch(sha256) else None


def _texts(spec: Mapping[str, Any]) -> Iterator[str]:
    """What is linked as an asset; an ad carries its texts itself."""
    for texts in spec.get("texts", {}).values():
        yield from texts
    if (brand := spec.get("brand")) and brand["business_name"]:
        yield brand["business_name"]


def _pictures(spec: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for pictures in (*spec.get("images", {}).values(), *spec.get("brand", {}).get("logos", {}).values()):
        # What somebody else has put there, and a person has accepted, is in the account already.
        yield from (each for each in pictures if "object_hash" in each)


def _chunks(operations: Iterator[tuple[str, Any]]) -> Iterator[list[tuple[str, Any]]]:
    chunk: list[tuple[str, Any]] = []
    weight = 0
    for key, operation in operations:
        size = operation.ByteSize()
        if chunk and (weight + size > _MOST_BYTES or len(chunk) == _MOST_OPERATIONS):
            yield chunk
            chunk, weight = [], 0
        chunk.append((key, operation))
        weight += size
    if chunk:
        yield chunk
