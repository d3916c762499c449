"""Field metadata: which names exist, of which type, derived from the descriptors of GoogleAdsRow."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from sandbox.google.api import Api
from sandbox.google.bodies import canonical
from sandbox.google.gaql.schema import DATE_SEGMENTS, ROW_ONLY


class Category(StrEnum):
    RESOURCE = "RESOURCE"
    ATTRIBUTE = "ATTRIBUTE"
    SEGMENT = "SEGMENT"
    METRIC = "METRIC"


class DataType(StrEnum):
    """Names as in GoogleAdsFieldDataType."""

    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DOUBLE = "DOUBLE"
    ENUM = "ENUM"
    INT64 = "INT64"
    MESSAGE = "MESSAGE"
    RESOURCE_NAME = "RESOURCE_NAME"
    STRING = "STRING"


@dataclass(frozen=True)
class Field:
    """One name that a query can hold. A resource or a message with fields of its own is not selectable."""

    name: str
    category: Category
    data_type: DataType
    repeated: bool = False
    enum: EnumDescriptor | None = None
    selectable: bool = True

    @property
    def resource(self) -> str:
        return self.name.split(".", 1)[0]

    @property
    def filterable(self) -> bool:
        return self.selectable and self.data_type is not DataType.MESSAGE

    @property
    def sortable(self) -> bool:
        return self.filterable and not self.repeated


_NUMBERS = {
    FieldDescriptor.TYPE_DOUBLE: DataType.DOUBLE,
    FieldDescriptor.TYPE_FLOAT: DataType.DOUBLE,
    FieldDescriptor.TYPE_BOOL: DataType.BOOLEAN,
    FieldDescriptor.TYPE_INT32: DataType.INT64,
    FieldDescriptor.TYPE_INT64: DataType.INT64,
}
# Messages that are selected whole: a text with its pin, a bundle, what holds every resource, and what is no resource of the platform.
_WHOLE = frozenset({"AdMediaBundleAsset", "AdTextAsset", "ChangedResource", "FieldMask"})


class Catalogue:
    """The names of one API version."""

    def __init__(self, api: Api) -> None:
        self._row = api.descriptor("services.GoogleAdsRow")
        self._fields: dict[str, Field | None] = {}

    def resources(self) -> list[str]:
        """All resources a row can hold, simulated or not."""
        return [field.name for field in self._row.fields if field.name not in ROW_ONLY]

    def field(self, name: str) -> Field | None:
        """What a name stands for; None when there is no such field."""
        if name not in self._fields:
            self._fields[name] = self._find(name)
        return self._fields[name]

    def fields(self, resource: str) -> list[Field]:
        """All selectable fields below a resource, `metrics` or `segments`."""
        top = self._row.fields_by_name[resource]
        return list(self._walk(top, resource, depth=0))

    def _find(self, name: str) -> Field | None:
        head, *rest = name.split(".")
        field = self._row.fields_by_name.get(head)
        if field is None:
            return None
        for step in rest:
            if field.message_type is None or field.is_repeated or field.message_type.name in _WHOLE:
                return None
            below = _member(field.message_type, step)
            if below is None:
                return None
            field = below
        return _describe(field, name)

    def _walk(self, field: FieldDescriptor, name: str, depth: int) -> list[Field]:
        described = _describe(field, name)
        if described.selectable or field.message_type is None:
            return [described]
        if depth > 6:
            return []
        found = []
        for member in field.message_type.fields:
            found.extend(self._walk(member, f"{name}.{canonical(member)}", depth + 1))
        return found


def _member(message: Descriptor, step: str) -> FieldDescriptor | None:
    return next((field for field in message.fields if canonical(field) == step), None)


def _describe(field: FieldDescriptor, name: str) -> Field:
    category = _category(name)
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        message = field.message_type
        whole = "." in name and (field.is_repeated or (message is not None and message.name in _WHOLE))
        return Field(name, category, DataType.MESSAGE, field.is_repeated, selectable=whole)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return Field(name, category, DataType.ENUM, field.is_repeated, field.enum_type)
    if field.type in _NUMBERS:
        return Field(name, category, _NUMBERS[field.type], field.is_repeated)
    if name.endswith("resource_name"):
        return Field(name, category, DataType.RESOURCE_NAME, field.is_repeated)
    dated = name in DATE_SEGMENTS or name.endswith(("_date_time", "_date"))
    return Field(name, category, DataType.DATE if dated else DataType.STRING, field.is_repeated)


def _category(name: str) -> Category:
    head, dot, _ = name.partition(".")
    if not dot:
        return Category.RESOURCE
    return {"metrics": Category.METRIC, "segments": Category.SEGMENT}.get(head, Category.ATTRIBUTE)


@cache
def catalogue(api: Api) -> Catalogue:
    """The catalogue of a version, built once."""
    return Catalogue(api)
