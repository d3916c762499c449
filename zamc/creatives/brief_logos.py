"""The logo that a brief names: read once where the project lets the web be read, and never a reason not to make its pictures.

Whoever writes a brief may be a stranger. The address goes through the same walls as a landing page (zamc.web), the answer through the same
reader as a logo that a person hands in (photographs), and what comes of it is kept by its address.
"""

import hashlib
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.creatives import repository
from zamc.creatives.logos import LARGEST, SMALLEST, Pictures
from zamc.creatives.photographs import photograph
from zamc.creatives.ports import Objects
from zamc.creatives.written import OwnLogo
from zamc.database.engine import Database, refuse_inside_transaction
from zamc.errors import Conflict, InvalidInput, OutsideError

log = structlog.get_logger()

FIELD = "brief.brand.logo"
# A set has a dozen pictures: one that could not be read is not asked for again by each of them.
_AGAIN_AFTER = timedelta(hours=1)
_MOST_KEPT = 20
_LOCKS = 16
_BY_HAND = 'hand in a PNG or JPEG file with `zamc creatives logo "NAME" --file FILE`'
NOT_ALLOWED = (
    f"{FIELD} is not read, because the project does not let the web be read: allow it with `zamc projects models NAME --pages`, "
    f"or {_BY_HAND}; the brand's initial stands in"
)


def hint(session: Session, project_id: UUID, url: str | None) -> str:
    """What whoever hands in a brief with a logo should know; "" where it will be used, or a person has set another one."""
    if not url or repository.logo_of(session, project_id) or repository.may_read_web(session, project_id):
        return ""
    return NOT_ALLOWED


class BriefLogoReader:
    """Implements zamc.creatives.ports.BriefLogos. Threads may share it: those that want the same wait for the first."""

    def __init__(self, database: Database, clock: Clock, objects: Objects, pictures: Pictures) -> None:
        self._database, self._clock, self._objects, self._pictures = database, clock, objects, pictures
        self._locks = tuple(Lock() for _ in range(_LOCKS))

    def of(self, project_id: UUID, url: str) -> OwnLogo:
        """See BriefLogos."""
        refuse_inside_transaction("a logo")
        number = int.from_bytes(hashlib.sha256(f"{project_id}{url}".encode()).digest()[:4])
        with self._locks[number % _LOCKS]:
            with self._database.transaction() as session:
                kept, allowed = repository.brief_logo(session, project_id, url), repository.may_read_web(session, project_id)
            if kept is not None and (known := self._known(kept)) is not None:
                return known
            if not allowed:
                return OwnLogo(note=NOT_ALLOWED)
            return self._read(project_id, url)

    def _known(self, kept: dict[str, Any]) -> OwnLogo | None:
        if "sha256" in kept:
            return OwnLogo(kept["sha256"], kept["media_type"], FIELD)
        fresh = self._clock.now() < datetime.fromisoformat(kept["at"]) + _AGAIN_AFTER
        return OwnLogo(note=kept["refused"]) if fresh else None

    def _read(self, project_id: UUID, url: str) -> OwnLogo:
        at = self._clock.now().isoformat()
        try:
            drawn = photograph(FIELD, self._pictures.picture(url, allowed=True, field=FIELD), smallest=SMALLEST, largest=LARGEST)
        except (Conflict, InvalidInput, OutsideError) as error:
            said = str(error).removeprefix(f"{FIELD}: ").removeprefix(f"{FIELD} ")
            log.warning("creatives.logo_not_read", kind=type(error).__name__, error=said)
            note = f"{FIELD} is not used ({said.rstrip('. ')}): {_BY_HAND}; the brand's initial stands in"
            self._keep(project_id, url, {"refused": note, "at": at})
            return OwnLogo(note=note)
        stored = self._objects.put(drawn.data, media_type=drawn.media_type)
        kept = {"sha256": stored.sha256, "media_type": stored.media_type, "width": drawn.width, "height": drawn.height, "at": at}
        self._keep(project_id, url, kept)
        return OwnLogo(stored.sha256, stored.media_type, FIELD)

    def _keep(self, project_id: UUID, url: str, kept: dict[str, Any]) -> None:
        with self._database.transaction() as session:
            project = repository.locked_project(session, project_id)
            if project is None:
                return
            others = [item for item in project.brand.get("brief_logos", {}).items() if item[0] != url]
            newest = sorted(others, key=lambda item: str(item[1].get("at", "")))[-(_MOST_KEPT - 1) :]
            project.brand = project.brand | {"brief_logos": dict([*newest, (url, kept)])}
