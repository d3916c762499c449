"""Resources as plain dicts, the form in which the store keeps them, and back to protobuf messages.

A body has proto field names in snake_case, enum values as names, 64-bit integers as int. Fields that are not set are
not there; a proto3 `optional` field that was set to its default is.
"""

from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from sandbox.google.api import enum_of
from sandbox.google.errors import AdsError

Body = dict[str, Any]
_INTEGERS = (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)


def to_body(message: Any) -> Body:
    """A message as a body. Raises AdsError INVALID_ENUM_VALUE for an enum number this version does not know."""
    return {canonical(field): _read(field, value) for field, value in message.ListFields()}


def canonical(field: FieldDescriptor) -> str:
    """The field's name on the platform: the SDK appends `_` to names that Python or protobuf reserves (`type_`)."""
    return str(field.name).rstrip("_")


def _read(field: FieldDescriptor, value: Any) -> Any:
    if field.is_repeated:
        single = []
        for index, element in enumerate(value):
            try:
                single.append(_scalar(field, element))
            except AdsError as error:
                inner = error.path[1:]
                raise AdsError(error.kind, error.code, error.message, ((canonical(field), index), *inner)) from error
        return single
    return _scalar(field, value)


def _scalar(field: FieldDescriptor, value: Any) -> Any:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        try:
            return to_body(value)
        except AdsError as error:
            raise error.under(canonical(field)) from error
    if field.type == FieldDescriptor.TYPE_ENUM:
        enum = enum_of(field)
        known = enum.values_by_number.get(value)
        if known is None or known.name == "UNKNOWN":
            message = f"The enum value {value} is not valid for {enum.name}."
            raise AdsError("request_error", "INVALID_ENUM_VALUE", message, (canonical(field),), trigger=str(value))
        return known.name
    return value


@cache
def _fields(descriptor: Descriptor) -> dict[str, FieldDescriptor]:
    return {canonical(field): field for field in descriptor.fields}


def from_body(cls: Any, body: Body) -> Any:
    """A message of class `cls` from a body. Keys and enum names that an older version lacks are left out."""
    message = cls()
    _fill(message, body)
    return message


def _fill(message: Any, body: Body) -> None:
    """Set fields by descriptor: json_format.ParseDict looks every name up anew, at seven times the cost."""
    fields = _fields(message.DESCRIPTOR)
    for key, value in body.items():
        field = fields.get(key)
        if field is None or value is None:
            continue
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            target = getattr(message, field.name)
            if field.is_repeated:
                for element in value:
                    _fill(target.add(), element)
            else:
                target.SetInParent()
                _fill(target, value)
        elif field.is_repeated:
            known = (_plain(field, element) for element in value)
            getattr(message, field.name).extend(element for element in known if element is not None)
        elif (plain := _plain(field, value)) is not None:
            setattr(message, field.name, plain)


def _plain(field: FieldDescriptor, value: Any) -> Any:
    if field.type != FieldDescriptor.TYPE_ENUM:
        # An edit from outside the API may have left digits as text.
        return int(value) if field.cpp_type in _INTEGERS else value
    found = enum_of(field).values_by_name.get(value)
    return None if found is None else found.number


def get_path(body: Body, path: str) -> Any:
    """The value at a dotted path, None where anything on the way is not set."""
    value: Any = body
    for step in path.split("."):
        if not isinstance(value, dict) or step not in value:
            return None
        value = value[step]
    return value


def set_path(body: Body, path: str, value: Any) -> None:
    """Set a dotted path, making the messages on the way."""
    *parents, last = path.split(".")
    for step in parents:
        body = body.setdefault(step, {})
    body[last] = value


def clear_path(body: Body, path: str) -> None:
    """Remove a dotted path where it is set."""
    *parents, last = path.split(".")
    for step in parents:
        child = body.get(step)
        if not isinstance(child, dict):
            return
        body = child
    body.pop(last, None)
