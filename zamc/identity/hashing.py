"""Passwords are kept as argon2id (RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes), hashed by few threads at a time."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, TypeVar

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import HeldBack
from zamc.identity.password_rules import prepared, too_long

if TYPE_CHECKING:
    from pwdlib import PasswordHash

T = TypeVar("T")
# Each takes 64 MiB and a processor for some 50 ms; whoever finds no room for so long is told to come back.
AT_ONCE = 2
_PATIENCE_SECONDS = 5.0


class PasswordHasher:
    """Threads share it. Never called inside a transaction: hashing is slow on purpose."""

    def __init__(self) -> None:
        self._room = BoundedSemaphore(AT_ONCE)

    def hash(self, password: str) -> str:
        """Of a password that zamc.identity.password_rules has prepared. Raises HeldBack."""
        return self._working(lambda: self._argon.hash(password))

    def verify(self, password: str, known: str | None) -> tuple[bool, str | None]:
        """Whether it is the one, and a fresh hash when the old one is weaker than today's. Raises HeldBack.

        known None (no such user, or no password): as much work, and False, so that nobody reads from the time who exists.
        """
        ready = "" if too_long(password) else prepared(password).encode("utf-8", "replace").decode()

        def check() -> tuple[bool, str | None]:
            return self._argon.verify_and_update(ready, known or self._nobodys)

        good, fresh = self._working(check)
        return (good, fresh) if known is not None and ready else (False, None)

    def _working(self, work: Callable[[], T]) -> T:
        refuse_inside_transaction("hashing")
        if not self._room.acquire(timeout=_PATIENCE_SECONDS):
            raise HeldBack("too many people sign in at once", code="busy", delay=timedelta(seconds=_PATIENCE_SECONDS))
        try:
            return work()
        finally:
            self._room.release()

    @cached_property
    def _argon(self) -> "PasswordHash":
        from pwdlib import PasswordHash

        return PasswordHash.recommended()

    @cached_property
    def _nobodys(self) -> str:
        return self._argon.hash(secrets.token_urlsafe())
