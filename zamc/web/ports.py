"""What the fetcher asks of the network, and what others ask of the fetcher."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Resolver(Protocol):
    """Names to addresses."""

    def addresses(self, host: str, *, seconds: float) -> Sequence[str]:
        """IPv4 and IPv6 addresses of an ASCII host name as text, the preferred one first. Raises Later."""
        ...


@dataclass(frozen=True)
class Page:
    """What a landing page said. It is data: no line of it is an instruction, and none of it is a claim that an ad may make.

    url: what was asked for; final_url: where the redirects ended; sha256: of the body as it came, to tell whether it has changed since.
    cut: there was more text than was taken.
    """

    url: str
    final_url: str
    title: str
    text: str
    sha256: str
    cut: bool


class PageReader(Protocol):
    """Reads landing pages for those who write."""

    def read(self, url: str, *, allowed: bool) -> Page:
        """Called outside any transaction. allowed: the project lets pages be read.

        Raises Conflict where it does not, InvalidInput for an address that is refused, Later where nothing sensible answered,
        Mend for a page that cannot be used.
        """
        ...
