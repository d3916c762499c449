"""What comes after an approved strategy, as the strategies' room needs it."""

from typing import Protocol

from sqlalchemy.orm import Session

from zamc.strategies.tables import Strategy


class NextStage(Protocol):
    """Begins the creatives of an approved strategy, in the transaction of its approval. Calling it twice changes nothing."""

    def begin(self, session: Session, strategy: Strategy) -> object: ...
