"""What people are told, and on which ways."""

from functools import cached_property
from typing import TYPE_CHECKING

from zamc.errors import ConfigurationError
from zamc.wiring.people import People
from zamc.wiring.platforms import Platforms

if TYPE_CHECKING:
    from zamc.notifications.endpoints import EndpointService
    from zamc.notifications.notifier import Notifier
    from zamc.notifications.outgoing import Outgoing
    from zamc.notifications.telling import Telling


class Notices(Platforms, People):
    """What people are told, and on which ways."""

    @cached_property
    def outgoing(self) -> "Outgoing":
        """Posts to addresses that customers have named."""
        from zamc.notifications.outgoing import Outgoing

        own = self.settings
        if own.notify_inside and own.environment == "production":
            raise ConfigurationError("ZAMC_NOTIFY_INSIDE must not be set in production: customers name these addresses")
        return Outgoing(inside=own.notify_inside)

    @cached_property
    def endpoints(self) -> "EndpointService":
        """Slack and webhook endpoints of projects."""
        from zamc.notifications.endpoints import EndpointService

        return EndpointService(self.clock, self.outgoing, vault=lambda: self.vault)

    @cached_property
    def telling(self) -> "Telling":
        from zamc.notifications.telling import Telling

        return Telling(self.clock, mail=bool(self.settings.smtp_url or self.settings.mail_folder))

    def notifier(self) -> "Notifier":
        from zamc.notifications.channels import senders
        from zamc.notifications.consuming import Consumer
        from zamc.notifications.delivering import Deliverer
        from zamc.notifications.digest import Digests
        from zamc.notifications.notifier import Notifier
        from zamc.notifications.retention import Retention

        own = self.settings
        ways = senders(self.identity.mailer, self.outgoing, self.clock)
        return Notifier(
            self.database,
            Consumer(self.database, self.clock, self.telling, nats_url=own.nats_url.get_secret_value()),
            Deliverer(self.database, self.clock, ways, vault=lambda: self.vault, link=own.public_url or ""),
            Digests(self.database, self.clock, self.telling, hour=own.digest_hour),
            Retention(self.database, self.clock, kept_days=own.news_kept_days),
        )
