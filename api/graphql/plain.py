"""Values that nobody has to be asked for are made at once: an executor that goes field by field pays about 8 microseconds for each.

Where everything selected below an object is a plain attribute (no resolver, no argument, no union), the whole of it is turned into what
JSON holds by functions that are put together once per document. Whatever is out of the ordinary there (a null where none may be, a value
that its type refuses) is left to graphql-core, which does it again field by field and names the one that is wrong.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import inf
from typing import Any
from uuid import UUID

from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLBoolean,
    GraphQLFloat,
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
from strawberry.schema.types.base_scalars import DateDefinition, UUIDDefinition

Make = Callable[[Any], Any]
# By object type and the selected fields' nodes, which live as long as the document; None: not plain.
Makers = dict[tuple[Any, ...], Make | None]


# What a value of just the expected type is turned into without a call of ours, by what turns any into it. A UUID stays one: whoever writes
# JSON writes it quicker than Python makes a text of it.
_QUICK: dict[Any, str] = {
    UUIDDefinition.serialize: "{0} if type({0}) is UUID else str({0}) if type({0}) is Decimal",
    DateDefinition.serialize: "{0}.isoformat() if type({0}) is datetime or type({0}) is date",
    GraphQLFloat.serialize: "{0} if type({0}) is float and -inf < {0} < inf",
    GraphQLBoolean.serialize: "{0} if type({0}) is bool",
}
_KNOWN = {"UUID": UUID, "Decimal": Decimal, "datetime": datetime, "date": date, "inf": inf}


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
        made = _Written()
        for answered_as, selected in self.collect_subfields(kind, list(nodes)).items():
            name = selected[0].name.value
            attribute, value = (
                ("__class__", made.named(_always(kind.name)) + "({0})") if name == "__typename" else self._field(made, kind, name, selected)
            )
            if attribute is None or value is None:
                return None
            made.add(answered_as, attribute, value)
        return made.function()

    def _field(self, made: "_Written", kind: GraphQLObjectType, name: str, nodes: Sequence[FieldNode]) -> tuple[str | None, str | None]:
        field = kind.fields.get(name)
        attribute = _attribute(field) if field is not None else None
        if field is None or attribute is None or nodes[0].arguments:
            return None, None
        return attribute, self._value(made, field.type, nodes)

    def _value(self, made: "_Written", kind: GraphQLOutputType, nodes: Sequence[FieldNode]) -> str | None:
        """An expression in which {0} is the value."""
        if isinstance(kind, GraphQLNonNull):
            return self._some(made, kind.of_type, nodes)
        inner = self._some(made, kind, nodes)
        return inner and f"(None if {{0}} is None or {{0}} is Undefined else {inner})"

    def _some(self, made: "_Written", kind: Any, nodes: Sequence[FieldNode]) -> str | None:
        """Of a value that is not null; one that is raises."""
        if isinstance(kind, GraphQLList):
            each = self._value(made, kind.of_type, nodes)
            return each and f"[{each.format('one')} for one in listed({{0}})]"
        if kind is GraphQLString:
            return "({0} if type({0}) is str else text({0}))"
        if is_leaf_type(kind):
            ordinary = f"{made.named(_leaf(kind.serialize))}({{0}})"
            quick = _QUICK.get(kind.serialize)
            return ordinary if quick is None else f"({quick} else {ordinary})"
        inner = self._object(kind, nodes) if isinstance(kind, GraphQLObjectType) else None
        return inner and f"{made.named(inner)}({{0}})"


class _Written:
    """A function that makes a dict of an object's attributes, written as Python: calls are what making one costs."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {**_KNOWN, "Undefined": Undefined, "listed": _listed, "text": GraphQLString.serialize}
        self._reads: list[str] = []
        self._items: list[str] = []

    def named(self, function: Make) -> str:
        """What it is called in the text."""
        name = f"make_{len(self._names)}"
        self._names[name] = function
        return name

    def add(self, answered_as: str, attribute: str, value: str) -> None:
        """answered_as: a caller may have chosen it; attribute: a name of ours; value: see PlainFirst._value."""
        here = f"value_{len(self._reads)}"
        self._reads.append(f"    {here} = found.{attribute}")
        self._items.append(f"{answered_as!r}: {value.format(here)}")

    def function(self) -> Make:
        text = "\n".join(("def make(found):", *self._reads, f"    return {{{', '.join(self._items)}}}"))
        exec(text, self._names)  # noqa: S102 - names and types of the schema; what a caller chose is a literal in it
        made: Make = self._names["make"]
        return made


def _attribute(field: Any) -> str | None:
    """The Python name of a field that strawberry reads as it is; None for any other."""
    definition = field.extensions.get("strawberry-definition")
    plain = definition is not None and definition.is_basic_field and getattr(field.resolve, "_is_default", False)
    return definition.python_name if plain else None


def _always(value: str) -> Make:
    return lambda _: value


def _listed(found: Any) -> Any:
    if not isinstance(found, list | tuple):
        raise NotPlain
    return found


def _leaf(serialize: Callable[[Any], Any]) -> Make:
    def make(found: Any) -> Any:
        if found is None or found is Undefined:
            raise NotPlain
        made = serialize(found)
        if made is None or made is Undefined:
            raise NotPlain
        return made

    return make
