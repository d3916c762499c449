"""What every provider's adapter needs to be made, and the parts that are the same for all."""

import logging
from dataclasses import dataclass

from pydantic import SecretStr

from zamc.llm.refusals import scrubbed
from zamc.throttling.quotas import fingerprint


@dataclass(frozen=True)
class Connection:
    """Where a provider is, as whom, which model, and how long one call may take. Its text never shows the key."""

    provider: str
    url: str
    model: str
    key: SecretStr
    timeout_seconds: float
    requests_per_minute: int = 0

    @property
    def room(self) -> str:
        """What everything with this key at this address shares."""
        return f"llm:{self.provider}:{fingerprint(self.url + self.key.get_secret_value())}"

    def scrub(self, text: str) -> str:
        return scrubbed(text, self.key.get_secret_value())


# At DEBUG these write whole requests, answers and headers down; what a log needs of a call stands in model_calls.
_TALKATIVE = ("openai", "anthropic", "huggingface_hub", "httpx2", "httpcore2")


def quiet() -> None:
    """Keep the clients' own logs to warnings, whatever the level of the process is."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class Connected:
    """The part of zamc.llm.ports.Model that needs no SDK."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        quiet()

    @property
    def provider(self) -> str:
        return self._connection.provider

    @property
    def name(self) -> str:
        return self._connection.model

    @property
    def room(self) -> str:
        return self._connection.room

    @property
    def requests_per_minute(self) -> int:
        return self._connection.requests_per_minute

    def scrub(self, text: str) -> str:
        return self._connection.scrub(text)
