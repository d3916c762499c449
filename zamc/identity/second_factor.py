"""The second factor: time-based codes (RFC 6238, 30 s, 6 digits, SHA-1 as every app knows it), and recovery codes for a lost phone."""

import secrets
import string
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.errors import Conflict, InvalidInput
from zamc.identity import proof_repository
from zamc.identity.keyring import Keyring

RECOVERY_CODES = 10
_LETTERS = "".join(sorted(set(string.digits + string.ascii_lowercase) - set("0o1l")))
_GROUPS, _GROUP = 3, 4
_STEP_SECONDS = 30
# Clocks of phones differ: one step before and after.
_STEPS = (0, -1, 1)
_SECRET, _RECOVERY = "second factor", "recovery code"


@dataclass(frozen=True)
class Enrolment:
    """Shown once: secret for typing, uri for a QR code."""

    secret: str
    uri: str


class SecondFactor:
    """Methods take the caller's session."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring, self._clock = keyring, clock

    def is_on(self, session: Session, user_id: UUID) -> bool:
        found = proof_repository.totp(session, user_id)
        return found is not None and found.confirmed_at is not None

    def begin(self, session: Session, user_id: UUID, *, email: str) -> Enrolment:
        """It counts when confirm() has seen a code. Raises Conflict when one is on."""
        import pyotp

        secret = pyotp.random_base32()
        if not proof_repository.put_totp(session, user_id, self._keyring.seal(_SECRET, str(user_id), secret.encode())):
            raise Conflict("a second factor is on already; remove it first")
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="ZAMC"))

    def confirm(self, session: Session, user_id: UUID, code: str) -> list[str]:
        """Turn it on with a first code; returns recovery codes, shown once. Raises InvalidInput."""
        if self.is_on(session, user_id):
            raise Conflict("a second factor is on already")
        if not self._take(session, user_id, code, confirmed_at=self._clock.now()):
            raise InvalidInput("code", "is not the one of this minute")
        return self.new_recovery_codes(session, user_id)

    def new_recovery_codes(self, session: Session, user_id: UUID) -> list[str]:
        """In the place of the old ones."""
        codes = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]
        proof_repository.put_recovery_codes(session, user_id, [self._keyring.mac(_RECOVERY, _plain(code)) for code in codes])
        return codes

    def accept(self, session: Session, user_id: UUID, code: str) -> bool:
        """Whether a code, or a recovery code, is good; each is taken once."""
        if self._take(session, user_id, code):
            return True
        plain = _plain(code)
        if len(plain) != _GROUPS * _GROUP:
            return False
        return proof_repository.use_recovery_code(session, user_id, self._keyring.macs(_RECOVERY, plain), now=self._clock.now())

    def remove(self, session: Session, user_id: UUID) -> None:
        """The second factor and its recovery codes."""
        proof_repository.remove_totp(session, user_id)

    def _take(self, session: Session, user_id: UUID, code: str, *, confirmed_at: datetime | None = None) -> bool:
        import pyotp

        digits = code.replace(" ", "")
        found = proof_repository.totp(session, user_id)
        if found is None or len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
            return False
        clock = pyotp.TOTP(self._keyring.open(_SECRET, str(user_id), found.secret).decode())
        now = int(self._clock.now().timestamp()) // _STEP_SECONDS
        for step in (now + each for each in _STEPS):
            if secrets.compare_digest(clock.generate_otp(step), digits):
                return proof_repository.take_step(session, user_id, step, confirmed_at=confirmed_at)
        return False


def _plain(code: str) -> bytes:
    return code.replace("-", "").replace(" ", "").lower().encode("utf-8", "replace")
