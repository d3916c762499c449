"""OpenAI's strict schemas: what its API refuses before it writes a word."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.models.exchange import RefusedError

# https://platform.openai.com/docs/guides/structured-outputs, "Supported schemas".
_FORBIDDEN: Final = frozenset(
    "allOf oneOf not if then else dependentRequired dependentSchemas uniqueItems contains minContains maxContains unevaluatedItems"
    " patternProperties unevaluatedProperties propertyNames minProperties maxProperties default".split()
)
_DEEPEST: Final = 10


def check(schema: Any, name: str, *, param: str) -> None:
    """Raises RefusedError as the API words it."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        kind = schema.get("type") if isinstance(schema, dict) else schema
        raise _invalid(name, f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'.", param)
    _visit(schema, (), name, param, 0)
    for key, inner in schema.get("$defs", {}).items():
        _visit(inner, ("$defs", key), name, param, 0)


def _visit(schema: Mapping[str, Any], where: tuple[str, ...], name: str, param: str, depth: int) -> None:
    context = f"In context={where}, "
    if depth > _DEEPEST:
        raise _invalid(name, f"{context}the schema is nested more than {_DEEPEST} levels deep.", param)
    if "$ref" in schema:
        if more := sorted(schema.keys() - {"$ref"}):
            raise _invalid(name, f"{context}$ref cannot have keywords {more}.", param)
        return
    if found := sorted(_FORBIDDEN & schema.keys()):
        raise _invalid(name, f"{context}'{found[0]}' is not permitted.", param)
    if schema.get("type") == "object" or "properties" in schema:
        _object(schema, where, name, param, depth)
    if isinstance(schema.get("items"), dict):
        _visit(schema["items"], (*where, "items"), name, param, depth)
    for number, option in enumerate(schema.get("anyOf", ())):
        _visit(option, (*where, "anyOf", str(number)), name, param, depth)


def _object(schema: Mapping[str, Any], where: tuple[str, ...], name: str, param: str, depth: int) -> None:
    if schema.get("additionalProperties") is not False:
        raise _invalid(name, f"In context={where}, 'additionalProperties' is required to be supplied and to be false.", param)
    properties = schema.get("properties", {})
    if missing := sorted(properties.keys() - set(schema.get("required", ()))):
        raise _invalid(
            name,
            f"In context={where}, 'required' is required to be supplied and to be an array including every key in properties."
            f" Missing '{missing[0]}'.",
            param,
        )
    for key, inner in properties.items():
        _visit(inner, (*where, "properties", key), name, param, depth + 1)


def _invalid(name: str, sentence: str, param: str) -> RefusedError:
    return RefusedError(400, f"Invalid schema for response_format '{name}': {sentence}", code="invalid_json_schema", param=param)
