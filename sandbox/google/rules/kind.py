"""The shape that every kind of resource fills in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError, Path
from sandbox.store import Obj

Check = Iterator[AdsError]


def _no_key(_body: Body) -> str | None:
    return None


def _own_name(body: Body) -> str | None:
    return body.get("name")


def _nothing(_context: Context, _body: Body, _obj: Obj) -> None:
    return None


def _may_go(_context: Context, _obj: Obj) -> Check:
    yield from ()


def _left(_context: Context, _obj: Obj) -> None:
    return None


def _no_twin(_context: Context, _body: Body) -> Obj | None:
    return None


@dataclass(frozen=True)
class Kind:
    """One kind of resource. Errors carry a path below `create` or `update`.

    prepare  before a create: replaces temporary names by real ones, fills in defaults, returns the parent's id
    check    the whole body as it would be stored; the second body is what is stored now, None on create
    key      an id that the resource's content dictates, without its parent
    name     what the store finds it by: its name, or for criteria what makes two of them equal
    twin     what already stands for the same content; a create returns it instead of a second one
    after    what a create brings with it
    may_go   why a remove is refused
    gone     what a remove brings with it
    parent   the parent's id after an update, None where that never changes
    own_id   the whole id where the content dictates it (links)
    found    what a resource name of an update stands for, where it is more than what was stored (goals are there by themselves)
    revise   how an update changes what is kept, where that is another kind of object (an ad stands in an ad group's ad)
    """

    kind: str
    message: str
    prepare: Callable[[Context, Body], str | None]
    check: Callable[[Context, Body, Obj | None], Check]
    key: Callable[[Body], str | None] = _no_key
    name: Callable[[Body], str | None] = _own_name
    twin: Callable[[Context, Body], Obj | None] = _no_twin
    after: Callable[[Context, Body, Obj], None] = _nothing
    may_go: Callable[[Context, Obj], Check] = _may_go
    gone: Callable[[Context, Obj], None] = _left
    parent: Callable[[Body], str | None] = _no_key
    own_id: Callable[[Body], str | None] = _no_key
    found: Callable[[Context, str], Obj] | None = None
    revise: Callable[[Context, Obj, Body, Sequence[str]], Obj] | None = None


def required(name: str, *inner: str) -> AdsError:
    """FieldError.REQUIRED at a field."""
    return AdsError("field_error", "REQUIRED", "The required field was not present.", (name, *inner))


def text_error(code: str, path: Path, value: str) -> AdsError:
    """StringLengthError: EMPTY, TOO_SHORT or TOO_LONG."""
    words = {"EMPTY": "The input string is empty.", "TOO_SHORT": "Too short.", "TOO_LONG": "Too long."}
    return AdsError("string_length_error", code, words[code], path, trigger=value)


def status_check(body: Body, before: Obj | None) -> Check:
    """A resource is not created REMOVED, and leaves by a remove operation only."""
    if body.get("status") != "REMOVED":
        return
    if before is None:
        message = "A resource cannot be created in REMOVED status."
        yield AdsError("operation_access_denied_error", "CREATE_AS_REMOVED_NOT_PERMITTED", message, ("status",))
    elif before.status != "REMOVED":
        message = "The status REMOVED is set by a remove operation."
        yield AdsError("enum_error", "ENUM_VALUE_NOT_PERMITTED", message, ("status",), trigger="REMOVED")


def same(before: Obj | None, body: Body, field: str) -> bool:
    """Whether an update leaves the field as it is."""
    return before is not None and before.body.get(field) == body.get(field)
