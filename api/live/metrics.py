"""How many listen, to how many different things, and what became of it."""

from prometheus_client import Counter, Gauge

SOCKETS = Gauge("zamc_live_sockets", "WebSockets that are open")
SUBSCRIPTIONS = Gauge("zamc_live_subscriptions", "Subscriptions of all sockets")
GROUPS = Gauge("zamc_live_groups", "Groups of subscriptions that are executed once for all of theirs")
EVENTS = Counter("zamc_live_executions", "Events that were rendered for a group")
MESSAGES = Counter("zamc_live_messages", "Messages to subscribers")
CLOSED = Counter("zamc_live_closed", "Sockets that we have closed", ["code"])
LAST_SEQUENCE = Gauge("zamc_live_sequence", "Last sequence of the stream ZAMC that was heard")
