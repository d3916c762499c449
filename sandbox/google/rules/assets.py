"""Assets of the account: text and images. Equal content is the same asset."""

import hashlib

import grpc

from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError, Refused
from sandbox.google.rules import bundles
from sandbox.google.rules.images import errors, take_in
from sandbox.google.rules.kind import Check, Kind, required, text_error
from sandbox.store import Obj


def _digest(body: Body) -> str:
    """What the content is known by; the store keeps it in the parent column, which is indexed."""
    if "image_asset" in body:
        return "image:" + str(body["image_asset"].get("sha256", ""))
    if "media_bundle_asset" in body:
        return "bundle:" + str(body["media_bundle_asset"].get("sha256", ""))
    return "text:" + hashlib.sha256(str(body.get("text_asset", {}).get("text", "")).encode()).hexdigest()


def _prepare(_context: Context, body: Body) -> str:
    if "text_asset" in body:
        body["type"] = "TEXT"
    elif "image_asset" in body:
        body["type"] = "IMAGE"
        take_in(body["image_asset"])
    elif "media_bundle_asset" in body:
        body["type"] = "MEDIA_BUNDLE"
        bundles.take_in(body["media_bundle_asset"])
    else:
        kinds = sorted(key for key in body if key.endswith("_asset"))
        if kinds:
            raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"the sandbox simulates texts, images and media bundles, not {kinds[0]}")
    body.setdefault("source", "ADVERTISER")
    return _digest(body)


def _check(context: Context, body: Body, before: Obj | None) -> Check:
    if "text_asset" in body:
        if not body["text_asset"].get("text"):
            yield text_error("EMPTY", ("text_asset", "text"), "")
    elif "image_asset" in body:
        yield from errors(body["image_asset"], ("image_asset", "data"))
        if before is None and not body.get("name"):
            message = "An image asset needs a name."
            yield AdsError("asset_error", "NAME_REQUIRED_FOR_ASSET_TYPE", message, ("name",))
    elif "media_bundle_asset" in body:
        yield from bundles.refused(context, ("media_bundle_asset",))
        yield from bundles.errors(body["media_bundle_asset"])
        if before is None and not body.get("name"):
            message = "A media bundle needs a name."
            yield AdsError("asset_error", "NAME_REQUIRED_FOR_ASSET_TYPE", message, ("name",))
    else:
        yield required("asset_data")


def _twin(context: Context, body: Body) -> Obj | None:
    found = context.tx.find(PLATFORM, context.account.id, "asset", parent=_digest(body))
    return found[0] if found else None


def text_asset(context: Context, text: str) -> str:
    """The id of the account's asset of this text, made where there is none."""
    body: Body = {"text_asset": {"text": text}, "type": "TEXT", "source": "ADVERTISER"}
    found = _twin(context, body)
    if found is not None:
        return found.id
    return context.tx.insert(PLATFORM, context.account.id, "asset", body, parent=_digest(body))


KIND = Kind("asset", "Asset", _prepare, _check, twin=_twin)
