"""Editorial policy, as far as the sandbox plays it: repeated punctuation is refused and may be appealed against.

The error has the platform's shape: POLICY_FINDING with PolicyFindingDetails, exempted by naming the topic in
`policy_validation_parameter.ignorable_policy_topics` (developers.google.com/google-ads/api/docs/policy-exemption).
"""

import re

from sandbox.google.errors import AdsError, Path

TOPIC = "PUNCTUATION"
_REPEATED = re.compile(r"([!?])\1")


def finding(text: str, path: Path, ignorable: frozenset[str]) -> AdsError | None:
    """The error that a text of an ad earns; None where it is fine or the topic is exempted."""
    if TOPIC in ignorable or not _REPEATED.search(text):
        return None
    entry = {"topic": TOPIC, "type": "PROHIBITED", "evidences": [{"text_list": {"texts": [text]}}]}
    return AdsError(
        "policy_finding_error",
        "POLICY_FINDING",
        "The resource has been disapproved since the policy summary includes policy topics of type PROHIBITED.",
        path,
        trigger=text,
        details={"policy_finding_details": {"policy_topic_entries": [entry]}},
    )
