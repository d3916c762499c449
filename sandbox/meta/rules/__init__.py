"""What the platform accepts: one module per kind of object, each with `create` and `update`.

Both take the parameters as schema.py has parsed them, raise GraphError for the first broken rule, and return a Draft.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Draft:
    """What will be stored: the body as reads show it, and the columns beside it. `remove` deletes or archives."""

    body: dict[str, Any]
    name: str | None
    status: str | None
    parent: str | None = None
    remove: bool = False
