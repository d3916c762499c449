"""Changes to a message that make it wrong, and the one error that each must earn."""

from collections.abc import Callable
from typing import Any

from tests.sandbox.google.campaigns import Request
from tests.sandbox.google.world import errors

Change = Callable[[Any], None]


def put(path: str, value: Any) -> Change:
    """A change that sets a dotted field; a list replaces a repeated field."""

    def change(message: Any) -> None:
        *parents, last = path.split(".")
        for step in parents:
            message = getattr(message, step)
        if isinstance(value, list):
            message.ClearField(last)
            getattr(message, last).extend(value)
        else:
            setattr(message, last, value)

    return change


def clear(name: str) -> Change:
    return lambda message: message.ClearField(name)


def refusal(wanted: Request) -> tuple[str, str]:
    """The one error: its name, and its path below `create`."""
    found = errors(wanted.send)
    assert len(found) == 1, found
    code, _, path = found[0]
    return code, path.partition(".create")[2].removeprefix(".")
