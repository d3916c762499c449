"""The text of a brief's landing page on its way to a model: only where the project allows it, and the same text for a day.

A page that changes with every visit would make another question of the same brief each time, and a call that was paid for, and whose
worker died, would be paid for again. So what was read is kept, and asked about again within a day it is what was read before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import Conflict, InvalidInput, OutsideError
from zamc.llm import repository
from zamc.llm.text_rules import neutral
from zamc.web.ports import Page, PageReader

log = structlog.get_logger()

_KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True)
class PageText:
    """What a page said, made harmless: one line each. provenance: where it was read, and the SHA-256 of what came."""

    title: str
    text: str
    provenance: Mapping[str, Any]


@dataclass(frozen=True)
class PageAnswer:
    """A page or none, and what a reader of the plan should know of that; "" where there is nothing to know."""

    page: PageText | None
    note: str = ""


class LandingPages:
    """Reads pages for writers. Threads may share it."""

    def __init__(self, database: Database, clock: Clock, reader: PageReader, *, most_text: int = 6_000) -> None:
        self._database, self._clock, self._reader, self._most_text = database, clock, reader, most_text

    def of(self, project_id: UUID, url: str) -> PageAnswer:
        """The page's text; a page that cannot be read stops nobody. Called outside any transaction."""
        with self._database.transaction() as session:
            policy = repository.policy(session, project_id)
            if policy is None or not policy.pages:
                return PageAnswer(None)
            kept = repository.page(session, project_id, url, since=self._clock.now() - _KEPT_FOR)
            if kept is not None:
                return PageAnswer(self._told(Page(kept.url, kept.final_url, kept.title, kept.text, kept.sha256, kept.cut)))
        try:
            page = self._reader.read(url, allowed=True)
        except (Conflict, InvalidInput, OutsideError) as error:
            said = neutral(str(error))
            log.warning("llm.page_not_read", kind=type(error).__name__, error=said)
            return PageAnswer(None, f"The landing page could not be read, and the brief alone was used: {said}")
        with self._database.transaction() as session:
            repository.keep_page(session, project_id, url, page, at=self._clock.now())
        return PageAnswer(self._told(page))

    def _told(self, page: Page) -> PageText:
        text = neutral(page.text)
        cut = page.cut or len(text) > self._most_text
        provenance = {"url": page.url, "final_url": page.final_url, "sha256": page.sha256, "cut": cut}
        return PageText(neutral(page.title), text[: self._most_text], provenance)
