"""What the creatives' room needs of others."""

from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.creatives.written import OwnLogo, Scene, WrittenCopy
from zamc.storage.objects import StoredObject
from zamc.strategies.schema import Brief, Plan, Platform


class NextStage(Protocol):
    """Begins the deployments of an approved set, in the transaction of its approval. Calling it twice changes nothing."""

    def begin(self, session: Session, set_row: Asset) -> object: ...


class Objects(Protocol):
    """Where pictures lie: zamc.storage.objects.ObjectStore."""

    def put(self, data: bytes, *, media_type: str) -> StoredObject:
        """Raises Later when the storage cannot take it now."""
        ...

    def get(self, sha256: str, media_type: str) -> bytes:
        """Raises NotFound, Later, or DamagedObject."""
        ...


class CopyWriter(Protocol):
    """Writes lines for a set of copy. What is published is decided by the checks alone."""

    def write_copy(self, plan: Plan, brief: Brief, platform: Platform, language: str, *, project_id: UUID, variant: int) -> WrittenCopy:
        """Called outside any transaction. variant: another one asks anew instead of getting the same answer.

        Raises Later, InDoubt, Mend, GiveUp, SpendRefused or ConfigurationError of zamc.errors where rules may not stand in.
        """
        ...


class Painter(Protocol):
    """Has a background painted. It never fails: without one our own layouts stand alone."""

    def scene(self, plan: Plan, *, project_id: UUID) -> Scene:
        """Called outside any transaction. The same plan gives the same scene, a square PNG.

        Raises Later alone: while another worker has the very same one painted.
        """
        ...


class BriefLogos(Protocol):
    """Reads the logo that a brief names. It never fails for what the address says: without it the brand's initial stands in."""

    def of(self, project_id: UUID, url: str) -> OwnLogo:
        """Called outside any transaction. Raises Later alone, when the storage cannot take it now."""
        ...
