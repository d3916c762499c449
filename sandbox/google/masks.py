"""Field masks of update operations: which paths may be named, and how they change a body."""

import copy
from collections.abc import Sequence

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from sandbox.google import behaviour
from sandbox.google.api import Api
from sandbox.google.bodies import Body, canonical, clear_path, get_path, set_path
from sandbox.google.errors import AdsError


def apply_mask(api: Api, resource: str, before: Body, given: Body, paths: Sequence[str]) -> Body:
    """The body after an update: each path takes the given value, or is cleared where none is given.

    Raises AdsError FIELD_MASK_MISSING, FIELD_NOT_FOUND, FIELD_HAS_SUBFIELDS, IMMUTABLE_FIELD, RESOURCE_READ_ONLY.
    """
    if not paths:
        raise AdsError("field_mask_error", "FIELD_MASK_MISSING", "The field mask must be provided.", ("update_mask",))
    after = copy.deepcopy(before)
    descriptor = api.descriptor(f"resources.{resource}")
    for index, path in enumerate(paths):
        if path == "resource_name":
            continue
        try:
            top = _check(api, resource, descriptor, path)
        except AdsError as error:
            raise error.under("update_mask", ("paths", index)) from error
        for sibling in _siblings(top):
            after.pop(sibling, None)
        value = get_path(given, path)
        if value is None:
            clear_path(after, path)
        else:
            set_path(after, path, value)
    return after


def _check(api: Api, resource: str, descriptor: Descriptor, path: str) -> FieldDescriptor:
    steps = path.split(".")
    top = field = _field(descriptor, steps[0], path)
    name = canonical(top)
    if name in behaviour.output_only(api, resource):
        raise AdsError("mutate_error", "RESOURCE_READ_ONLY", f"The field {name!r} is read-only.", trigger=path)
    if name in behaviour.immutable(api, resource):
        raise AdsError("field_error", "IMMUTABLE_FIELD", f"The field {name!r} cannot be modified.", trigger=path)
    for step in steps[1:]:
        if field.message_type is None or field.is_repeated:
            raise _not_found(path)
        field = _field(field.message_type, step, path)
    if field.message_type is not None and not field.is_repeated and field.message_type.fields:
        message = f"The field mask path {path!r} has subfields; name the subfields."
        raise AdsError("field_mask_error", "FIELD_HAS_SUBFIELDS", message, trigger=path)
    return top


def _field(descriptor: Descriptor, step: str, path: str) -> FieldDescriptor:
    for field in descriptor.fields:
        if canonical(field) == step:
            return field
    raise _not_found(path)


def _not_found(path: str) -> AdsError:
    return AdsError("field_mask_error", "FIELD_NOT_FOUND", f"The field mask path {path!r} is not a field.", trigger=path)


def _siblings(field: FieldDescriptor) -> list[str]:
    """The other members of a real oneof (a synthetic one, of a proto3 optional, has a single member)."""
    oneof = field.containing_oneof
    if oneof is None:
        return []
    return [canonical(member) for member in oneof.fields if member.name != field.name]
