"""The daily digest of each project, on the morning of its time zone (that of most of its ad accounts; UTC before it has any)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from zamc.analytics import verdict_views, views
from zamc.analytics.rules import Grain
from zamc.analytics.views import DayView, PartView, Span
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.notifications import delivery_repository, repository, waiting_views
from zamc.notifications.digest_rules import Figures, Numbers, Part, body
from zamc.notifications.preference_rules import Kind
from zamc.notifications.telling import Telling
from zamc.notifications.words_rules import News

# The newest day that was read: facts of yesterday may come later in the day.
_LATEST_DAYS = 3
_USUAL_DAYS = 7
_MOST_PARTS = 100
_MOST_VERDICTS = 10
log = structlog.get_logger()


class Digests:
    """hour: of the project's day from which on its digest is made."""

    def __init__(self, database: Database, clock: Clock, telling: Telling, *, hour: int) -> None:
        self._database, self._clock, self._telling, self._hour = database, clock, telling, hour

    def make_due(self) -> int:
        """Tell every digest that is due, each in a transaction of its own, once a day. Returns how many deliveries were made."""
        now = self._clock.business_now()
        with self._database.transaction() as session:
            done, zones = delivery_repository.digest_days(session), delivery_repository.time_zones(session)
        made = 0
        for project_id, last in done.items():
            local = now.astimezone(ZoneInfo(zones.get(project_id, "UTC")))
            if local.hour >= self._hour and (last is None or last < local.date()):
                try:
                    made += self._make(project_id, local)
                except DBAPIError:
                    raise
                except Exception as bug:  # noqa: BLE001 - one project's digest must not cost the others theirs
                    log.error("notifications.no_digest", project=str(project_id), error=type(bug).__name__)  # noqa: TRY400 - no figures
        return made

    def _make(self, project_id: UUID, local: datetime) -> int:
        with self._database.transaction() as session:
            if not delivery_repository.take_day(session, project_id, local.date()):
                return 0
            if not self._telling.wanted(session, project_id, Kind.DIGEST):
                return 0
            text = written(session, project_id, today=local.date(), since=local.astimezone(UTC) - timedelta(days=1))
            if not text:
                return 0
            news = News(
                key=f"digest:{project_id}:{local.date()}", project_id=project_id, kind=Kind.DIGEST, severity="info",
                title=f"The day in figures, {local.date():%d %B %Y}", body=text, about={"day": local.date().isoformat()},
            )  # fmt: skip
            return self._telling.tell(session, news)


def written(session: Session, project_id: UUID, *, today: date, since: datetime) -> str:
    """The text of a project's digest; empty when there is nothing to say. since: verdicts found from then on are told."""
    numbers = [each for currency in views.currencies(session, project_id) if (each := _numbers(session, project_id, currency, today))]
    found = verdict_views.verdicts(session, project_id=project_id, lasting=True, limit=_MOST_VERDICTS).rows
    sentences = [verdict.reason for verdict in found if verdict.found_at >= since]
    lines = [f"{each.what}: {each.name} (since {each.since:%d %B})" for each in waiting_views.everything(session, project_id)]
    return body(numbers, verdicts=sentences, waiting=lines, alerts=repository.open_by_severity(session, project_id))


def _numbers(session: Session, project_id: UUID, currency: str, today: date) -> Numbers | None:
    """Of the newest day that was read; None when nothing ran lately."""
    first = today - timedelta(days=_LATEST_DAYS + _USUAL_DAYS)
    days = views.days(session, Span(project_id, first, today - timedelta(days=1), currency))
    newest = next((place for place in range(len(days) - 1, _USUAL_DAYS - 1, -1) if days[place].measured.impressions), None)
    if newest is None:
        return None
    day = days[newest].day
    before = days[newest - _USUAL_DAYS : newest]
    then = Span(project_id, day, day, currency)
    usually = Span(project_id, before[0].day, before[-1].day, currency)
    parts = _parts(
        views.parts(session, then, grain=Grain.CAMPAIGN, by="spend_micros", limit=_MOST_PARTS),
        views.parts(session, usually, grain=Grain.CAMPAIGN, by="spend_micros", limit=_MOST_PARTS),
    )
    return Numbers(currency, day, _figures(days[newest]), _figures(before[0]), _usual(before), parts)


def _parts(now: Sequence[PartView], before: Sequence[PartView]) -> list[Part]:
    """Each campaign on the day, beside what a day of the seven before had of it."""
    after, earlier = {part.id: part for part in now}, {part.id: part for part in before}
    found = []
    for key in {**after, **earlier}:
        new, old = after.get(key), earlier.get(key)
        label = next((part.label for part in (new, old) if part is not None and part.label), key)
        found.append(
            Part(
                name=label,
                spend_micros=new.measured.spend_micros if new else 0,
                usual_micros=old.measured.spend_micros // _USUAL_DAYS if old else 0,
                conversions=new.measured.conversions if new else views.Measured().conversions,
                usual_conversions=old.measured.conversions / _USUAL_DAYS if old else views.Measured().conversions,
            )
        )
    return found


def _figures(day: DayView) -> Figures:
    return Figures(day.measured.spend_micros, day.measured.conversions)


def _usual(days: Sequence[DayView]) -> Figures:
    whole = views.total(days)
    return Figures(whole.spend_micros // len(days), whole.conversions / len(days))
