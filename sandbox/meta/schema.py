"""Parameters and fields of every node, checked against the metadata of schema.json."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sandbox.meta.errors import GraphError, param

# How Meta itself calls the nodes in its error texts.
NODE_TYPE: Final = {
    "adaccount": "AdAccount",
    "campaign": "AdCampaignGroup",
    "adset": "AdCampaign",
    "ad": "AdGroup",
    "adcreative": "AdCreative",
    "adimage": "AdImage",
    "advideo": "Video",
    "thumbnail": "VideoThumbnail",
    "activity": "AdActivity",
    "pixel": "AdsPixel",
    "page": "Page",
    "report": "AdReportRun",
    "user": "User",
}
# Types that are objects without known fields.
OBJECTS: Final = frozenset(("map", "AdCreative", "AdSet", "Campaign"))
# Understood on every call.
COMMON: Final = frozenset(
    "access_token appsecret_proof fields method format pretty locale suppress_http_code debug date_format sdk transport".split()
)
# Understood on every list.
PAGING: Final = frozenset(("limit", "after", "before", "summary", "default_summary", "filtering", "sort", "include_headers"))


@lru_cache(maxsize=1)
def metadata() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_text())
    loaded["nodes"]["user"] = {"fields": {"id": "string", "name": "string"}}
    return loaded


def fields_of(kind: str) -> Mapping[str, str]:
    return metadata()["nodes"][kind]["fields"]


def enum(name: str) -> list[str]:
    return metadata()["enums"][name]


def node_enum(kind: str, name: str) -> list[str]:
    return metadata()["nodes"][kind]["enums"][name]


def check_field(kind: str, field: str) -> None:
    if field not in fields_of(kind):
        raise param(f"Tried accessing nonexisting field ({field}) on node type ({NODE_TYPE[kind]})")


def check(kind: str, action: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Parsed values of the parameters of `action` (create, update, list). Raises GraphError 100 for the first bad one."""
    node = metadata()["nodes"][kind]
    types, enums = node.get(action, {}), node.get("enums", {})
    values: dict[str, Any] = {}
    for name, text in raw.items():
        if name in COMMON or (action == "list" and name in PAGING):
            continue
        if name not in types:
            raise param(f"The parameter {name} is not supported for this endpoint", name)
        values[name] = parse(name, types[name], text, enums)
    return values


def parse(name: str, kind: str, value: Any, enums: Mapping[str, list[str]]) -> Any:
    """One value of declared type `kind`; `value` is text from the form, or already JSON inside a list or an object."""
    if kind.startswith("list<"):
        items = _json(name, value, list, "an array")
        return [parse(f"{name}[{n}]", kind[5:-1], item, enums) for n, item in enumerate(items)]
    if kind.endswith("_enum"):
        if value not in enums.get(kind, ()):
            raise param(f"{name} must be one of the following values: {', '.join(enums.get(kind, ()))}", name)
        return value
    reader = _SCALARS.get(kind)
    if reader is not None:
        return reader(name, value)
    known = metadata()["types"].get(kind)
    structure = _json(name, value, dict, "an object") if known is not None or kind in OBJECTS else _any(name, value)
    return check_struct(name, kind, structure) if known is not None else structure


def check_struct(path: str, kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """A nested structure with its values parsed, all the way down. Keys without a value are left out."""
    known = metadata()["types"][kind]
    parsed = {}
    for key, item in value.items():
        if key not in known:
            raise param(f'Invalid keys "{key}" were found in param "{path}"', path)
        if item is not None:
            parsed[key] = parse(f"{path}[{key}]", known[key], item, {})
    return parsed


def _json(name: str, value: Any, wanted: type, article: str) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise param(f"Param {name} must be {article}", name) from None
    if not isinstance(value, wanted):
        raise param(f"Param {name} must be {article}", name)
    return value


def _any(name: str, value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _json(name, value, object, "valid JSON")
    return value


def _text(name: str, value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise param(f"Param {name} must be a string", name)
    return str(value)


def _integer(name: str, value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise param(f"Param {name} must be an integer", name) from None


def _natural(name: str, value: Any) -> int:
    number = _integer(name, value)
    if number < 0:
        raise param(f"Param {name} must be an integer greater than or equal to 0", name)
    return number


def _number(name: str, value: Any) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise param(f"Param {name} must be a number", name) from None


def _bool(name: str, value: Any) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in known:
        raise param(f"Param {name} must be a boolean", name)
    return known[str(value).lower()]


def moment(name: str, value: Any) -> datetime:
    """A time: ISO 8601 with an offset, or UNIX seconds."""
    text = str(value).strip()
    try:
        parsed = datetime.fromtimestamp(int(text), UTC) if text.isdigit() else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise param(f"Param {name} must be a valid datetime string or timestamp", name) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


_SCALARS: Final = {
    "string": _text,
    "int": _integer,
    "unsigned int": _natural,
    "float": _number,
    "bool": _bool,
    "datetime": moment,
    "file": _text,
}


def required(values: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if values.get(name) in (None, ""):
            raise param(f"The parameter {name} is required.", name)


def error_of_json(text: str) -> GraphError:
    return param(f"Invalid JSON: {text[:80]}")
