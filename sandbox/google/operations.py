"""One create, update or remove against the store."""

from collections.abc import Sequence
from typing import Any

from sandbox.google import behaviour, names
from sandbox.google.account import PLATFORM
from sandbox.google.bodies import Body, to_body
from sandbox.google.context import Context, is_gone, resource_name
from sandbox.google.errors import AdsError, Failure
from sandbox.google.masks import apply_mask
from sandbox.google.resources import current_body
from sandbox.google.rules.kind import Kind
from sandbox.store import Obj


def carry_out(context: Context, kind: Kind, operation: Any) -> Obj:
    """Do what the operation message says and return the object as it is then.

    Raises AdsError or Failure with paths below the operation; nothing is written in that case.
    """
    verb = operation.WhichOneof("operation")
    if verb is None:
        raise AdsError("request_error", "OPERATION_REQUIRED", "The mutate operation has no create, update or remove.")
    context.ignorable_topics = _exemptions(operation)
    context.step = (*context.step, verb)
    try:
        if verb == "create":
            return _create(context, kind, operation.create)
        if verb == "update":
            return _update(context, kind, operation.update, list(operation.update_mask.paths))
        return _remove(context, kind, operation.remove)
    except AdsError as error:
        # The mask lies beside `update` in the operation, not inside it.
        raise error if error.path[:1] == ("update_mask",) else error.under(verb) from error
    except Failure as failure:
        raise Failure([error.under(verb) for error in failure.errors]) from failure


def _exemptions(operation: Any) -> frozenset[str]:
    if "policy_validation_parameter" not in operation.DESCRIPTOR.fields_by_name:
        return frozenset()
    return frozenset(operation.policy_validation_parameter.ignorable_policy_topics)


def _create(context: Context, kind: Kind, message: Any) -> Obj:
    body = to_body(message)
    wanted = _temporary_name(context, kind, body.pop("resource_name", ""))
    try:
        made = _insert(context, kind, body)
    except (AdsError, Failure):
        if wanted:
            context.temporary[wanted] = None
        raise
    if wanted:
        context.temporary[wanted] = made
    return made


def _temporary_name(context: Context, kind: Kind, text: str) -> str:
    if not text:
        return ""
    name = names.parse(text, kind.kind, ("resource_name",))
    if not name.temporary:
        message = "The id is given by the platform; a new resource takes a negative id or none."
        raise AdsError("new_resource_creation_error", "CANNOT_SET_ID_FOR_CREATE", message, ("resource_name",), trigger=text)
    if name.ids[-1] in context.temporary_ids:
        message = "A temporary id is used for two resources of the request."
        raise AdsError("new_resource_creation_error", "DUPLICATE_TEMP_IDS", message, ("resource_name",), trigger=text)
    context.temporary_ids.add(name.ids[-1])
    return text


def _insert(context: Context, kind: Kind, body: Body) -> Obj:
    for field in behaviour.output_only(context.api, kind.message):
        body.pop(field, None)
    parent = kind.prepare(context, body)
    if errors := list(kind.check(context, body, None)):
        raise Failure(errors)
    if twin := kind.twin(context, body):
        return twin
    if kind.kind == "campaign_criterion":
        body["criterion_id"] = int(kind.key(body) or context.tx.next_id())
    obj = _again(context, kind, body) or _new(context, kind, body, parent)
    kind.after(context, body, obj)
    context.touched.add(resource_name(obj))
    return obj


def _again(context: Context, kind: Kind, body: Body) -> Obj | None:
    """A link that was removed and is made again is the same one."""
    own_id = kind.own_id(body)
    removed = context.tx.get(PLATFORM, context.account.id, kind.kind, own_id) if own_id else None
    return context.tx.restore(removed, body=body, status=body.get("status")) if removed else None


def _new(context: Context, kind: Kind, body: Body, parent: str | None) -> Obj:
    return context.tx.add(
        PLATFORM,
        context.account.id,
        kind.kind,
        body,
        id=kind.own_id(body),
        parent=parent,
        name=kind.name(body),
        status=body.get("status"),
    )


def _update(context: Context, kind: Kind, message: Any, paths: Sequence[str]) -> Obj:
    given = to_body(message)
    text = given.get("resource_name", "")
    obj = kind.found(context, text) if kind.found is not None else _target(context, kind, text, ("resource_name",))
    if kind.revise is not None:
        return kind.revise(context, obj, given, paths)
    before = current_body(obj)
    after = apply_mask(context.api, kind.message, before, given, paths)
    if errors := list(kind.check(context, after, obj)):
        raise Failure(errors)
    return context.tx.update(obj, body=after, name=kind.name(after), status=after.get("status"), parent=kind.parent(after))


def _remove(context: Context, kind: Kind, text: str) -> Obj:
    obj = _target(context, kind, text, ())
    if errors := list(kind.may_go(context, obj)):
        raise Failure(errors)
    gone = context.tx.remove(obj, status="REMOVED")
    kind.gone(context, gone)
    return gone


def _target(context: Context, kind: Kind, text: str, path: tuple[str, ...]) -> Obj:
    obj = context.resolve(text, kind.kind, path)
    if is_gone(obj):
        message = "The operation is not permitted for a removed resource."
        raise AdsError("context_error", "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE", message, path, trigger=text)
    name = resource_name(obj)
    if name in context.touched and text not in context.temporary:
        message = "The same resource is changed by two operations of one request."
        raise AdsError("mutate_error", "ID_EXISTS_IN_MULTIPLE_MUTATES", message, path, trigger=text)
    context.touched.add(name)
    return obj
