"""Two versions of a plan, field by field."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from zamc.strategies.diff_rules import Change, ChangeKind, compare

_SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "b"])
_DATA = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["text", "keywords", "language", "name", "x"]), inner),
    max_leaves=12,
)
_GROUPS = st.dictionaries(st.sampled_from(["keywords", "messages", "pitch", "x"]), _DATA, max_size=4)


def _word(text: str, match: str = "EXACT") -> dict[str, str]:
    return {"language": "en", "text": text, "match_type": match}


@given(_GROUPS, _GROUPS)
def test_there_is_a_difference_exactly_when_both_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert compare(one, copy.deepcopy(one)) == []
    assert bool(compare(one, other)) == (_typed(one) != _typed(other))


def _typed(value: Any) -> Any:
    """As JSON tells values apart: true is not 1."""
    if isinstance(value, dict):
        return {key: _typed(inner) for key, inner in value.items()}
    return [_typed(inner) for inner in value] if isinstance(value, list) else (type(value), value)


def test_a_changed_field_is_named_by_its_path() -> None:
    changes = compare({"pitch": {"positioning": "old"}, "notes": []}, {"pitch": {"positioning": "new"}, "notes": []})
    assert changes == [Change("pitch.positioning", ChangeKind.CHANGED, "old", "new")]


def test_an_entry_is_matched_by_what_names_it_and_not_by_its_place() -> None:
    before = {"keywords": [_word("bread"), _word("bakery"), _word("bread", "PHRASE")]}
    after = {"keywords": [_word("rolls"), _word("bread"), _word("bread", "PHRASE")]}
    assert compare(before, after) == [
        Change("keywords[en / bakery / EXACT]", ChangeKind.REMOVED, _word("bakery"), None),
        Change("keywords[en / rolls / EXACT]", ChangeKind.ADDED, None, _word("rolls")),
    ]


def test_another_order_is_one_move() -> None:
    names = ["en / a / EXACT", "en / b / EXACT"]
    assert compare({"keywords": [_word("a"), _word("b")]}, {"keywords": [_word("b"), _word("a")]}) == [
        Change("keywords", ChangeKind.MOVED, names, names[::-1])
    ]


def test_a_field_within_a_named_entry_is_named_after_it() -> None:
    def channels(micros: int) -> dict[str, Any]:
        return {
            "channels": [{"platform": "google_ads", "kind": "search", "daily_budget_micros": micros, "forecast": {"clicks": {"mid": "1"}}}]
        }

    assert compare(channels(1), channels(2)) == [Change("channels[google_ads / search].daily_budget_micros", ChangeKind.CHANGED, 1, 2)]


def test_entries_that_share_a_name_are_compared_by_place() -> None:
    twice = {"keywords": [_word("a"), _word("a")]}
    assert compare(twice, {"keywords": [_word("a")]}) == [Change("keywords[1]", ChangeKind.REMOVED, _word("a"), None)]
