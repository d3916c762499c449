"""Reports that take their time, remembered in the record: see zamc.analytics.ports.Jobs."""

from uuid import UUID

from zamc.analytics import readings_repository as repository
from zamc.analytics.ports import Asked, Piece
from zamc.clock import Clock
from zamc.database.engine import Database


class JobRecord:
    """The reports of one reading. Whoever takes the reading over finds them."""

    def __init__(self, database: Database, clock: Clock, *, account_id: UUID, ticket: int) -> None:
        self._database, self._clock, self._account_id, self._ticket = database, clock, account_id, ticket

    def known(self, piece: Piece) -> Asked | None:
        with self._database.transaction() as session:
            return repository.job(session, self._ticket, piece)

    def asked(self, piece: Piece, external_id: str) -> None:
        with self._database.transaction() as session:
            repository.job_asked(session, self._account_id, self._ticket, piece, external_id, now=self._clock.now())

    def done(self, piece: Piece) -> None:
        with self._database.transaction() as session:
            repository.job_ended(session, self._ticket, piece, "done")

    def failed(self, piece: Piece, reason: str, *, split: bool) -> None:
        with self._database.transaction() as session:
            repository.job_ended(session, self._ticket, piece, "split" if split else "failed", reason)
