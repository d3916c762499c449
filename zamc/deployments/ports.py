"""What deployments need of an ad platform, and what they hand it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, runtime_checkable
from uuid import UUID

from zamc.errors import OutsideError

Guard = Callable[[], None]
"""Asked right before each call that may change something; raises Later when the rest of the lease would not outlast the call."""


@dataclass(frozen=True)
class Item:
    """A wanted object as an adapter sees it.

    marker: stands in its name where it has one. spec: what it shall be (zamc.deployments.tree says per kind).
    refs: external ids of the bound objects that it refers to, by role, e.g. {"campaign": "123"}. siblings: in one request, the
    obj_key of those that the same request creates, by role.
    """

    obj_key: UUID
    kind: str
    local_ref: str
    marker: str
    spec: Mapping[str, Any]
    external_id: str | None = None
    refs: Mapping[str, str] = field(default_factory=dict)
    siblings: Mapping[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True)
class Observed:
    """What a platform says of an object. status: enabled, paused, removed or missing (its own, without its parents').

    delivery: the platform's own word for what it makes of it (in review, disapproved ...). budget_micros: per day, where it has one.
    """

    status: str
    name: str = ""
    delivery: str = ""
    budget_micros: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """An object on the platform that carries a marker of ours. order: older ones sort first."""

    external_id: str
    kind: str
    name: str
    status: str
    order: int


@dataclass(frozen=True)
class Shown:
    """An object with a marker of ours, as a survey shows it. order: older ones sort first.

    owner: external id of its campaign. ends_on: ISO day of the account, None when it has no end, "" when its kind has none.
    delivery, details: as in Observed.
    """

    kind: str
    external_id: str
    name: str
    status: str
    order: int
    owner: str = ""
    delivery: str = ""
    budget_micros: int | None = None
    ends_on: str | None = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AccountState:
    """An ad account by the platform's own word. status: active, limited (it may still spend), blocked (nothing runs) or unknown."""

    status: str
    word: str = ""


@dataclass(frozen=True)
class OutsideChange:
    """Somebody's change of one object. fields: the platform's own names. who, through: as the platform tells them, if it does."""

    kind: str
    external_id: str
    at: datetime
    fields: Sequence[str]
    who: str = ""
    through: str = ""


@dataclass(frozen=True)
class Settings:
    """What an object aims at, bids and says, by the values of zamc.deployments.drift_rules.Field; JSON values, lists in one order.

    ordered: as its spec wants it (a field of the spec that has the name says so itself). shown: as the platform has it.
    """

    ordered: Mapping[str, Any]
    shown: Mapping[str, Any]


class AdPlatform(Protocol):
    """One ad account. Every call is made with no transaction open and has a time limit; errors are zamc.errors.OutsideError.

    A write that may or may not have happened raises InDoubt, one that surely did not raises Later, Mend, GiveUp or AlreadyThere.
    """

    def create(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, str]:
        """Create what one request carries, paused where it has a status; all of it or nothing. Returns external ids by obj_key."""
        ...

    def find(self, items: Sequence[Item]) -> Mapping[UUID, Sequence[Found]]:
        """What carries the items' markers, oldest first, paused ones too, removed ones not; what has no name through its parent."""
        ...

    def set_status(self, items: Sequence[Item], status: Literal["enabled", "paused"], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        """Absolute, so that sending it again is safe. Returns the errors by obj_key; whatever is not among them was acknowledged."""
        ...

    def read(self, items: Sequence[Item]) -> Mapping[UUID, Observed]:
        """The state of bound objects, in bulk. What the platform does not show is missing."""
        ...

    def ours(self, prefix: str) -> Iterable[Found]:
        """Everything in the account with a marker that begins with `prefix`, not removed, of the kinds that have a status."""
        ...

    def remove(self, kind: str, external_id: str, *, guard: Guard) -> None:
        """Remove an object for good. Only for paused duplicates whose key is bound to another id."""
        ...

    def update(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        """Set the fields that the items' specs hold (and nothing else) to those values. Absolute, so that sending it again is safe.

        Returns the errors by obj_key; whatever is not among them was acknowledged.
        """
        ...

    def values(self, items: Sequence[Item]) -> Mapping[UUID, Mapping[str, Any]]:
        """What the platform shows for the fields of a spec that can change in place, in the spec's own terms. Absent: not there."""
        ...

    def settings(self, items: Sequence[Item]) -> Mapping[UUID, Settings]:
        """What no survey shows of bound objects, in bulk. What the platform does not show is left out."""
        ...

    def survey(self, prefix: str, *, since: datetime | None) -> Iterable[Sequence[Shown]]:
        """Everything with a marker that begins with `prefix`, not removed, page by page.

        since: every campaign all the same, of the rest only what may have changed after that moment.
        """
        ...

    def account(self) -> AccountState:
        """Whether the platform lets the account spend."""
        ...

    def history(self, since: datetime, until: datetime) -> Sequence[OutsideChange]:
        """Who changed what in that time, newest first, whoever it was; empty when the platform does not tell."""
        ...


@runtime_checkable
class TakesMany(Protocol):
    """A platform of which one request carries calls of different deployments, each with an answer, or a doubt, of its own."""

    @property
    def most_calls(self) -> int:
        """How many calls one request may carry."""
        ...

    def create_many(self, calls: Sequence[Sequence[Item]], *, guard: Guard) -> Sequence[Mapping[UUID, str] | OutsideError]:
        """What `create` would return or raise for each of the calls, in their order. None is sent twice."""
        ...


class Files(Protocol):
    """Where pictures lie."""

    def get(self, sha256: str, media_type: str) -> bytes:
        """The bytes of an object. Raises NotFound."""
        ...


class Waiter(Protocol):
    """time.sleep in production; a test moves its clock instead."""

    def __call__(self, seconds: float, /) -> None: ...


@dataclass(frozen=True)
class Limits:
    """Times of the launch protocol, in seconds. quiet: Q, from the end of a lease to the look that resolves a doubt.

    unconfirmed_for, stuck_after, silent_for: how long something may last before a person is told.
    """

    call: float = 60.0
    lease: float = 120.0
    quiet: float = 90.0
    read_back_gap: float = 2.0
    most_attempts: int = 8
    unconfirmed_for: timedelta = timedelta(minutes=5)
    stuck_after: timedelta = timedelta(hours=1)
    silent_for: timedelta = timedelta(minutes=30)

    def __post_init__(self) -> None:
        if self.lease <= self.call:
            raise ValueError("the lease must outlast one call")


class Heard(Protocol):
    """An event of this installation that something outside the database remembers: where it lies, and in what order."""

    @property
    def event_id(self) -> UUID: ...
    @property
    def created(self) -> str: ...
    @property
    def sequence(self) -> int: ...


Witness = Callable[[str], Sequence[Heard]]
"""The latest events of an installation, newest first, as something outside the database has them. Raises Later."""
Crash = Callable[[str], None]
Seen = tuple[datetime, Mapping[UUID, Observed]]
