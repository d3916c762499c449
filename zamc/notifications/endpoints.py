"""A project's endpoints: add, remove, try. The address and the secret leave this room only on their way out."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.accounts.vault import Vault
from zamc.clock import Clock
from zamc.database.ids import uuid7
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.notifications import delivery_repository as repository
from zamc.notifications.delivery_tables import Endpoint
from zamc.notifications.outgoing import Outgoing
from zamc.notifications.preference_rules import ENDPOINT_CHANNELS, Channel, Kind, endpoint_thresholds
from zamc.notifications.signing_rules import SECRET_BYTES, secret_of
from zamc.notifications.words_rules import News
from zamc.projects.repository import audit

MOST_PER_PROJECT = 20
_LONGEST_NAME = 80


@dataclass(frozen=True)
class EndpointView:
    """What may be shown of an endpoint: of its address the host alone. wants: the threshold by kind of news."""

    id: UUID
    project_id: UUID
    channel: str
    name: str
    host: str
    wants: Mapping[str, str]
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class Added:
    """secret: what a webhook's receiver verifies with, shown to whoever added it; empty for Slack."""

    endpoint: EndpointView
    secret: str = field(repr=False)


class EndpointService:
    """vault: made on first use, for an installation without endpoints needs no key."""

    def __init__(self, clock: Clock, outgoing: Outgoing, *, vault: Callable[[], Vault]) -> None:
        self._clock, self._outgoing, self._vault = clock, outgoing, vault

    def add(self, session: Session, project_id: UUID, *, channel: str, name: str, url: str, wants: Mapping[str, str], by: str) -> Added:
        """Raises InvalidInput, Conflict when there are too many or the name is taken, ConfigurationError without ZAMC_CREDENTIALS_KEY."""
        if channel not in set(ENDPOINT_CHANNELS):
            raise InvalidInput("channel", f"must be {' or '.join(ENDPOINT_CHANNELS)}")
        name = name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise InvalidInput("name", f"must be one line of 1 to {_LONGEST_NAME} characters")
        host, thresholds = self._outgoing.check(url), endpoint_thresholds(wants)
        known = repository.endpoints(session, project_id)
        if len(known) >= MOST_PER_PROJECT:
            raise Conflict(f"a project may have {MOST_PER_PROJECT} endpoints; remove one first")
        if any(each.name == name for each in known):
            raise Conflict(f"the project has an endpoint called {name} already")
        secret = secret_of(secrets.token_bytes(SECRET_BYTES)) if channel == Channel.WEBHOOK else ""
        endpoint_id = uuid7()
        row = Endpoint(
            id=endpoint_id, project_id=project_id, channel=channel, name=name, host=host, wants=thresholds, created_by=by,
            created_at=self._clock.now(), sealed=self._vault().seal(endpoint_id, {"url": url, **({"secret": secret} if secret else {})}),
        )  # fmt: skip
        session.add(row)
        session.flush()
        about = {"channel": channel, "name": name, "host": host}
        audit(session, actor=by, action="notifications.endpoint_added", project_id=project_id, subject_id=row.id, **about)
        return Added(view_of(row), secret)

    def secret(self, session: Session, endpoint_id: UUID) -> str:
        """A webhook's signing secret; empty for Slack, and of an endpoint that was removed. For the answer to whoever added it."""
        row = repository.endpoint(session, endpoint_id)
        if row is None or row.sealed is None:
            return ""
        return str(self._vault().open(row.id, row.sealed).get("secret", ""))

    def remove(self, session: Session, endpoint_id: UUID, *, by: str) -> EndpointView:
        """Its address and secret are forgotten, what still waits for it is not sent. Raises NotFound."""
        row = _locked(session, endpoint_id)
        row.sealed, row.removed_at = None, self._clock.now()
        session.flush()
        audit(session, actor=by, action="notifications.endpoint_removed", project_id=row.project_id, subject_id=row.id, name=row.name)
        return view_of(row)

    def test(self, session: Session, endpoint_id: UUID, *, by: str) -> UUID:
        """Send it a piece of news that says that it works. Returns the delivery's id; the notifier sends it. Raises NotFound."""
        row = _locked(session, endpoint_id)
        delivery_id, now = uuid7(), self._clock.now()
        news = News(
            key=f"test:{delivery_id}", project_id=row.project_id, kind=Kind.TEST, severity="info", title=f"{row.name} works",
            body="Somebody asked ZAMC to try this endpoint. What you read is all there is to it.", about={"endpoint": row.name},
        )  # fmt: skip
        notification_id = repository.add_news(session, news)
        about = {"id": delivery_id, "notification_id": notification_id, "project_id": row.project_id}
        repository.add_deliveries(session, [{**about, "channel": row.channel, "endpoint_id": row.id}], at=now)
        audit(session, actor=by, action="notifications.endpoint_tried", project_id=row.project_id, subject_id=row.id, name=row.name)
        return delivery_id


def view_of(row: Endpoint) -> EndpointView:
    return EndpointView(row.id, row.project_id, row.channel, row.name, row.host, dict(row.wants), row.created_by, row.created_at)


def _locked(session: Session, endpoint_id: UUID) -> Endpoint:
    row = repository.endpoint(session, endpoint_id, lock=True)
    if row is None or row.removed_at is not None:
        raise NotFound(f"there is no notification endpoint {endpoint_id}")
    return row
