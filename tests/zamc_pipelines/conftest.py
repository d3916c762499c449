"""The stream, the relay and the outbox, as the tests of zamc/events/ have them."""

from tests.zamc.events.conftest import emit, relay, stream

__all__ = ["emit", "relay", "stream"]
