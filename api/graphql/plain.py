"""Values that nobody has to be asked for are made at once: an executor that goes field by field pays about 8 microseconds for each.

Where everything selected below an object is a plain attribute (no resolver, no argument, no union), the whole of it is turned into what
JSON holds by functions that are put together once per document. Whatever is out of the ordinary there (a null where none may be, a value
that its type refuses) is left to graphql-core, which does it again field by field and names the one that is wrong.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLString,
    Undefined,
    is_leaf_type,
)
from graphql.pyutils import Path

Make = Callable[[Any], Any]
# By object type and the selected fields' nodes, which live as long as the document; None: not plain.
Makers = dict[tuple[Any, ...], Make | None]


class NotPlain(Exception):
    """A value that the ordinary way has to deal with."""


class PlainFirst(ExecutionContext):
    """context_value.makers: what was put together for this document before, or None when what it selects depends on its variables."""

    def complete_object_value(
        self, return_type: GraphQLObjectType, field_nodes: list[FieldNode], info: GraphQLResolveInfo, path: Path, result: Any
    ) -> Any:
        """As graphql-core does it, faster where it can be."""
        make = self._maker(return_type, field_nodes)
        if make is not None:
            try:
                return make(result)
            except Exception:  # noqa: BLE001, S110 - whatever it is, the ordinary way meets it again and says what and where it is
                pass
        return super().complete_object_value(return_type, field_nodes, info, path, result)

    def _maker(self, kind: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Make | None:
        makers: Makers | None = getattr(self.context_value, "makers", None)
        if makers is None:
            return None
        key = (kind.name, *map(id, nodes))
        if key not in makers:
            makers[key] = self._object(kind, nodes)
        return makers[key]

    def _object(self, kind: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Make | None:
        if kind.is_type_of is not None:
            return None
        names: list[str] = []
        attributes: list[str] = []
        values: list[Make] = []
        for answered_as, selected in self.collect_subfields(kind, list(nodes)).items():
            name = selected[0].name.value
            attribute, value = ("__class__", _always(kind.name)) if name == "__typename" else self._field(kind, name, selected)
            if attribute is None or value is None:
                return None
            names.append(answered_as)
            attributes.append(attribute)
            values.append(value)
        return _object_of(names, attributes, values)

    def _field(self, kind: GraphQLObjectType, name: str, nodes: Sequence[FieldNode]) -> tuple[str | None, Make | None]:
        field = kind.fields.get(name)
        attribute = _attribute(field) if field is not None else None
        if field is None or attribute is None or nodes[0].arguments:
            return None, None
        return attribute, self._value(field.type, nodes)

    def _value(self, kind: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Make | None:
        if isinstance(kind, GraphQLNonNull):
            inner = self._some(kind.of_type, nodes)
            return inner and _never_null(inner)
        inner = self._some(kind, nodes)
        return inner and _or_null(inner)

    def _some(self, kind: Any, nodes: Sequence[FieldNode]) -> Make | None:
        """Of a value that is not null."""
        if isinstance(kind, GraphQLList):
            each = self._value(kind.of_type, nodes)
            return each and _list_of(each)
        if is_leaf_type(kind):
            return _text if kind is GraphQLString else _leaf(kind.serialize)
        return self._object(kind, nodes) if isinstance(kind, GraphQLObjectType) else None


def _attribute(field: Any) -> str | None:
    """The Python name of a field that strawberry reads as it is; None for any other."""
    definition = field.extensions.get("strawberry-definition")
    plain = definition is not None and definition.is_basic_field and getattr(field.resolve, "_is_default", False)
    return definition.python_name if plain else None


def _object_of(names: Sequence[str], attributes: Sequence[str], values: Sequence[Make]) -> Make:
    if not attributes:  # fragments on other types alone
        return lambda _: {}
    if len(attributes) == 1:  # of one, attrgetter returns no tuple
        (name,), (attribute,), (value,) = names, attributes, values
        return lambda found: {name: value(getattr(found, attribute))}
    read = attrgetter(*attributes)
    return lambda found: {name: make(value) for name, make, value in zip(names, values, read(found), strict=True)}


def _always(value: str) -> Make:
    return lambda _: value


def _list_of(each: Make) -> Make:
    def make(found: Any) -> list[Any]:
        if not isinstance(found, list | tuple):
            raise NotPlain
        return [each(one) for one in found]

    return make


def _text(found: Any) -> str:
    made: str = found if type(found) is str else GraphQLString.serialize(found)
    return made


def _leaf(serialize: Callable[[Any], Any]) -> Make:
    def make(found: Any) -> Any:
        made = serialize(found)
        if made is None or made is Undefined:
            raise NotPlain
        return made

    return make


def _never_null(inner: Make) -> Make:
    def make(found: Any) -> Any:
        if found is None or found is Undefined:
            raise NotPlain
        return inner(found)

    return make


def _or_null(inner: Make) -> Make:
    return lambda found: None if found is None or found is Undefined else inner(found)
