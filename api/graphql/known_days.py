"""Days of performance that were read before, as long as no account of theirs was read again: most changes change no figures."""

import threading
from collections import OrderedDict

from sqlalchemy.orm import Session

from zamc.analytics import views
from zamc.analytics.views import DayView, Span

# Of a process: a day is a few hundred bytes.
_MOST_DAYS = 50_000


class KnownDays:
    """Threads share it. What is kept is found by which reading each day is from, which is asked for each time, as the caller may see it."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Span, str], list[DayView]] = OrderedDict()
        self._days = 0
        self._lock = threading.Lock()

    def read(self, session: Session, span: Span) -> list[DayView]:
        """See views.days. One statement, or two."""
        key = (span, views.readings(session, span))
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
                return found
        # A reading that ends between the two statements has another name the next time.
        made = views.days(session, span)
        with self._lock:
            self._days += len(made) - len(self._known.pop(key, ()))
            self._known[key] = made
            while self._days > _MOST_DAYS:
                self._days -= len(self._known.popitem(last=False)[1])
        return made
