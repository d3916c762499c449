"""Signing in: address, password and second factor become a session or a pair of tokens. Whoever is refused is not told what was wrong."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import InvalidInput
from zamc.identity import repository
from zamc.identity.common_passwords import is_common
from zamc.identity.email_rules import normalised_email
from zamc.identity.errors import SignInRefused
from zamc.identity.hashing import PasswordHasher
from zamc.identity.password_rules import check_password
from zamc.identity.second_factor import Enrolment, SecondFactor
from zamc.identity.service import Caller
from zamc.identity.sessions import Sessions, SignedIn
from zamc.identity.throttle import Throttle
from zamc.identity.tokens import Pair, Tokens
from zamc.projects.repository import audit

log = structlog.get_logger()

_REFUSED = "the address, the password or the code is wrong"
_NEEDS_CODE = "a code of your second factor is needed"


@dataclass(frozen=True)
class Credentials:
    """What somebody typed, and where from. code: of the second factor, or a recovery code."""

    email: str
    password: str
    code: str | None
    address: str
    agent: str


class SignIn:
    """Owns its transactions: hashing is slow on purpose and must not hold one open. Threads share it.

    Raises SignInRefused, and HeldBack when somebody tries too often or nobody can count (Redis is down).
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        hasher: PasswordHasher,
        throttle: Throttle,
        sessions: Sessions,
        tokens: Tokens,
        second_factor: SecondFactor,
    ) -> None:
        self._database, self._clock = database, clock
        self._hasher, self._throttle = hasher, throttle
        self._sessions, self._tokens, self._second_factor = sessions, tokens, second_factor

    def to_session(self, credentials: Credentials, *, replaces: UUID | None = None) -> SignedIn:
        """For a browser. replaces: the session that it had, which ends."""
        user_id = self._user(credentials)
        return self.begin(user_id, agent=credentials.agent, replaces=replaces)

    def begin(self, user_id: UUID, *, agent: str, replaces: UUID | None = None) -> SignedIn:
        """A session for somebody who has proven who they are."""
        with self._database.transaction() as session:
            if replaces is not None:
                self._sessions.end(session, replaces, why="replaced")
            signed_in = self._sessions.start(session, user_id, agent=agent)
        self._sessions.remember(signed_in)
        log.info("identity.signed_in", user=str(user_id), kind="browser")
        return signed_in

    def to_tokens(self, credentials: Credentials) -> Pair:
        """For a client that is no browser."""
        user_id = self._user(credentials)
        with self._database.transaction() as session:
            pair = self._tokens.begin(session, user_id, agent=credentials.agent)
        log.info("identity.signed_in", user=str(user_id), kind="tokens")
        return pair

    def check_again(self, caller: Caller, password: str, *, address: str) -> None:
        """The password of somebody who is signed in, before what a stolen session must not do."""
        self._throttle.sign_in(caller.email, address)
        with self._database.transaction() as session:
            user = repository.user(session, caller.user_id)
            known = user.password_hash if user else None
        if not self._hasher.verify(password, known)[0]:
            raise SignInRefused("credentials", "the password is wrong")

    def change_password(self, caller: Caller, *, old: str, new: str, address: str) -> None:
        """Ends every other session of the user. Raises InvalidInput when the new one is not allowed."""
        self.check_again(caller, old, address=address)
        hashed = self.hashed(caller.email, new)
        with self._database.transaction() as session:
            ended = self.store_password(session, caller.user_id, caller.email, hashed, but=caller.session_id)
        self.forget(ended)

    def hashed(self, email: str, password: str) -> str:
        """A new password, checked and hashed. Raises InvalidInput."""
        return self._hasher.hash(check_password(password, email=email, common=is_common))

    def store_password(
        self, session: Session, user_id: UUID, email: str, hashed: str, *, but: UUID | None = None, verified: bool = False
    ) -> list[str]:
        """Ends the user's sessions, all but one; returns what forget() takes after the commit.

        verified: whoever sets it has just proven to read the address's mail.
        """
        proof = {"email_verified_at": self._clock.now()} if verified else {}
        repository.change_user(session, user_id, password_hash=hashed, **proof)
        audit(session, actor=email, action="user.password", project_id=None, subject_id=user_id)
        return self._sessions.end_all(session, user_id, why="password", but=but)

    def forget(self, ended: list[str]) -> None:
        """Sessions whose end is committed."""
        self._sessions.forget(ended)

    def end(self, session_id: UUID, token: str = "") -> None:
        """Sign out here."""
        with self._database.transaction() as session:
            self._sessions.end(session, session_id, why="sign-out")
        if token:
            self._sessions.forget([self._sessions.hash_of(token)])

    def end_everywhere(self, user_id: UUID, *, why: str = "everywhere", but: UUID | None = None) -> int:
        """Every browser and every other client, within a second; API keys stay. Returns how many."""
        with self._database.transaction() as session:
            ended = self._sessions.end_all(session, user_id, why=why, but=but)
            repository.raise_version(session, user_id)
        self._sessions.forget(ended)
        return len(ended)

    def begin_second_factor(self, caller: Caller, password: str, *, address: str) -> Enrolment:
        self.check_again(caller, password, address=address)
        with self._database.transaction() as session:
            return self._second_factor.begin(session, caller.user_id, email=caller.email)

    def confirm_second_factor(self, caller: Caller, code: str) -> list[str]:
        """Returns recovery codes. Other sessions, which were begun without it, end."""
        self._throttle.code(str(caller.user_id))
        with self._database.transaction() as session:
            codes = self._second_factor.confirm(session, caller.user_id, code)
            ended = self._sessions.end_all(session, caller.user_id, why="second factor", but=caller.session_id)
            audit(session, actor=caller.email, action="user.second_factor", project_id=None, subject_id=caller.user_id, on=True)
        self._sessions.forget(ended)
        return codes

    def remove_second_factor(self, caller: Caller, password: str, code: str, *, address: str) -> None:
        self.check_again(caller, password, address=address)
        self._throttle.code(str(caller.user_id))
        with self._database.transaction() as session:
            good = self._second_factor.accept(session, caller.user_id, code)
            if good:
                self._second_factor.remove(session, caller.user_id)
                audit(session, actor=caller.email, action="user.second_factor", project_id=None, subject_id=caller.user_id, on=False)
        if not good:
            raise SignInRefused("credentials", "the code is wrong")

    def _user(self, credentials: Credentials) -> UUID:
        self._throttle.sign_in(credentials.email, credentials.address)
        try:
            email = normalised_email(credentials.email)
        except InvalidInput:
            email = ""
        with self._database.transaction() as session:
            found = repository.user_by_email(session, email)
            known = found.password_hash if found and found.disabled_at is None else None
        good, fresh = self._hasher.verify(credentials.password, known)
        if found is None or not good:
            log.info("identity.refused", why="credentials", user=str(found.id) if found else None)
            raise SignInRefused("credentials", _REFUSED)
        self._second(found.id, credentials.code)
        if fresh is not None:
            with self._database.transaction() as session:
                repository.change_user(session, found.id, password_hash=fresh)
        return found.id

    def _second(self, user_id: UUID, code: str | None) -> None:
        with self._database.transaction() as session:
            needed = self._second_factor.is_on(session, user_id)
        if not needed:
            return
        if not code:
            raise SignInRefused("second_factor", _NEEDS_CODE)
        self._throttle.code(str(user_id))
        with self._database.transaction() as session:
            good = self._second_factor.accept(session, user_id, code)
        if not good:
            log.info("identity.refused", why="second_factor", user=str(user_id))
            raise SignInRefused("second_factor", _REFUSED)
