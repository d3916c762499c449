"""Two versions of a plan, field by field. Pure, and about plain data (as JSON has it), so that plans of any age can be compared.

Entries of a list are matched by what names them (a keyword by language, text and match type; a campaign by platform and kind), not by
where they stand: a keyword that was put first is one entry that moved, not forty that changed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ChangeKind(StrEnum):
    """What happened to a field or an entry."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True)
class Change:
    """One difference. path: such as `pitch.positioning` or `pitch.keywords[en / sourdough bread / EXACT]`.

    before and after are plain data, None where there is none; of a list whose entries only stand in another order (MOVED), their names.
    """

    path: str
    kind: ChangeKind
    before: Any
    after: Any


# What names an entry of a list of groups, by the list's name. A list that is not here is compared by position.
_NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "audiences": ("platform", "name"),
    "channels": ("platform", "kind"),
    "funnel": ("stage",),
    "geo_targets": ("name",),
    "keywords": ("language", "text", "match_type"),
    "messages": ("language", "text"),
    "personas": ("name",),
    "schedule": ("name",),
    "targets": ("platform", "kind", "metric"),
    "tests": ("hypothesis",),
}


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every difference, in the order of the fields of `before`, then of those that only `after` has. Empty exactly when both are equal."""
    return _groups("", before, after)


def _groups(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    changes: list[Change] = []
    for name in [*before, *(name for name in after if name not in before)]:
        where = f"{path}.{name}" if path else name
        if name not in after:
            changes.append(Change(where, ChangeKind.REMOVED, before[name], None))
        elif name not in before:
            changes.append(Change(where, ChangeKind.ADDED, None, after[name]))
        else:
            changes += _values(where, name, before[name], after[name])
    return changes


def _values(path: str, name: str, before: Any, after: Any) -> list[Change]:
    if _same(before, after):
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _groups(path, before, after)
    if _is_list(before) and _is_list(after):
        return _lists(path, name, before, after)
    return [Change(path, ChangeKind.CHANGED, before, after)]


def _lists(path: str, name: str, before: Sequence[Any], after: Sequence[Any]) -> list[Change]:
    old, new = _names(name, before), _names(name, after)
    if old is None or new is None:
        return _positions(path, name, before, after)
    changes: list[Change] = []
    by_old, by_new = dict(zip(old, before, strict=True)), dict(zip(new, after, strict=True))
    for label in [*old, *(label for label in new if label not in by_old)]:
        where = f"{path}[{label}]"
        if label not in by_new:
            changes.append(Change(where, ChangeKind.REMOVED, by_old[label], None))
        elif label not in by_old:
            changes.append(Change(where, ChangeKind.ADDED, None, by_new[label]))
        else:
            changes += _values(where, "", by_old[label], by_new[label])
    if [label for label in old if label in by_new] != [label for label in new if label in by_old]:
        changes.append(Change(path, ChangeKind.MOVED, old, new))
    return changes


def _names(name: str, entries: Sequence[Any]) -> list[str] | None:
    """A name for each entry, no two alike; None where they have none."""
    if all(isinstance(entry, str) for entry in entries):
        names = list(entries)
    elif (keys := _NAMED_BY.get(name)) and all(isinstance(entry, Mapping) for entry in entries):
        names = [" / ".join(str(entry[key]) for key in keys if entry.get(key) is not None) for entry in entries]
    else:
        return None
    return names if max(Counter(names).values(), default=1) == 1 else None


def _positions(path: str, name: str, before: Sequence[Any], after: Sequence[Any]) -> list[Change]:
    changes: list[Change] = []
    for index in range(max(len(before), len(after))):
        where = f"{path}[{index}]"
        if index >= len(after):
            changes.append(Change(where, ChangeKind.REMOVED, before[index], None))
        elif index >= len(before):
            changes.append(Change(where, ChangeKind.ADDED, None, after[index]))
        else:
            changes += _values(where, name, before[index], after[index])
    return changes


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _same(before: Any, after: Any) -> bool:
    """Equal as JSON: 1 and true are two things there."""
    if isinstance(before, bool) != isinstance(after, bool):
        return False
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    if _is_list(before) and _is_list(after):
        return len(before) == len(after) and all(_same(old, new) for old, new in zip(before, after, strict=True))
    return bool(before == after)
