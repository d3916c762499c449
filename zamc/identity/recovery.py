"""Links that are good once: to confirm an address, to choose a new password, an invitation, and an operator's way in.

A link's secret stands behind its `#`, which browsers send to nobody; the page posts it. A mail scanner that opens the link uses nothing up.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import ConfigurationError, InvalidInput, OutsideError
from zamc.identity import proof_repository, repository
from zamc.identity.email_rules import normalised_email
from zamc.identity.errors import TokenRefused
from zamc.identity.sign_in import SignIn
from zamc.identity.throttle import Throttle
from zamc.notifications.mail import Mail, Mailer
from zamc.projects.repository import audit

log = structlog.get_logger()

_PREFIX = "zamcl_"
_REFUSED = "the link was used before, is too old, or is not whole; ask for a new one"


class Purpose(StrEnum):
    """What a link is good for, and so how long."""

    VERIFY = "verify"
    RESET = "reset"
    INVITE = "invite"
    SIGN_IN = "sign_in"


LASTS = {
    Purpose.VERIFY: timedelta(days=1),
    Purpose.RESET: timedelta(minutes=30),
    Purpose.INVITE: timedelta(days=7),
    Purpose.SIGN_IN: timedelta(minutes=15),
}
_SETS_PASSWORD = (Purpose.RESET, Purpose.INVITE)
_WORDS = {
    Purpose.VERIFY: ("Confirm your address", "Open this link to confirm your address for ZAMC. It is good once, for a day."),
    Purpose.RESET: (
        "Choose a new password",
        "You asked for a new password for ZAMC. This link is good once, for 30 minutes. It was not you? Then nothing changes.",
    ),
    Purpose.INVITE: ("You are invited to ZAMC", "Open this link to choose a password and sign in. It is good once, for a week."),
    Purpose.SIGN_IN: ("Your link to sign in", "Open this link to sign in to ZAMC. It is good once, for 15 minutes."),
}


@dataclass(frozen=True)
class Link:
    """A fresh link; `token` is in it."""

    url: str
    token: str


def make_link(session: Session, clock: Clock, *, user_id: UUID, purpose: Purpose, public_url: str) -> Link:
    """Any earlier link of the same purpose is worthless from now on."""
    token, now = _PREFIX + secrets.token_urlsafe(32), clock.now()
    proof_repository.add_token(session, user_id=user_id, purpose=purpose, token_hash=_hash(token), now=now, expires_at=now + LASTS[purpose])
    return Link(f"{public_url.rstrip('/')}/#link={purpose}:{token}", token)


class Recovery:
    """Owns its transactions, as mails and hashing must not happen inside one. Threads share it."""

    def __init__(
        self, database: Database, clock: Clock, *, sign_in: SignIn, throttle: Throttle, mailer: Mailer, public_url: str | None
    ) -> None:
        self._database, self._clock, self._sign_in = database, clock, sign_in
        self._throttle, self._mailer, self._public_url = throttle, mailer, public_url

    @property
    def public_url(self) -> str:
        """Raises ConfigurationError: a link is never made of what a request says about our address."""
        if self._public_url is None:
            raise ConfigurationError("ZAMC_PUBLIC_URL is not set; links need the address under which people reach ZAMC")
        return self._public_url

    def may_ask(self, email: str, address: str) -> None:
        """Raises HeldBack, the same for addresses that nobody has."""
        self._throttle.mail(email, address)

    def ask_reset(self, email: str) -> None:
        """Send a link if there is such a user. Says nothing either way: run it after the answer, so that its time says nothing too."""
        self._ask(email, Purpose.RESET)

    def ask_verification(self, email: str) -> None:
        self._ask(email, Purpose.VERIFY)

    def invite(self, *, email: str, by: str) -> Link:
        """Send an invitation to a user who is there already (IdentityService.set_role makes one). Raises InvalidInput, Later."""
        with self._database.transaction() as session:
            user = repository.user_by_email(session, normalised_email(email))
            if user is None or user.disabled_at is not None:
                raise InvalidInput("email", "is nobody who may be invited")
            link = make_link(session, self._clock, user_id=user.id, purpose=Purpose.INVITE, public_url=self.public_url)
            audit(session, actor=by, action="user.invited", project_id=None, subject_id=user.id)
        self._send(user.email, Purpose.INVITE, link)
        return link

    def verify(self, token: str, *, address: str) -> None:
        """The address is its user's. Raises TokenRefused."""
        self._throttle.token(address)
        with self._database.transaction() as session:
            found = proof_repository.use_token(session, _hash(token), [Purpose.VERIFY], now=self._clock.now())
            if found:
                repository.change_user(session, found[0], email_verified_at=self._clock.now())
        if not found:
            raise TokenRefused(_REFUSED)

    def choose_password(self, token: str, password: str, *, address: str) -> UUID:
        """With the link of a reset or an invitation; ends all sessions. Returns the user's id.

        Raises TokenRefused, and InvalidInput for a password that is not allowed; the link then stays good.
        """
        self._throttle.token(address)
        now = self._clock.now()
        with self._database.transaction() as session:
            user_id = proof_repository.user_of_token(session, _hash(token), _SETS_PASSWORD, now=now)
            user = repository.user(session, user_id) if user_id else None
        if user is None or user.disabled_at is not None:
            raise TokenRefused(_REFUSED)
        hashed = self._sign_in.hashed(user.email, password)
        with self._database.transaction() as session:
            used = proof_repository.use_token(session, _hash(token), _SETS_PASSWORD, now=now)
            if used is not None:
                proof_repository.void_tokens(session, user.id, list(Purpose), now=now)
                ended = self._sign_in.store_password(session, user.id, user.email, hashed, verified=True)
        if used is None:
            raise TokenRefused(_REFUSED)
        self._sign_in.forget(ended)
        return user.id

    def redeem(self, token: str, *, address: str) -> UUID:
        """An operator's link to sign in: whose it is, once. Raises TokenRefused."""
        self._throttle.token(address)
        with self._database.transaction() as session:
            found = proof_repository.use_token(session, _hash(token), [Purpose.SIGN_IN], now=self._clock.now())
            user = repository.user(session, found[0]) if found else None
        if user is None or user.disabled_at is not None:
            raise TokenRefused(_REFUSED)
        return user.id

    def _ask(self, email: str, purpose: Purpose) -> None:
        try:
            with self._database.transaction() as session:
                user = repository.user_by_email(session, normalised_email(email))
                if user is None or user.disabled_at is not None:
                    return
                link = make_link(session, self._clock, user_id=user.id, purpose=purpose, public_url=self.public_url)
            self._send(user.email, purpose, link)
        except InvalidInput:
            return
        except (ConfigurationError, OutsideError) as error:
            # Whoever asked was answered already; the operator must know.
            log.warning("identity.mail_failed", purpose=purpose, error=str(error))

    def _send(self, email: str, purpose: Purpose, link: Link) -> None:
        subject, words = _WORDS[purpose]
        self._mailer.send(Mail(email, f"ZAMC: {subject}", f"{words}\n\n{link.url}\n"))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
