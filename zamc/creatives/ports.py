"""What the creatives' room needs of others."""

from typing import Protocol

from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.storage.objects import StoredObject


class NextStage(Protocol):
    """Begins the deployments of an approved set, in the transaction of its approval. Calling it twice changes nothing."""

    def begin(self, session: Session, set_row: Asset) -> object: ...


class Objects(Protocol):
    """Where pictures lie: zamc.storage.objects.ObjectStore."""

    def put(self, data: bytes, *, media_type: str) -> StoredObject:
        """Raises Later when the storage cannot take it now."""
        ...
