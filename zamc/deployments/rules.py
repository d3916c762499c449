"""The launch protocol's decisions, pure: states, markers, what may be sent, when a stop is done (see "Launching without harm")."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Status(StrEnum):
    """Where a deployment stands."""

    REQUESTED = "requested"
    CREATING = "creating"
    CREATED = "created"
    ENABLING = "enabling"
    LIVE = "live"
    PAUSING = "pausing"
    PAUSED = "paused"
    FAILED = "failed"
    ENDED = "ended"


class Desired(StrEnum):
    """What the newest intention wants of a deployment."""

    ENABLED = "enabled"
    PAUSED = "paused"
    ENDED = "ended"
    FAILED = "failed"


class Verb(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    ENABLE = "enable"
    PAUSE = "pause"
    REMOVE = "remove"


class Lane(StrEnum):
    """A stop never queues behind a change. Strays are swept beside both: they belong to no intention."""

    CHANGE = "change"
    STOP = "stop"
    SWEEP = "sweep"


class State(StrEnum):
    """Where an operation stands. `sent`: a pause that was acknowledged and waits for its read-backs."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    SUPERSEDED = "superseded"


class LaunchMode(StrEnum):
    """What becomes of the siblings when one platform refuses."""

    ALL_OR_NOTHING = "all_or_nothing"
    BEST_EFFORT = "best_effort"


class OnPlatform(StrEnum):
    """What a platform says of an object's own status."""

    ENABLED = "enabled"
    PAUSED = "paused"
    REMOVED = "removed"
    MISSING = "missing"


FINAL = frozenset({Status.FAILED, Status.ENDED})
# Statuses in which every object is on the platform and was read back.
BUILT = frozenset({Status.CREATED, Status.ENABLING, Status.LIVE})
# After its last stop, a deployment is what its intention says.
AFTER_STOP = {Desired.PAUSED: Status.PAUSED, Desired.ENDED: Status.ENDED, Desired.FAILED: Status.FAILED}
# How many empty looks allow a create to be sent again: Meta has no idempotency key and no unique names, so one look is not enough.
LOOKS_BEFORE_RESEND = {"google_ads": 1, "meta_ads": 2}

_MARKER = re.compile(r"zamc:([0-9a-f]{8}):([0-9a-f]{16})")
# No name that people or models write may hold what a marker begins with: it would be taken for somebody else's.
MARKED = re.compile("zamc:", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """What is true of a deployment inside the transaction that wants to send something for it."""

    generation: int
    desired: str
    plan_hash: str
    approved_hash: str | None
    reserved_micros: int
    kill_switch: bool
    hold: bool
    open_stops: int = 0
    pause_lands_until: datetime | None = None


def installation_prefix(installation: str) -> str:
    """What the markers of this installation begin with; anything else in an account is somebody else's."""
    return f"zamc:{installation}:"


def marker(installation: str, obj_key: UUID) -> str:
    """Stands in the object's name on the platform, so that a lost answer can be looked up: zamc:<installation>:<start of obj_key>."""
    return f"{installation_prefix(installation)}{obj_key.hex[:16]}"


def find_marker(name: str) -> tuple[str, str] | None:
    """(installation, start of obj_key) of a name that carries a marker."""
    found = _MARKER.search(name)
    return (found.group(1), found.group(2)) if found else None


def why_not_send(verb: str, operation_generation: int, facts: Facts, *, now: datetime) -> str | None:
    """Why a change may not be sent now, or None. Asked in the transaction that commits `sending`, with the rows locked."""
    reasons = (
        (facts.kill_switch, "the kill switch is on"),
        (facts.hold, "the installation is on hold after a restore"),
        (facts.desired != Desired.ENABLED, f"it is wanted {facts.desired}"),
        (operation_generation != facts.generation, "a newer intention exists"),
        (facts.approved_hash is None, "nobody approved it"),
        (facts.approved_hash != facts.plan_hash, "the approval is for another plan"),
        (facts.reserved_micros <= 0, "no spend is reserved for it"),
    )
    enable = (
        (facts.open_stops > 0, "a stop is still open"),
        (facts.pause_lands_until is not None and facts.pause_lands_until > now, "a pause may still land"),
    )
    return next((why for holds, why in (*reasons, *(enable if verb == Verb.ENABLE else ())) if holds), None)


def may_enable(mode: str, siblings: Collection[str], *, launched: bool = False) -> bool:
    """Whether a built deployment may go on; siblings: the statuses of the others of its set.

    All or nothing is about a launch that a platform refuses: what was live before (launched) comes back by itself, and what people paused
    or ended is nothing to wait for.
    """
    if mode == LaunchMode.BEST_EFFORT or launched:
        return True
    return all(status in BUILT or status in (Status.PAUSED, Status.PAUSING, Status.ENDED) for status in siblings)


@dataclass(frozen=True)
class StopView:
    """An acknowledged pause and its object, inside the transaction that wants to call it done."""

    after_enables: int | None
    resolved_enables: int
    enables_in_flight: int
    read_backs: Sequence[str]


class StopVerdict(StrEnum):
    DONE = "done"
    WAIT = "wait"
    AGAIN = "again"


def judge_stop(view: StopView) -> StopVerdict:
    """A stop is done when the acknowledged PAUSE was sent after the last enable was resolved and two read-backs say that it is off."""
    if view.enables_in_flight:
        return StopVerdict.WAIT
    if view.after_enables != view.resolved_enables:
        return StopVerdict.AGAIN
    off = {OnPlatform.PAUSED, OnPlatform.REMOVED}
    if len(view.read_backs) >= 2 and all(status in off for status in view.read_backs[-2:]):
        return StopVerdict.DONE
    # Missing is a read that lags; enabled after an acknowledged pause is a lagging read or somebody else: send it again.
    return StopVerdict.AGAIN if OnPlatform.ENABLED in view.read_backs else StopVerdict.WAIT
