"""Ad review: who must wait for it, how it ends, and how the platform tells.

A body that was reviewed carries `review` (DISAPPROVED, APPROVED_LIMITED; APPROVED where it is not there), `review_topics` and
`reviewed_at` (UTC; until then it is under review and does not serve). The market reads the same keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.google.bodies import Body
from sandbox.store import Transaction, from_text, to_text

# What bodies hold for the sandbox alone; no answer shows it.
INTERNAL: Final = frozenset({"review", "review_topics", "reviewed_at", "budget_constrained", "learning_since", "learning_why"})
SETTING: Final = "google_review_seconds"
UNDER_REVIEW: Final = "UNDER_REVIEW"
APPROVED: Final = "APPROVED"
LIMITED: Final = "APPROVED_LIMITED"
DISAPPROVED: Final = "DISAPPROVED"

# Words that review finds though the API lets them pass: topic, and whether it disapproves or limits.
_TOPICS: Final = (
    ("casino", "GAMBLING_AND_GAMES", DISAPPROVED),
    ("miracle cure", "UNAPPROVED_SUBSTANCES", DISAPPROVED),
    ("free bitcoin", "CRYPTOCURRENCIES_AND_RELATED_PRODUCTS", DISAPPROVED),
    ("whisky", "ALCOHOL", LIMITED),
    ("champagne", "ALCOHOL", LIMITED),
)
_ENTRY_TYPES: Final = {DISAPPROVED: "PROHIBITED", LIMITED: "LIMITED"}


@dataclass(frozen=True)
class Verdict:
    """`state` is one of the four above; topics are PolicyTopicEntry bodies."""

    state: str
    topics: tuple[Body, ...] = ()


def submit(tx: Transaction, body: Body, texts: Iterable[str]) -> None:
    """Send what a body says to review: the verdict is fixed now, and shows after the review's time."""
    found: list[Body] = []
    worst = ""
    for text in texts:
        for word, topic, state in _TOPICS:
            if word in text.lower():
                found.append({"topic": topic, "type": _ENTRY_TYPES[state], "evidences": [{"text_list": {"texts": [text]}}]})
                worst = DISAPPROVED if DISAPPROVED in (worst, state) else LIMITED
    for key in ("review", "review_topics", "reviewed_at"):
        body.pop(key, None)
    if worst:
        body["review"], body["review_topics"] = worst, found
    if seconds := float(tx.setting(SETTING) or 0):
        body["reviewed_at"] = to_text(tx.now() + timedelta(seconds=seconds))


def verdict(body: Body, now: datetime) -> Verdict:
    """What review says at `now` (aware)."""
    if (until := body.get("reviewed_at")) and from_text(until) > now:
        return Verdict(UNDER_REVIEW)
    state = body.get("review", APPROVED)
    topics = tuple(body.get("review_topics", ()))
    if state in _ENTRY_TYPES and not topics:
        # Ordered by a person through the admin API, without a word why.
        topics = ({"topic": "MISREPRESENTATION", "type": _ENTRY_TYPES[state]},)
    return Verdict(state, topics)


def policy_summary(found: Verdict) -> dict[str, Any]:
    """PolicySummary of an ad or link."""
    if found.state == UNDER_REVIEW:
        return {"review_status": "REVIEW_IN_PROGRESS", "approval_status": "UNKNOWN"}
    return {"review_status": "REVIEWED", "approval_status": found.state, "policy_topic_entries": list(found.topics)}
