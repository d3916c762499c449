"""What is heard of alerts, and the newest of them in memory: thousands who come back at once must not each ask NATS."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from zamc.events.catalogue import AlertRaised
from zamc.events.rules import Cursor

MOST_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert as the stream tells it. sequence: its place there. id: of the event; a relay that crashed may tell it twice."""

    sequence: int
    id: UUID
    at: datetime
    project_id: UUID
    data: AlertRaised


@dataclass(frozen=True, slots=True)
class News:
    """cursor: where the stream stands with this. gap: what lay between the last cursor and this one is gone."""

    cursor: Cursor
    raised: Raised | None = None
    gap: bool = False


@dataclass
class Remembered:
    """The newest alerts of all projects. complete_after: every alert behind this sequence that was heard is here."""

    complete_after: int = 0
    _by_project: dict[UUID, deque[Raised]] = field(default_factory=dict)
    _order: deque[Raised] = field(default_factory=deque)
    _ids: set[UUID] = field(default_factory=set)

    def begin(self, sequence: int) -> None:
        """Another stream, or a gap: what was before is of no use."""
        self.complete_after = sequence
        self._by_project.clear()
        self._order.clear()
        self._ids.clear()

    def add(self, raised: Raised) -> bool:
        """False for one that was told before."""
        if raised.id in self._ids:
            return False
        self._ids.add(raised.id)
        self._order.append(raised)
        self._by_project.setdefault(raised.project_id, deque()).append(raised)
        if len(self._order) > MOST_REMEMBERED:
            oldest = self._order.popleft()
            self.complete_after = oldest.sequence
            self._ids.discard(oldest.id)
            mine = self._by_project[oldest.project_id]
            mine.popleft()
            if not mine:
                del self._by_project[oldest.project_id]
        return True

    def since(self, project_id: UUID, sequence: int) -> Sequence[Raised] | None:
        """A project's alerts behind a place, oldest first; None when that is further back than what is remembered."""
        if sequence < self.complete_after:
            return None
        found: list[Raised] = []
        for raised in reversed(self._by_project.get(project_id, ())):
            if raised.sequence <= sequence:
                break
            found.append(raised)
        return found[::-1]
