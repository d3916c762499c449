"""News is forgotten when nobody can need it any more: what it was about (alerts, approvals, figures) has records of its own, which stay."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.events.inbox_repository import forget as forget_known
from zamc.notifications import retention_repository as repository
from zamc.notifications.consuming import CONSUMER, NEWS_FOR

# Of an event that is older than NEWS_FOR nothing is told, known or not; days on top for clocks that differ, and for who looks into it.
_EVENTS_KNOWN_FOR = NEWS_FOR + timedelta(days=6)
# Short locks: whoever tells or sends meanwhile waits for none of it.
_AT_ONCE = 1_000
log = structlog.get_logger()


class Retention:
    """What the notifier keeps, and for how long. kept_days: news and its deliveries."""

    def __init__(self, database: Database, clock: Clock, *, kept_days: int, at_once: int = _AT_ONCE) -> None:
        self._database, self._clock, self._kept, self._at_once = database, clock, timedelta(days=kept_days), at_once

    def forget(self) -> tuple[int, int]:
        """All that is old. Returns how many pieces of news and how many known events; any number of processes may do it at once."""
        now = self._clock.now()
        news = self._all(lambda session: repository.forget_news(session, before=now - self._kept, limit=self._at_once))
        known = self._all(lambda session: forget_known(session, CONSUMER, before=now - _EVENTS_KNOWN_FOR, limit=self._at_once))
        if news or known:
            log.info("notifications.forgotten", news=news, events=known)
        return news, known

    def _all(self, forget: Callable[[Session], int]) -> int:
        """A transaction for each few, until there are no more."""
        whole = 0
        while True:
            with self._database.transaction() as session:
                count = forget(session)
            whole += count
            if count < self._at_once:
                return whole
