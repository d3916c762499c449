"""Who changed what in a Google account, whoever it was, by the platform's own list of changes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from zamc.clock import Clock
from zamc.deployments.ports import OutsideChange
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.reading import word

# developers.google.com/google-ads/api/docs/change-event: 30 days back, at most 10,000 rows, times of the account without a zone.
BACK, MOST = timedelta(days=29), 10_000
_CHANGED = {"CAMPAIGN": "campaign", "CAMPAIGN_BUDGET": "budget", "AD_GROUP": "ad_group", "AD_GROUP_AD": "ad", "AD": "ad"}
# What is told of a thing that belongs to one of ours: (of which kind it is a part, what we call the part).
_PARTS = {
    "AD_GROUP_CRITERION": ("ad_group", "criteria"),
    "CAMPAIGN_CRITERION": ("campaign", "criteria"),
    "CAMPAIGN_ASSET": ("campaign", "assets"),
}
_TIME = "%Y-%m-%d %H:%M:%S"


class History:
    """One customer."""

    def __init__(self, client: GoogleClient, customer_id: str, *, time_zone: str, clock: Clock) -> None:
        self._client, self._customer_id, self._clock, self._zone = client, customer_id, clock, ZoneInfo(time_zone)

    def read(self, since: datetime, until: datetime) -> list[OutsideChange]:
        """The newest 10,000 changes of the last 29 days; criteria and assets are told of what they belong to."""
        since = max(since, self._clock.business_now() - BACK)
        first, last = (each.astimezone(self._zone).strftime(_TIME) for each in (since, until))
        names = ("change_date_time", "change_resource_type", "change_resource_name", "changed_fields", "user_email", "client_type")
        query = (
            f"SELECT {', '.join(f'change_event.{name}' for name in names)} FROM change_event"  # noqa: S608 - GAQL of constants and times
            f" WHERE change_event.change_date_time >= '{first}' AND change_event.change_date_time <= '{last}'"
            f" ORDER BY change_event.change_date_time DESC LIMIT {MOST}"
        )
        return [self._change(row.change_event) for row in self._client.search(self._customer_id, query)]

    def _change(self, event: Any) -> OutsideChange:
        kind = word(event, "change_resource_type")
        last = event.change_resource_name.rsplit("/", 1)[-1]
        fields = tuple(event.changed_fields.paths)
        if kind in _PARTS:
            kind, part = _PARTS[kind]
            external_id, fields = last.partition("~")[0], (part,)
        else:
            kind, external_id = _CHANGED.get(kind, kind.lower()), last.rpartition("~")[2]
        try:
            at = datetime.fromisoformat(event.change_date_time).replace(tzinfo=self._zone).astimezone(UTC)
        except ValueError:
            at = datetime.fromtimestamp(0, UTC)
        return OutsideChange(kind, external_id, at, fields, who=event.user_email, through=word(event, "client_type"))
