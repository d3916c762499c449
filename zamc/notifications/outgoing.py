"""Posts to addresses that customers have named, from a network in which there is more to reach than their endpoints.

The walls are those of zamc.web: https to a public name on the usual port, every address that the name has must be a public one, the
connection goes to the very address that was checked, and a redirect leads nowhere. Each try resolves and checks anew.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import InDoubt, InvalidInput, Later
from zamc.web.network import Deadline, Pinned, SystemResolver
from zamc.web.ports import Resolver
from zamc.web.rules import LONGEST_URL, PORTS, Target, pinned, target

SECONDS = 10.0
_MOST_ADDRESSES = 4
_MOST_OF_AN_ANSWER = 2_048
_LONGEST_NUMBER = 6


@dataclass(frozen=True)
class Answer:
    """status: of HTTP. retry_after: seconds that the other side asks for, None where it names none."""

    status: int
    retry_after: int | None


class Outgoing:
    """inside: addresses within a network, other ports and http too, for development alone. It knows no proxy and no setting of ours."""

    def __init__(
        self,
        *,
        inside: bool = False,
        resolver: Resolver | None = None,
        network: httpcore.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._inside, self._seconds = inside, seconds
        self._resolver = resolver or SystemResolver()
        self._network = network or httpcore.SyncBackend()
        self._tls = tls or ssl.create_default_context()

    def check(self, url: str) -> str:
        """The host of an address that may be posted to, as far as its text tells. Raises InvalidInput."""
        return self._target(url).host

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One request. Raises InvalidInput for an address that is refused, Later where nothing was sent, InDoubt where it may have been.

        What is raised names the host and nothing else: the address of a Slack webhook is its password.
        """
        at = self._target(url)
        refuse_inside_transaction(at.host)
        deadline = Deadline(self._seconds)
        addresses = self._addresses(at, deadline)
        sent = [
            ("Host", _authority(at)),
            ("User-Agent", "ZAMC"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *headers.items(),
        ]
        try:
            with (
                httpcore.ConnectionPool(
                    network_backend=Pinned(addresses, deadline, self._network), ssl_context=self._tls, http2=False, max_connections=1
                ) as pool,
                pool.stream("POST", f"{at.scheme}://{_authority(at)}{at.path}", headers=sent, content=body) as response,
            ):
                answer = Answer(response.status, _seconds(response.headers))
                self._drain(response)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise Later(f"{at.host} could not be connected to: {type(error).__name__}", code="connect", outage=True) from None
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise InDoubt(f"{at.host} did not answer: {type(error).__name__}", code="no-answer", outage=True) from None
        return answer

    def _drain(self, response: httpcore.Response) -> None:
        """The status says it all; a little is read so that a well-behaved server is not cut off, and nothing of it is kept."""
        taken = 0
        try:
            for piece in response.iter_stream():
                taken += len(piece)
                if taken > _MOST_OF_AN_ANSWER:
                    return
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
            return

    def _target(self, url: str) -> Target:
        if self._inside:
            return _inner_target(url)
        found = target(url, field="url")
        if found.scheme != "https":
            raise InvalidInput("url", "must begin with https://: what is sent is for the receiver alone")
        return found

    def _addresses(self, at: Target, deadline: Deadline) -> tuple[str, ...]:
        answers = self._resolver.addresses(at.host, seconds=deadline.left())
        if self._inside:
            return tuple(answers)
        try:
            return pinned(answers)[:_MOST_ADDRESSES]
        except InvalidInput as error:
            raise InvalidInput("url", error.sentence) from None


def _inner_target(url: str) -> Target:
    """Any host and port: somebody has said that this is a machine for development."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInput("url", "is not an address such as https://example.org/hook") from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or not plain:
        raise InvalidInput("url", "must be an address such as http://127.0.0.1:8080/hook, without a user name")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or PORTS[parts.scheme], path)


def _authority(at: Target) -> str:
    host = f"[{at.host}]" if ":" in at.host else at.host
    return host if at.port == PORTS[at.scheme] else f"{host}:{at.port}"


def _seconds(headers: list[tuple[bytes, bytes]]) -> int | None:
    """Retry-After in seconds; its other form, a date, is not worth a parser: our own pause is taken then."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit() and len(value) <= _LONGEST_NUMBER:
            return int(value)
    return None
