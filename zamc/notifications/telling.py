"""News becomes deliveries: one row per recipient and channel, in the transaction in which it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.notifications import delivery_repository as repository
from zamc.notifications.preference_rules import Channel, Kind, Threshold, member_threshold, wants
from zamc.notifications.words_rules import News
from zamc.projects.repository import project
from zamc.requests.announcing import changed


@dataclass(frozen=True)
class Telling:
    """mail: whether this installation can send any; without it members are not told, and nothing piles up for them."""

    clock: Clock
    mail: bool

    def tell(self, session: Session, news: News) -> int:
        """Make the deliveries of a piece of news, unless it was told before. Returns how many there are.

        Of a project that is not there (the stream remembers more than a restored database) there is nobody to tell.
        """
        if news.project_id is not None and project(session, news.project_id) is None:
            return 0
        notification_id = repository.add_news(session, news)
        if notification_id is None:
            return 0
        changed(session, news.project_id)
        about = {"notification_id": notification_id, "project_id": news.project_id}
        rows = [{**about, **recipient} for recipient in self._recipients(session, news)]
        return repository.add_deliveries(session, rows, at=self.clock.now())

    def wanted(self, session: Session, project_id: UUID, kind: Kind) -> bool:
        """Whether anybody would be told of such news: what nobody asked for need not be worked out."""
        return next(self._recipients(session, News("", project_id, kind, "info", "", "")), None) is not None

    def _recipients(self, session: Session, news: News) -> Iterator[Mapping[str, Any]]:
        kind = Kind(news.kind)
        if self.mail:
            for user_id in _people(session, news, kind):
                yield {"channel": Channel.MAIL.value, "user_id": user_id}
        if news.project_id is not None:
            for endpoint in repository.endpoints(session, news.project_id):
                if wants(Threshold(endpoint.wants.get(kind, Threshold.OFF)), news.severity):
                    yield {"channel": endpoint.channel, "endpoint_id": endpoint.id}


def _people(session: Session, news: News, kind: Kind) -> list[UUID]:
    if news.project_id is None:
        return list(repository.all_owners(session))
    return [
        member.user_id
        for member in repository.members(session, news.project_id)
        if wants(member_threshold(member.role, kind, _chosen(member.chosen)), news.severity)
    ]


def _chosen(chosen: Mapping[str, str]) -> dict[Kind, Threshold]:
    return {Kind(kind): Threshold(least) for kind, least in chosen.items()}
