"""Sessions of browsers: an opaque token in a cookie, its live part in Redis or Valkey, its record in PostgreSQL.

Redis knows the token's HMAC and when it was last used: a session that nobody uses ends there by itself. PostgreSQL knows when it ends in
any case and whether it was ended, so that an end holds even while Redis is away.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.identity import repository, session_repository
from zamc.identity.keyring import Keyring
from zamc.identity.service import Caller

_PURPOSE = "session"
_PREFIX = "zamc:session:"
_TOKEN_BYTES = 32
_LONGEST_TOKEN = 100
_TIMEOUT_SECONDS = 1.0


@dataclass(frozen=True)
class SignedIn:
    """A fresh session. token goes into the cookie and nowhere else."""

    token: str
    session_id: UUID
    user_id: UUID
    expires_at: datetime


class Sessions:
    """Threads share it. Whatever asks Redis raises redis.RedisError while it is away: nobody is signed in then."""

    def __init__(self, redis_url: str, keyring: Keyring, clock: Clock, *, idle: timedelta, longest: timedelta) -> None:
        self._url, self._keyring, self._clock = redis_url, keyring, clock
        self._idle, self._longest = idle, longest

    @cached_property
    def _redis(self) -> Any:
        from redis import Redis

        return Redis.from_url(self._url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)

    def start(self, session: Session, user_id: UUID, *, agent: str) -> SignedIn:
        """Always a token of its own: what the browser brought along is never taken over. Call remember() when it is committed."""
        now = self._clock.now()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        expires_at = now + self._longest
        session_id = session_repository.add(
            session, user_id=user_id, kind="browser", token_hash=self._mac(token), agent=agent, now=now, expires_at=expires_at
        )
        return SignedIn(token, session_id, user_id, expires_at)

    def remember(self, signed_in: SignedIn) -> None:
        """Make a committed session usable."""
        content = json.dumps({"session": str(signed_in.session_id), "user": str(signed_in.user_id)})
        self._redis.set(_PREFIX + self._mac(signed_in.token), content, ex=self._idle)

    def session_of(self, token: str) -> UUID | None:
        """The session of a token, which is used by this. None: never begun, unused for too long, or ended."""
        if not token or len(token) > _LONGEST_TOKEN:
            return None
        for mac in self._keyring.macs(_PURPOSE, token.encode("utf-8", "surrogatepass")):
            found = self._redis.getex(_PREFIX + mac, ex=self._idle)
            if found is not None:
                return UUID(json.loads(found)["session"])
        return None

    def caller(self, session: Session, session_id: UUID) -> Caller | None:
        """The caller of a session that is not over."""
        found = session_repository.alive(session, session_id, now=self._clock.now())
        if found is None or found[0].kind != "browser":
            return None
        row, user = found
        return Caller(user.id, user.email, repository.roles(session, user.id), "session", row.id, row.expires_at, user.permission_version)

    def end(self, session: Session, session_id: UUID, *, why: str) -> None:
        session_repository.end(session, session_id, why=why, now=self._clock.now())

    def end_all(self, session: Session, user_id: UUID, *, why: str, but: UUID | None = None) -> list[str]:
        """End a user's sessions and token families. Returns what forget() takes when it is committed."""
        return list(session_repository.end_all(session, user_id, why=why, now=self._clock.now(), but=but))

    def forget(self, hashes: Iterable[str]) -> None:
        """Drop sessions that PostgreSQL has ended. Without Redis they are over all the same."""
        from redis.exceptions import RedisError

        keys = [_PREFIX + each for each in hashes]
        try:
            if keys:
                self._redis.delete(*keys)
        except RedisError:
            return

    def hash_of(self, token: str) -> str:
        """As forget() takes it."""
        return self._mac(token)

    def _mac(self, token: str) -> str:
        return self._keyring.mac(_PURPOSE, token.encode("utf-8", "surrogatepass"))
