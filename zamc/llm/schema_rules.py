"""A JSON schema as every provider's structured output understands it. Pure.

OpenAI's strict mode wants every field required and no other allowed, and knows few keywords; Anthropic's tools and TGI's grammars take
the same subset. What is left out here (lengths, patterns) is checked when the answer is read.
"""

from collections.abc import Mapping
from typing import Any

_KEPT = {"type", "description", "enum", "const", "anyOf", "items", "properties", "required", "additionalProperties"}


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Of a schema as pydantic writes it. References are written out; it must not be recursive."""
    return _strict(schema, schema.get("$defs", {}))


def _strict(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        return _strict(definitions[part["$ref"].rsplit("/", 1)[-1]], definitions)
    found: dict[str, Any] = {}
    for key, value in part.items():
        if key not in _KEPT:
            continue
        if key == "properties":
            found[key] = {name: _strict(each, definitions) for name, each in value.items()}
        elif key == "anyOf":
            found[key] = [_strict(each, definitions) for each in value]
        elif key == "items":
            found[key] = _strict(value, definitions)
        else:
            found[key] = value
    if found.get("type") == "object":
        found["required"] = list(found.get("properties", {}))
        found["additionalProperties"] = False
    return found
