"""Values that fit a JSON schema, made of a request's own words; the same request and seed give the same value."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.models.material import Lines, Material, width

_LIMIT: Final = re.compile(r"(\d+)\s*(?:display\s+)?(?:characters|columns|chars)|<=\s*(\d+)", re.IGNORECASE)
_LEAST: Final = re.compile(r"at least (\d+)( per language)?", re.IGNORECASE)
_USUAL: Final = (("headline", 30), ("description", 90), ("path", 15), ("business", 25), ("primary", 125), ("title", 60))
_DEEPEST: Final = 24
_QUOTE: Final = 60
_SAMPLES: Final = (
    "2027-03-01",
    "2027-03-01T08:00:00Z",
    "12:00",
    "en",
    "DE",
    "EUR",
    "#336699",
    "https://example.org/",
    "text",
    "1",
    "0.5",
    "en-GB",
)
FORMATS: Final[Mapping[str, str]] = {
    "date": "2027-03-01",
    "date-time": "2027-03-01T08:00:00Z",
    "time": "12:00:00Z",
    "uri": "https://example.org/",
    "email": "hello@example.org",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


@dataclass(frozen=True)
class Leaf:
    """A free text in an answer: where it stands, and how many columns it may have."""

    path: tuple[str | int, ...]
    limit: int


def text_limit(name: str, schema: Mapping[str, Any]) -> int:
    """Columns that a text may have: what the schema says, what its description says, or what is usual for its name."""
    if "maxLength" in schema:
        return int(schema["maxLength"])
    if said := _LIMIT.search(str(schema.get("description", ""))):
        return int(said[1] or said[2])
    return next((limit for part, limit in _USUAL if part in name.lower()), 160)


class Generator:
    """One answer. `leaves` are the free texts in it, in the order in which they were written."""

    def __init__(self, schema: Mapping[str, Any], material: Material, dice: random.Random) -> None:
        self._root, self._material, self._dice = schema, material, dice
        self._lines = Lines(material, dice)
        # Where an answer must name its source, it quotes facts.
        self._quotes = Lines(replace(material, sentences=tuple(text for _, text in material.facts), brand=""), dice)
        self.leaves: list[Leaf] = []

    def value(self) -> Any:
        return self._value(self._root, (), "")

    def _value(self, schema: Mapping[str, Any], path: tuple[str | int, ...], name: str) -> Any:
        schema = self._resolved(schema)
        if len(path) > _DEEPEST:
            return None
        if options := [schema["const"]] if "const" in schema else schema.get("enum"):
            return self._dice.choice(list(options))
        if options := schema.get("anyOf") or schema.get("oneOf"):
            real = [option for option in options if self._resolved(option).get("type") != "null"]
            return self._value((real or options)[0], path, name)
        return self._typed(schema, path, name)

    def _typed(self, schema: Mapping[str, Any], path: tuple[str | int, ...], name: str) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        makers: Mapping[str, Callable[[], Any]] = {
            "object": lambda: self._object(schema, path),
            "array": lambda: self._array(schema, path, name),
            "integer": lambda: self._number(schema, whole=True),
            "number": lambda: self._number(schema, whole=False),
            "boolean": lambda: self._dice.random() < 0.5,
            "null": lambda: None,
            "string": lambda: self._text(schema, path, name),
        }
        return makers[kind]()

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(_DEEPEST):
            if "$ref" in schema:
                found: Any = self._root
                for part in str(schema["$ref"]).removeprefix("#").strip("/").split("/"):
                    found = found[part.replace("~1", "/").replace("~0", "~")] if part else found
                schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
            elif "allOf" in schema:
                merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
                for part in schema["allOf"]:
                    merged = {**merged, **self._resolved(part)}
                schema = merged
            else:
                break
        return schema

    def _object(self, schema: Mapping[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
        made = {name: self._value(inner, (*path, name), name) for name, inner in schema.get("properties", {}).items()}
        if self._material.facts and {"source", "text"} <= made.keys() and isinstance(made["source"], str):
            made["text"] = self._quotes.line(min(_QUOTE, text_limit("text", schema["properties"]["text"])))
            made["source"] = self._material.source(made["text"])
        more = schema.get("additionalProperties")
        if not made and isinstance(more, dict):
            key = self._material.language or "en"
            made[key] = self._value(more, (*path, key), key)
        return made

    def _array(self, schema: Mapping[str, Any], path: tuple[str | int, ...], name: str) -> list[Any]:
        least, most = int(schema.get("minItems", 0)), schema.get("maxItems")
        said = _LEAST.search(str(schema.get("description", "")))
        told = int(said[1]) * (max(1, len(self._material.languages)) if said[2] else 1) if said else 0
        count = max(least, told, 3) if most is None else max(least, min(int(most), max(least, told, 8)))
        items = schema.get("items") or {"type": "string"}
        if options := self._resolved(items).get("enum"):
            return self._dice.sample(list(options), min(count, len(options)))
        return [self._value(items, (*path, number), name) for number in range(count)]

    def _number(self, schema: Mapping[str, Any], *, whole: bool) -> int | float:
        low = float(schema.get("minimum", schema.get("exclusiveMinimum", 0)))
        high = float(schema.get("maximum", schema.get("exclusiveMaximum", max(low + 10, 10.0) if whole else low + 1)))
        if whole:
            first = int(low) + ("exclusiveMinimum" in schema)
            last = int(high) - ("exclusiveMaximum" in schema)
            step = int(schema.get("multipleOf", 1))
            return self._dice.randrange(-(-first // step), last // step + 1) * step
        return round(low + (high - low) * self._dice.uniform(0.2, 0.8), 3)

    def _text(self, schema: Mapping[str, Any], path: tuple[str | int, ...], name: str) -> str:
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        low = name.lower()
        if low.startswith("lang"):
            # In turn, so that a list has as many of each.
            number = next((part for part in reversed(path) if isinstance(part, int)), 0)
            return (self._material.languages or ("en",))[number % max(1, len(self._material.languages))]
        if low == "source" and self._material.facts:
            return self._material.facts[0][0]
        if pattern := schema.get("pattern"):
            fits = next((sample for sample in _SAMPLES if re.search(pattern, sample)), None)
            line = self._lines.line(text_limit(name, schema))
            return line if fits is None or re.search(pattern, line) else fits
        limit = text_limit(name, schema)
        if "keyword" in low or "negative" in low:
            phrase = self._lines.phrase()
            return phrase if width(phrase) <= limit else phrase[:limit]
        self.leaves.append(Leaf(path, limit))
        return self._lines.line(_own_limit(path, limit), least=int(schema.get("minLength", 1)))


def _own_limit(path: tuple[str | int, ...], limit: int) -> int:
    """Search ads want a short headline and a short description among the others: every fifth line is one."""
    position = path[-1] if path and isinstance(path[-1], int) else 1
    short = {30: 15, 90: 60}.get(limit, limit)
    return short if position % 5 == 0 else limit
