"""Which addresses a landing page may have, and how much of one is read. Pure.

Two walls, each enough by itself for what it sees: a host must be a name (no spelling of a number gets through), and every address that the
name resolves to must be a public one.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin, urlsplit

from zamc.errors import InvalidInput

PORTS = {"http": 80, "https": 443}
CONTENT_TYPES = ("text/html", "application/xhtml+xml", "text/plain")
PICTURE_TYPES = ("image/png", "image/jpeg")
PICTURE_BYTES = 10_000_000
ENCODINGS = ("", "identity", "gzip", "x-gzip")
REDIRECTS = (301, 302, 303, 307, 308)
LONGEST_URL = 2_000
_LONGEST_HOST = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# The URL standard reads a host as an IPv4 address when its last label is a number, octal and hexadecimal ones included.
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})
# Letters that old and new rules for international names read differently: one spelling would be two sites.
_DEVIATING = frozenset("\u00df\u03c2\u200c\u200d")
# Names that only mean something inside a network (RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN's .internal), or lead through Tor.
_INNER = frozenset("localhost local localdomain internal intranet lan home corp private arpa test invalid onion alt".split())
# What ipaddress counts as global and is not the public web: addresses of translators, which carry an IPv4 address inside, tunnels,
# benchmarks, and a cloud's virtual server for its own machines.
_SPECIAL = tuple(
    IPv6Network(network) if ":" in network else IPv4Network(network)
    for network in (
        "0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24",
        "198.18.0.0/15", "224.0.0.0/3",
        "::/8", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Limits:
    """seconds: for everything together, redirects included. most_bytes: of a body, before and after decompression."""

    seconds: float = 15.0
    most_bytes: int = 2_000_000
    most_redirects: int = 5
    most_markup: int = 500_000
    most_text: int = 20_000


@dataclass(frozen=True)
class Target:
    """An address that may be asked for. host: lower-case ASCII without a trailing dot; path: with the query, percent-encoded."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"


def target(url: str, *, field: str = "landing_page") -> Target:
    """What an address leads to. Raises InvalidInput, in words that a marketer can act on."""
    if not url or len(url) > LONGEST_URL:
        raise InvalidInput(field, f"must have 1 to {LONGEST_URL} characters")
    # Parsers disagree about these, and what one of them checks another one asks for.
    if "\\" in url or any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"} for letter in url):
        raise InvalidInput(field, "contains a blank, a backslash or a character that cannot be seen")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInput(field, "is not an address such as https://example.org/page") from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS or not url[len(scheme) :].startswith("://"):
        raise InvalidInput(field, "must begin with https:// or http://")
    if "@" in parts.netloc:
        raise InvalidInput(field, "must not carry a user name or a password")
    if (port is not None or parts.netloc.endswith(":")) and port != PORTS[scheme]:
        raise InvalidInput(field, "must use the ports 80 (http) or 443 (https)")
    return Target(scheme, host_name(parts.hostname or "", field=field), PORTS[scheme], _path(parts.path, parts.query))


def host_name(host: str, *, field: str = "landing_page") -> str:
    """A public name in lower-case ASCII (xn-- where it is international). Raises InvalidInput; an IP address is none, however spelt."""
    if _DEVIATING & set(host):
        raise InvalidInput(field, "has a host name with more than one reading; write it in ASCII (xn--...)")
    folded = unicodedata.normalize("NFKC", host.translate(_DOTS)).translate(_DOTS).lower().removesuffix(".")
    try:
        name = folded.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    labels = name.split(".")
    if len(labels) < 2 or len(name) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1] in _INNER:
        raise InvalidInput(field, "needs a public host name such as example.org")
    if _NUMBER.fullmatch(labels[-1]):
        raise InvalidInput(field, "needs a host name, not an IP address")
    return name


def _path(path: str, query: str) -> str:
    whole = (path or "/") + (f"?{query}" if query else "")
    return "".join(letter if "!" <= letter <= "~" else "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in whole)


def next_target(before: Target, location: str, *, field: str = "landing_page") -> Target:
    """Where a redirect leads, checked as the first address was. Raises InvalidInput."""
    try:
        url = urljoin(before.url, location)
    except ValueError:
        raise InvalidInput(field, "redirects to something that is no address") from None
    return target(url, field=field)


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet; of an IPv4 address inside an IPv6 one, that one counts."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
    if any(address in network for network in _SPECIAL if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def pinned(answers: Sequence[str], *, field: str = "landing_page") -> tuple[str, ...]:
    """The addresses that may be connected to, in the resolver's order. Raises InvalidInput where even one of them is not public.

    A name that has a public and a private address is how rebinding begins: nobody's landing page looks like that.
    """
    found = [ip_address(answer) for answer in dict.fromkeys(answers)]
    if not found or not all(is_public(address) for address in found):
        raise InvalidInput(field, "leads to an address that is not on the public internet")
    return tuple(str(address) for address in found)


def content_type(header: str) -> tuple[str, str]:
    """(type, charset in lower case or "") of a Content-Type header."""
    kind, *parameters = header.split(";")
    named = (parameter.partition("=") for parameter in parameters)
    charset = next((value.strip().strip("\"'") for name, _, value in named if name.strip().lower() == "charset"), "")
    return kind.strip().lower(), charset.lower()
