"""What the world hears of it, and what takes up again what went wrong."""

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from zamc.errors import Conflict
from zamc.wiring.analysis import Analysis
from zamc.wiring.campaigns import Campaigns

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from zamc.events.relay import Relay
    from zamc.events.replays import ReplayService
    from zamc.events.tables import DeadLetter


class Messages(Campaigns, Analysis):
    """What the world hears of it, and what takes up again what went wrong."""

    def relay(self) -> "Relay":
        from zamc.events.relay import Relay

        return Relay(
            self.database,
            nats_url=self.settings.nats_url.get_secret_value(),
            replicas=self.settings.nats_replicas,
            clock=self.clock,
            installation=self.deployments.installation,
            before_publishing=self.deployments.notice_restore,
        )

    @cached_property
    def replays(self) -> "ReplayService":
        """Dead letters, and what takes each kind of them up again."""
        from zamc.creatives import retries as creatives
        from zamc.deployments import retries as deployments
        from zamc.events.replays import ReplayService
        from zamc.notifications.delivering import replayed
        from zamc.strategies import retries as strategies

        def strategy(session: "Session", letter: "DeadLetter", by: str) -> str:
            strategies.retry(session, self.clock, _subject(letter), by=by)
            return "the next run writes the strategy anew from its brief"

        def creative_set(session: "Session", letter: "DeadLetter", by: str) -> str:
            return f"the next run makes {creatives.retry(session, self.clock, _subject(letter), by=by)} missing members of the set"

        def deployment(session: "Session", letter: "DeadLetter", by: str) -> str:
            names = ", ".join(row.name for row in deployments.retry(session, self.clock, _subject(letter), by=by))
            return f"the next run looks up what was in doubt, makes what is missing and enables it: {names}"

        def sync(letter: "DeadLetter") -> str:
            day = date.fromisoformat(letter.details["day"])
            outcome = self.analytics.sync(platform=letter.details["platform"], day=day, account_ids=[_subject(letter)])
            for sentence in outcome.failures.values():
                raise Conflict(f"the day was read again, and failed again: {sentence}")
            return f"{day} was read: {outcome.rows_read} rows, {outcome.rows_changed} of them new"

        def delivery(session: "Session", letter: "DeadLetter", by: str) -> str:  # noqa: ARG001 - the port
            channel = replayed(session, self.clock, _subject(letter))
            if channel is None:
                raise Conflict("the delivery is neither given up nor in doubt any more")
            return f"the notifier sends it once more by {channel}, under the same id"

        inside = {"strategy": strategy, "creatives": creative_set, "deployment": deployment, "notification": delivery}
        return ReplayService(self.database, self.clock, inside=inside, outside={"sync": sync})


def _subject(letter: "DeadLetter") -> UUID:
    if letter.subject_id is None:
        raise Conflict("the letter names nothing that could be taken up again; drop it")
    return letter.subject_id
