"""Create, update and delete: rules first, then one row; nothing stays of a call that fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.meta import images, videos
from sandbox.meta.errors import param, unsupported
from sandbox.meta.fields import Field
from sandbox.meta.nodes import render
from sandbox.meta.rules import Draft, ad, adset, campaign, creative
from sandbox.meta.schema import check
from sandbox.meta.view import EDGES, PLATFORM, View
from sandbox.store import Obj
from sandbox.web import Upload

CREATE: Final[Mapping[str, Callable[[View, Obj, dict[str, Any]], Draft]]] = {
    "campaign": campaign.create,
    "adset": adset.create,
    "ad": ad.create,
    "adcreative": creative.create,
}
UPDATE: Final[Mapping[str, Callable[[View, Obj, Obj, dict[str, Any]], Draft]]] = {
    "campaign": campaign.update,
    "adset": adset.update,
    "ad": ad.update,
    "adcreative": creative.update,
}
CHILDREN: Final = {"campaign": "adset", "adset": "ad"}


@dataclass(frozen=True)
class Input:
    """What came with a call: parameters as text, uploaded files by field, and the fields wanted of the answer."""

    params: Mapping[str, str]
    files: Mapping[str, Upload] = field(default_factory=dict)
    fields: tuple[Field, ...] = (Field("id"),)


def _only_validated(values: Mapping[str, Any]) -> bool:
    return "validate_only" in values.get("execution_options", ())


def create(view: View, account: Obj, edge: str, given: Input) -> dict[str, Any]:
    """POST /act_X/EDGE. Raises GraphError."""
    kind = EDGES.get((account.kind, edge))
    if kind is None:
        raise unsupported("post", account.id)
    if kind == "adimage":
        return _create_image(view, account, given)
    values = check(kind, "create", given.params)
    if kind == "advideo":
        return videos.create(view, account, values, given.files)
    draft = CREATE[kind](view, account, values)
    if _only_validated(values):
        view.tx.discard()
        return {"success": True}
    # The name is kept twice: history knows bodies only.
    body = {**draft.body, "name": draft.name}
    key = view.tx.insert(PLATFORM, account.id, kind, body, parent=draft.parent, name=draft.name, status=draft.status)
    made = view.get(account.id, kind, key)
    return render(view, made, given.fields) if made else {"id": key}


def _create_image(view: View, account: Obj, given: Input) -> dict[str, Any]:
    params = given.params
    raw = {k: v for k, v in params.items() if k not in ("name", "filename")}
    values = check("adimage", "create", raw)
    if values.get("bytes"):
        return {"images": {"bytes": images.keep(view, account, params.get("name"), images.decode(str(values["bytes"])))}}
    if not given.files:
        raise param("The parameter bytes or a file is required.", "bytes")
    return {"images": {f.filename: images.keep(view, account, f.filename, f.data) for f in given.files.values()}}


def update(view: View, obj: Obj, params: Mapping[str, str]) -> dict[str, Any]:
    """POST /ID. Raises GraphError."""
    rule = UPDATE.get(obj.kind)
    if rule is None:
        raise unsupported("post", obj.id)
    account = view.account(obj)
    values = check(obj.kind, "update", params)
    draft = rule(view, account, obj, values)
    if _only_validated(values):
        view.tx.discard()
        return {"success": True}
    if draft.status == "DELETED":
        return delete(view, obj)
    view.tx.update(obj, body={**draft.body, "name": draft.name}, name=draft.name, status=draft.status)
    return {"success": True}


def delete(view: View, obj: Obj) -> dict[str, Any]:
    """DELETE /ID: the object and all below it become DELETED; they can still be read by id. Raises GraphError."""
    if obj.kind == "advideo":
        return videos.delete(view, obj)
    if obj.kind == "adcreative" and any(a.body.get("creative_id") == obj.id for a in view.tx.find(PLATFORM, obj.account, "ad")):
        raise param("This creative is used by an ad and can't be deleted", "id")
    if not obj.removed:
        view.tx.remove(obj, status="DELETED")
        child = CHILDREN.get(obj.kind)
        for below in view.tx.find(PLATFORM, obj.account, child, parent=obj.id) if child else ():
            delete(view, below)
    return {"success": True}


def delete_image(view: View, account: Obj, params: Mapping[str, str]) -> dict[str, Any]:
    """DELETE /act_X/adimages?hash=... Raises GraphError when it is unknown or in use."""
    digest = params.get("hash") or ""
    found = view.get(account.id, "adimage", f"{account.id.removeprefix('act_')}:{digest}")
    if found is None or found.removed:
        raise param("The image does not exist", "hash")
    if any(digest in str(c.body) for c in view.tx.find(PLATFORM, account.id, "adcreative")):
        raise param("This image is used by a creative and can't be deleted", "hash")
    view.tx.remove(found, status="DELETED")
    return {"success": True}
