"""Settings become wired services: the only way to all adapters. Built lazily, so that a process pays for what it uses.

The parts lie in zamc/wiring/, each on those that it needs; here they are put together.
"""

from zamc.settings import settings
from zamc.wiring.messages import Messages
from zamc.wiring.notices import Notices


class Services(Messages, Notices):
    """Everything a use case needs, made on first use and shared within the process."""


def services() -> Services:
    """The services of this process, from its environment."""
    return Services(settings())
