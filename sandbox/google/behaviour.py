"""Which fields are output only or immutable, read from the documentation that the SDK's classes carry.

The shipped descriptors have no field behaviour annotations; the generated docstrings open a field's paragraph with
`Output only.` or `Immutable.`, which is the same statement.
"""

import importlib
import re
from functools import cache

from sandbox.google.api import Api

_FIELD = re.compile(r"^        (\w+) \(.*\):\n\s+(Output only|Immutable)\.", re.MULTILINE)

# Documented as output only, yet written by Google's own sample programs (assets/upload_image_asset.py).
_WRITABLE = {"Asset": frozenset({"image_asset"})}


@cache
def _of_class(package: str, module: str, path: str) -> dict[str, str]:
    target = importlib.import_module(f"{package}.{module}")
    for step in path.split("."):
        target = getattr(target, step)
    return {name.rstrip("_"): word for name, word in _FIELD.findall(target.__doc__ or "")}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def output_only(api: Api, resource: str) -> frozenset[str]:
    """Top-level fields of `resources.<resource>` that only the platform writes, `id` among them."""
    fields = _of_class(api.package, f"resources.types.{_snake(resource)}", resource)
    return frozenset(name for name, word in fields.items() if word == "Output only") - _WRITABLE.get(resource, frozenset())


def immutable(api: Api, resource: str) -> frozenset[str]:
    """Top-level fields of `resources.<resource>` that are set at creation and never again."""
    fields = _of_class(api.package, f"resources.types.{_snake(resource)}", resource)
    return frozenset(name for name, word in fields.items() if word == "Immutable") - {"resource_name"}
