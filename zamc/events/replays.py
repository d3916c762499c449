"""Dead letters as people deal with them: replay, or drop with a reason. Both are audited, and neither happens twice.

A replay changes what is wanted and calls nothing outside: the item then goes the way that every item goes, by its claim and, where its
last call is in doubt, by a look-up first.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.events import dead_letters
from zamc.events.catalogue import parse
from zamc.events.tables import DeadLetter
from zamc.projects.repository import audit

Inside = Callable[[Session, DeadLetter, str], str]
"""Takes up an item again within the transaction; returns what happens next, in a sentence. Raises Conflict, SpendRefused."""
Outside = Callable[[DeadLetter], str]
"""Does it now, with no transaction open, and closes the letter itself when it went well. Raises what the item raises."""


class ReplayService:
    """inside, outside: by kind of letter what takes its items up again; messages are known here."""

    def __init__(self, database: Database, clock: Clock, *, inside: Mapping[str, Inside], outside: Mapping[str, Outside]) -> None:
        self._database, self._clock = database, clock
        self._inside = {"message": _message, **inside}
        self._outside = outside

    def replay(self, letter_id: UUID, *, by: str) -> str:
        """Take up what a letter holds, once. Returns what happens next. Raises NotFound, and Conflict when it is closed already."""
        with self._database.transaction() as session:
            letter = self._locked(session, letter_id)
            audit(
                session, actor=by, action="dead_letter.replay", project_id=letter.project_id, subject_id=letter.id,
                kind=letter.kind, key=letter.key, reason=letter.reason,
            )  # fmt: skip
            if letter.kind in self._inside:
                said = self._inside[letter.kind](session, letter, by)
                self._close(letter, dead_letters.REPLAYED, by=by, why=said)
                return said
        return self._outside[letter.kind](letter)

    def drop(self, letter_id: UUID, *, by: str, reason: str) -> None:
        """Close a letter without doing anything. Raises NotFound, Conflict, and InvalidInput without a reason."""
        if len(reason.strip()) < 3:
            raise InvalidInput("reason", "say in a few words why nobody needs this any more; it stands in the audit log")
        with self._database.transaction() as session:
            letter = self._locked(session, letter_id)
            self._close(letter, dead_letters.DROPPED, by=by, why=reason.strip())
            audit(
                session, actor=by, action="dead_letter.drop", project_id=letter.project_id, subject_id=letter.id,
                kind=letter.kind, key=letter.key, reason=reason.strip(),
            )  # fmt: skip

    def _locked(self, session: Session, letter_id: UUID) -> DeadLetter:
        letter = dead_letters.letter(session, letter_id, lock=True)
        if letter is None:
            raise NotFound(f"no dead letter {letter_id}; `zamc dead-letters list --state all` shows every one")
        if letter.state != dead_letters.OPEN:
            at = letter.closed_at.isoformat(timespec="seconds") if letter.closed_at else "earlier"
            raise Conflict(f"it was {letter.state} by {letter.closed_by} at {at} ({letter.closing}); what fails again becomes open again")
        return letter

    def _close(self, letter: DeadLetter, state: str, *, by: str, why: str) -> None:
        letter.state, letter.closed_by, letter.closed_at, letter.closing = state, by, self._clock.now(), why


def _message(session: Session, letter: DeadLetter, _by: str) -> str:
    """A message that can be read by now, after an upgrade perhaps, is published once more under its own event id."""
    try:
        envelope, _ = parse(letter.subject, letter.payload or b"")
    except InvalidInput as error:
        raise Conflict(
            f"it still cannot be read ({error}). A newer version of ZAMC may know it; else ask its sender for it again and drop this one"
        ) from None
    dead_letters.publish_again(
        session, event_id=envelope.id, subject=letter.subject, envelope=envelope.model_dump(mode="json", exclude_none=True)
    )
    return f"event {envelope.id} is published again by the relay"
