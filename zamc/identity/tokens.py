"""Tokens of clients that are no browsers: a short-lived access token (JWT, RFC 9068), a family of refresh tokens of which one is good."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.identity import repository, session_repository
from zamc.identity.errors import TokenRefused
from zamc.identity.keyring import Keyring
from zamc.identity.service import Caller
from zamc.identity.signing import SigningKeys

AUDIENCE = "zamc-api"
ALGORITHM = "EdDSA"
TYPE = "at+jwt"
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "jti", "sid", "pv"]
_LONGEST_TOKEN = 2048
_PREFIX = "zamcr_"
_PURPOSE = "refresh token"
_ID, _RANDOM, _MAC = 16, 24, 16
_REFUSED = "the token is not good; sign in again"


@dataclass(frozen=True)
class Pair:
    """What a client gets: access_token for every request, refresh_token once for the next pair. expires_in: seconds of the access token."""

    access_token: str
    refresh_token: str
    expires_in: int
    session_id: UUID
    user_id: UUID


class Tokens:
    """Threads share it. issuer: the address of this installation."""

    def __init__(self, keys: SigningKeys, keyring: Keyring, clock: Clock, *, issuer: str, access: timedelta, refresh: timedelta) -> None:
        self._keys, self._keyring, self._clock = keys, keyring, clock
        self._issuer, self._access, self._refresh = issuer, access, refresh

    def begin(self, session: Session, user_id: UUID, *, agent: str) -> Pair:
        """A new family."""
        now = self._clock.now()
        held = secrets.token_hex(32)
        session_id = session_repository.add(
            session, user_id=user_id, kind="tokens", token_hash=held, agent=agent, now=now, expires_at=now + self._refresh
        )
        text = self._refresh_token(session_id)
        session_repository.rotate(session, session_id, old=held, new=_hash(text), now=now)
        return self._pair(session, user_id, session_id, text)

    def refresh(self, session: Session, text: str) -> Pair | None:
        """The next pair; None when the token is not good. A token that was used before ends its family: commit that too."""
        session_id = self._family(text)
        if session_id is None:
            return None
        fresh = self._refresh_token(session_id)
        found = session_repository.rotate(session, session_id, old=_hash(text), new=_hash(fresh), now=self._clock.now())
        if found is None or found.ended_at is not None:
            return None
        if session_repository.alive(session, session_id, now=self._clock.now()) is None:
            return None
        return self._pair(session, found.user_id, session_id, fresh)

    def revoke(self, session: Session, text: str) -> None:
        """End the family of a refresh token, whichever of its tokens it is. An unknown one changes nothing (RFC 7009)."""
        session_id = self._family(text)
        if session_id is not None:
            session_repository.end(session, session_id, why="sign-out", now=self._clock.now())

    def read(self, text: str) -> tuple[UUID, int]:
        """(session id, permission version) of an access token whose signature, times, issuer, audience and type are right.

        Raises TokenRefused. Nothing in the token chooses how it is checked: one algorithm, our own keys, found by an id that is compared
        and nothing else.
        """
        import jwt

        if len(text) > _LONGEST_TOKEN:
            raise TokenRefused(_REFUSED)
        try:
            header = jwt.get_unverified_header(text)
            kid = header.get("kid")
            if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or not isinstance(kid, str) or "crit" in header:
                raise TokenRefused(_REFUSED)
            key = self._keys.public(kid)
            if key is None:
                raise TokenRefused(_REFUSED)
            # Times are compared with our own clock below, which a test can move.
            claims = jwt.decode(
                text, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=self._issuer,
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False, "strict_aud": True},
            )  # fmt: skip
            now = self._clock.now().timestamp()
            if not claims["iat"] - 5 <= now < claims["exp"] or claims.get("nbf", 0) > now:
                raise TokenRefused(_REFUSED)
            return UUID(claims["sid"]), int(claims["pv"])
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise TokenRefused(_REFUSED) from error

    def caller(self, session: Session, text: str) -> Caller | None:
        """The caller of an access token whose family is not over and whose rights are still those that it was made under."""
        try:
            session_id, version = self.read(text)
        except TokenRefused:
            return None
        found = session_repository.alive(session, session_id, now=self._clock.now())
        if found is None or found[1].permission_version != version:
            return None
        row, user = found
        expires_at = min(row.expires_at, _expiry(text))
        return Caller(user.id, user.email, repository.roles(session, user.id), "token", row.id, expires_at, version)

    def _pair(self, session: Session, user_id: UUID, session_id: UUID, refresh_token: str) -> Pair:
        import jwt

        user = repository.user(session, user_id)
        version = user.permission_version if user else 0
        kid, private = self._keys.signer()
        now = int(self._clock.now().timestamp())
        lasts = int(self._access.total_seconds())
        claims = {
            "iss": self._issuer, "aud": AUDIENCE, "sub": str(user_id), "sid": str(session_id), "pv": version,
            "jti": secrets.token_hex(16), "iat": now, "nbf": now, "exp": now + lasts,
        }  # fmt: skip
        access = jwt.encode(claims, private, algorithm=ALGORITHM, headers={"kid": kid, "typ": TYPE})
        return Pair(access, refresh_token, lasts, session_id, user_id)

    def _refresh_token(self, session_id: UUID) -> str:
        """Its family's id, random bytes, and our mark: nobody who merely knows a family's id can end it with an invented token."""
        body = session_id.bytes + secrets.token_bytes(_RANDOM)
        return _PREFIX + base64.urlsafe_b64encode(body + self._mark(body)[0]).decode()

    def _family(self, text: str) -> UUID | None:
        if not text.startswith(_PREFIX) or len(text) > _LONGEST_TOKEN:
            return None
        try:
            data = base64.b64decode(text.removeprefix(_PREFIX), altchars=b"-_", validate=True)
        except ValueError:
            return None
        body, mark = data[:-_MAC], data[-_MAC:]
        good = len(body) == _ID + _RANDOM and any(secrets.compare_digest(mark, each) for each in self._mark(body))
        return UUID(bytes=body[:_ID]) if good else None

    def _mark(self, body: bytes) -> list[bytes]:
        return [bytes.fromhex(mac)[:_MAC] for mac in self._keyring.macs(_PURPOSE, body)]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _expiry(text: str) -> datetime:
    """Of a token that read() has let pass."""
    import jwt

    return datetime.fromtimestamp(jwt.decode(text, options={"verify_signature": False})["exp"], UTC)
