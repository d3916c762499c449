"""Faults of an answer itself: the call was carried out, and what is said of it is not all, or in words that nobody knows."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

UNKNOWN: Final = 97
# Enums that say how something is; what something is (a kind of campaign, of asset) stays as it was ordered.
_STATES: Final = frozenset({"status", "primary_status", "primary_status_reasons", "serving_status", "approval_status", "review_status"})


def without_rows(answers: Iterator[Any]) -> Iterator[Any]:
    """The same answers; of the first, only what it says of the others."""
    for number, answer in enumerate(answers):
        if number == 0:
            answer.ClearField("results")
        yield answer


def half(answers: Iterator[Any]) -> Iterator[Any]:
    """Of what a mutate made, only the first half is named."""
    for answer in answers:
        for name in ("mutate_operation_responses", "results"):
            if name in answer.DESCRIPTOR.fields_by_name:
                named = getattr(answer, name)
                del named[(len(named) + 1) // 2 :]
        yield answer


def strange(answers: Iterator[Any]) -> Iterator[Any]:
    """Statuses have a value that this version of the client does not know."""
    for answer in answers:
        _spoil(answer)
        yield answer


def _spoil(message: Any) -> None:
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for each in value if field.is_repeated else (value,):
                _spoil(each)
        elif field.type == FieldDescriptor.TYPE_ENUM and field.name in _STATES:
            if field.is_repeated:
                value[:] = [UNKNOWN] * len(value)
            else:
                setattr(message, field.name, UNKNOWN)


ANSWERS: Final[Mapping[str, Callable[[Iterator[Any]], Iterator[Any]]]] = {
    "missing_page": without_rows,
    "half_batch": half,
    "unknown_enum": strange,
}
