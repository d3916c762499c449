"""A brand's own logo: read once, made safe, stored by its content, and drawn in every picture and video that is made from then on."""

from typing import Any, Protocol
from uuid import UUID

from zamc.creatives import repository
from zamc.creatives.photographs import photograph
from zamc.creatives.ports import Objects
from zamc.database.engine import Database
from zamc.errors import NotFound
from zamc.projects.repository import audit

# Platforms take logos from 128 pixels (Performance Max, 1:1) and advise 1,200.
SMALLEST, LARGEST = 128, 1_200


class Pictures(Protocol):
    """zamc.web.fetcher.Fetcher."""

    def picture(self, url: str, *, allowed: bool, field: str) -> bytes: ...


class LogoService:
    """Each method has its own transactions: what is read from the web or put into storage is no part of one."""

    def __init__(self, database: Database, objects: Objects, pictures: Pictures) -> None:
        self._database, self._objects, self._pictures = database, objects, pictures

    def fetch(self, project_id: UUID, url: str, *, by: str) -> dict[str, Any]:
        """Take the logo from an address, where the project lets the web be read.

        Raises what set() and zamc.web.fetcher.Fetcher.picture() raise: Conflict where the project does not.
        """
        with self._database.transaction() as session:
            allowed = repository.may_read_web(session, project_id)
        return self.set(project_id, self._pictures.picture(url, allowed=allowed, field="logo"), by=by, source=url)

    def set(self, project_id: UUID, data: bytes, *, by: str, source: str = "file") -> dict[str, Any]:
        """Check, store and use a logo. Returns what the project's brand kit keeps: sha256, media_type, width, height, source.

        Raises InvalidInput that says what is allowed, NotFound, and Later when the storage cannot take it now.
        """
        drawn = photograph("logo", data, smallest=SMALLEST, largest=LARGEST)
        stored = self._objects.put(drawn.data, media_type=drawn.media_type)
        kept = {"sha256": stored.sha256, "media_type": stored.media_type, "width": drawn.width, "height": drawn.height, "source": source}
        self._keep(project_id, kept, by=by)
        return kept

    def remove(self, project_id: UUID, *, by: str) -> None:
        """From now on the brand's initial stands in. Raises NotFound."""
        self._keep(project_id, None, by=by)

    def _keep(self, project_id: UUID, logo: dict[str, Any] | None, *, by: str) -> None:
        with self._database.transaction() as session:
            project = repository.locked_project(session, project_id)
            if project is None:
                raise NotFound(f"no project {project_id}")
            rest = {name: value for name, value in project.brand.items() if name != "logo"}
            project.brand = rest | ({"logo": logo} if logo else {})
            audit(session, actor=by, action="logo.set" if logo else "logo.removed", project_id=project_id, **(logo or {}))
