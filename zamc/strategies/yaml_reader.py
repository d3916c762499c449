"""YAML of strangers, read as plain data: bounded in size and depth, no aliases, no duplicate keys, no guessed types.

Only null, true, false, whole numbers and dates are recognised, so that `NO` is Norway and `18:00` is a time of day, not 1080.
"""

import re
from collections.abc import Hashable
from datetime import date, datetime
from typing import Any

import yaml

from zamc.errors import InvalidInput

MOST_BYTES = 64 * 1024
_DEEPEST = 12


class _Loader(yaml.SafeLoader):
    """SafeLoader with fewer types and hard limits."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - this is how PyYAML is configured
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            raise InvalidInput("file", f"line {self.peek_event().start_mark.line + 1}: aliases (*name) are not allowed; write the text out")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise InvalidInput("file", f"is nested deeper than {_DEEPEST} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ARG002 - PyYAML's signature
        seen = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None:
                raise InvalidInput("file", f"line {key.start_mark.line + 1}: a field's name must be a plain word")
            if name in seen:
                raise InvalidInput(name, f"line {key.start_mark.line + 1}: is given twice; keep one of the two")
            seen.add(name)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


def _construct_date(loader: _Loader, node: yaml.ScalarNode) -> date | datetime | str:
    try:
        return yaml.SafeLoader.construct_yaml_timestamp(loader, node)
    except ValueError:
        return str(node.value)  # 2027-02-30 stays text, and the check of the field says what is wrong with it


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]{1,18}", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", list("-+.0123456789")),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", list("0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _construct_date)


def read_yaml(text: str, *, most_bytes: int = MOST_BYTES) -> Any:
    """Plain data (dict, list, str, int, float, bool, date, None). Raises InvalidInput with the line and what is allowed."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most_bytes:
        raise InvalidInput("file", f"has {size:,} bytes; a brief has at most {most_bytes:,}")
    loader = None
    try:
        loader = _Loader(text.removeprefix("\ufeff"))
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise InvalidInput("file", f"{where}{error.problem or 'is not YAML'}; examples/briefs show how a brief is written") from None
    except yaml.YAMLError as error:
        raise InvalidInput("file", f"is not YAML: {str(error).splitlines()[0]}") from None
    except ValueError as error:
        raise InvalidInput("file", f"is not YAML: {error}") from None
    finally:
        if loader is not None:
            loader.dispose()
