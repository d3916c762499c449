"""The `fields` grammar: `id,name,adsets.limit(2){id,name},creative{object_story_spec}`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.meta.errors import GraphError

TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[{},])")


@dataclass(frozen=True)
class Field:
    """One wanted field: modifiers like limit(2), and what is wanted of the object or edge behind it."""

    name: str
    modifiers: Mapping[str, str] = field(default_factory=dict)
    fields: tuple["Field", ...] = ()


def _syntax(text: str, position: int) -> GraphError:
    return GraphError(2500, f"Syntax error at character {position} near: {text[position : position + 20]!r}")


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.position = text, 0

    def peek(self) -> str:
        found = TOKEN.match(self.text, self.position)
        return found.group(1) if found else ""

    def next(self) -> str:
        found = TOKEN.match(self.text, self.position)
        if not found:
            raise _syntax(self.text, self.position)
        self.position = found.end()
        return found.group(1)

    def modifiers(self) -> Iterator[tuple[str, str]]:
        while self.text.startswith(".", self.position):
            found = re.compile(r"\.([a-z_]+)\(").match(self.text, self.position)
            if not found:
                raise _syntax(self.text, self.position)
            depth, end = 1, found.end()
            while depth and end < len(self.text):
                depth += {"(": 1, ")": -1}.get(self.text[end], 0)
                end += 1
            if depth:
                raise _syntax(self.text, end)
            yield found.group(1), self.text[found.end() : end - 1]
            self.position = end

    def fields(self) -> tuple[Field, ...]:
        wanted: list[Field] = []
        while True:
            name = self.next()
            if name in "{},":
                raise _syntax(self.text, self.position)
            modifiers = dict(self.modifiers())
            inner: tuple[Field, ...] = ()
            if self.peek() == "{":
                self.next()
                inner = self.fields()
                if self.next() != "}":
                    raise _syntax(self.text, self.position)
            wanted.append(Field(name, modifiers, inner))
            if self.peek() != ",":
                return tuple(wanted)
            self.next()


def parse(text: str | None) -> tuple[Field, ...]:
    """The wanted fields, `id` if nothing is said. Raises GraphError 2500 on a syntax error."""
    if not text or not text.strip():
        return (Field("id"),)
    if text.lstrip().startswith("["):
        text = re.sub(r"[\[\]\"\s]", "", text)
    reader = _Reader(text)
    found = reader.fields()
    if reader.position != len(text.rstrip()):
        raise _syntax(text, reader.position)
    return found
