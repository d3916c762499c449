"""Ad review: it takes a while, it looks at the texts, and a person may decide otherwise through the admin API.

Kept on the ad, and read by the market too: `review` (DISAPPROVED, WITH_ISSUES), `reviewed_at` (until then it waits and does not serve),
`processed_at` (until then a change is not in effect), `feedback`, `issue`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from sandbox.meta.view import View
from sandbox.records import to_text

KEYS: Final = ("review", "reviewed_at", "processed_at", "feedback", "issue")
# Topic -> what of it a text may hold, and what the platform says then.
POLICIES: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "Unacceptable Business Practices": (re.compile(r"\bget rich quick\b", re.IGNORECASE), "Ads can't promise money for nothing."),
    "Personal Health": (re.compile(r"\bmiracle cure\b", re.IGNORECASE), "Ads can't promise what no medicine can hold."),
    "Tobacco": (re.compile(r"\b(cigarettes|vapes?)\b", re.IGNORECASE), "Ads can't promote tobacco products."),
    "Weapons": (re.compile(r"\b(firearms|ammunition)\b", re.IGNORECASE), "Ads can't promote weapons."),
}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def topics(*content: Any) -> dict[str, str]:
    """Topics that a creative's texts touch, each with what the platform will say."""
    texts = [text for part in content for text in _texts(part)]
    return {topic: said for topic, (pattern, said) in POLICIES.items() if any(pattern.search(text) for text in texts)}


def begun(view: View, body: Mapping[str, Any], creative: Mapping[str, Any]) -> dict[str, Any]:
    """The ad's body as it goes into review: what will come of it is known already, and shows when the time is over."""
    kept: dict[str, Any] = {k: v for k, v in body.items() if k not in KEYS}
    waiting = float(view.tx.setting("meta_review_seconds") or 0)
    processing = float(view.tx.setting("meta_process_seconds") or 0)
    if waiting:
        kept["reviewed_at"] = to_text(view.now + timedelta(seconds=waiting))
    if processing:
        kept["processed_at"] = to_text(view.now + timedelta(seconds=processing))
    if creative.get("policy_topics"):
        kept.update(review="DISAPPROVED", feedback=creative["policy_topics"])
    return kept
