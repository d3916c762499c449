"""How often somebody may try: counted in Redis for all processes (zamc.throttling). Without Redis nobody may try: it fails closed."""

import hashlib
import ipaddress

from zamc.throttling.limiter import Limiter
from zamc.throttling.rules import Charge, Limit

# One address that guesses one account; one account that is guessed from anywhere; one address that guesses accounts.
PAIR = Limit(10, 900)
ACCOUNT = Limit(100, 3600)
ADDRESS = Limit(200, 900)
# A mail costs its reader patience.
MAILS = Limit(4, 3600)
MAILS_BY_ADDRESS = Limit(30, 3600)
# Six digits are few.
CODES = Limit(6, 900)
TOKENS_BY_ADDRESS = Limit(600, 900)


class Throttle:
    """Each method takes room and raises HeldBack with the delay when there is none: code "limit", or "no-redis" while nobody can count.

    Nothing personal stands in a key: addresses of mail are hashed. The same for accounts that exist and for those that do not.
    """

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter

    def sign_in(self, email: str, address: str) -> None:
        account, source = _account(email), _source(address)
        self._limiter.acquire_all(
            [
                Charge(f"sign-in:pair:{account}:{source}", PAIR),
                Charge(f"sign-in:account:{account}", ACCOUNT),
                Charge(f"sign-in:address:{source}", ADDRESS),
            ]
        )

    def code(self, user: str) -> None:
        self._limiter.acquire(f"sign-in:code:{user}", 1, CODES)

    def mail(self, email: str, address: str) -> None:
        charges = [Charge(f"mail:account:{_account(email)}", MAILS), Charge(f"mail:address:{_source(address)}", MAILS_BY_ADDRESS)]
        self._limiter.acquire_all(charges)

    def token(self, address: str) -> None:
        """Refreshing, and redeeming links: what is shown is random, so that only the work is bounded."""
        self._limiter.acquire(f"token:address:{_source(address)}", 1, TOKENS_BY_ADDRESS)


def _account(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()[:24]


def _source(address: str) -> str:
    """An IPv4 address, or the /64 that one customer of IPv6 has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
