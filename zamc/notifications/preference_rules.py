"""Who is told what, and on which way: pure.

A member is told by mail; a project's endpoints are told through Slack or a webhook. For each kind of news there is a threshold: the least
severity that is told, or "off". News that asks for nothing soon (an approval that waits, the daily digest) has the severity "info".
"""

from collections.abc import Mapping
from enum import StrEnum

from zamc.errors import InvalidInput


class Kind(StrEnum):
    """What the news is. `test` is what somebody asked for to see whether an endpoint works."""

    ALERT = "alert"
    APPROVAL = "approval"
    DIGEST = "digest"
    TEST = "test"


class Channel(StrEnum):
    """How the news travels."""

    MAIL = "mail"
    SLACK = "slack"
    WEBHOOK = "webhook"


class Threshold(StrEnum):
    """The least severity that is told."""

    OFF = "off"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


# What a person may choose about.
CHOSEN = (Kind.ALERT, Kind.APPROVAL, Kind.DIGEST)
MEMBER_CHANNELS = (Channel.MAIL,)
ENDPOINT_CHANNELS = (Channel.SLACK, Channel.WEBHOOK)
# A second try of these may be told from the first by whoever receives them, who is told so; the others are never sent again blindly.
RESENDABLE = frozenset({Channel.WEBHOOK})
_LEVELS = {"info": 1, "warning": 2, "critical": 3}
# What a member who has chosen nothing is told: whoever decides hears of what waits, and nobody is woken by what is only for information.
_DEFAULTS: Mapping[str, Mapping[Kind, Threshold]] = {
    "owner": {Kind.ALERT: Threshold.WARNING, Kind.APPROVAL: Threshold.INFO, Kind.DIGEST: Threshold.INFO},
    "manager": {Kind.ALERT: Threshold.WARNING, Kind.APPROVAL: Threshold.INFO, Kind.DIGEST: Threshold.INFO},
    "analyst": {Kind.ALERT: Threshold.CRITICAL, Kind.APPROVAL: Threshold.OFF, Kind.DIGEST: Threshold.INFO},
    "viewer": {Kind.ALERT: Threshold.OFF, Kind.APPROVAL: Threshold.OFF, Kind.DIGEST: Threshold.OFF},
}
ENDPOINT_DEFAULTS: Mapping[Kind, Threshold] = {
    Kind.ALERT: Threshold.WARNING,
    Kind.APPROVAL: Threshold.INFO,
    Kind.DIGEST: Threshold.OFF,
}


def wants(threshold: Threshold, severity: str) -> bool:
    """Whether news of a severity passes."""
    return threshold is not Threshold.OFF and _LEVELS[severity] >= _LEVELS[threshold]


def member_threshold(role: str, kind: Kind, chosen: Mapping[Kind, Threshold]) -> Threshold:
    """Of a member with that role: what they have chosen, else what their role is told."""
    return chosen.get(kind) or _DEFAULTS[role][kind]


def endpoint_thresholds(given: Mapping[str, str]) -> dict[str, str]:
    """What an endpoint is told, by kind; kinds that were not named have their default. Raises InvalidInput."""
    found = {kind.value: threshold.value for kind, threshold in ENDPOINT_DEFAULTS.items()}
    for kind, threshold in given.items():
        if kind not in found or threshold not in set(Threshold):
            raise InvalidInput("wants", f"{kind}={threshold}: kinds are {_words(CHOSEN)}, thresholds {_words(Threshold)}")
        found[kind] = Threshold(threshold).value
    return found


def _words(values: object) -> str:
    return ", ".join(str(value) for value in values)  # type: ignore[attr-defined]  # an enum or a tuple of its members
