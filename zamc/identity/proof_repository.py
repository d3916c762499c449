"""Every query of what people prove themselves with: one-time tokens, second factors, identities elsewhere, signing keys."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.database.ids import uuid7
from zamc.identity.tables import OidcIdentity, OneTimeToken, RecoveryCode, SigningKey, Totp

_SIGNING_LOCK = 7_301_926  # any number that nothing else of ours locks


def add_token(session: Session, *, user_id: UUID, purpose: str, token_hash: str, now: datetime, expires_at: datetime) -> None:
    """A newer token of the same purpose makes the older ones worthless."""
    void_tokens(session, user_id, [purpose], now=now)
    session.add(OneTimeToken(id=uuid7(), user_id=user_id, purpose=purpose, token_hash=token_hash, created_at=now, expires_at=expires_at))
    session.flush()


def void_tokens(session: Session, user_id: UUID, purposes: Sequence[str], *, now: datetime) -> None:
    named = (OneTimeToken.user_id == user_id, OneTimeToken.purpose.in_(purposes), OneTimeToken.used_at.is_(None))
    session.execute(update(OneTimeToken).where(*named).values(used_at=now))


def use_token(session: Session, token_hash: str, purposes: Sequence[str], *, now: datetime) -> tuple[UUID, str] | None:
    """(user id, purpose), once: of two at the same time one gets None."""
    good = (OneTimeToken.token_hash == token_hash, OneTimeToken.purpose.in_(purposes), OneTimeToken.used_at.is_(None))
    statement = update(OneTimeToken).where(*good, OneTimeToken.expires_at > now).values(used_at=now)
    found = session.execute(statement.returning(OneTimeToken.user_id, OneTimeToken.purpose)).first()
    return (found[0], found[1]) if found else None


def user_of_token(session: Session, token_hash: str, purposes: Sequence[str], *, now: datetime) -> UUID | None:
    """Whose token it is, while it is good; it stays good."""
    good = (OneTimeToken.token_hash == token_hash, OneTimeToken.purpose.in_(purposes), OneTimeToken.used_at.is_(None))
    return session.scalar(select(OneTimeToken.user_id).where(*good, OneTimeToken.expires_at > now))


def totp(session: Session, user_id: UUID) -> Totp | None:
    return session.get(Totp, user_id, populate_existing=True)


def put_totp(session: Session, user_id: UUID, secret: str) -> bool:
    """Begin, or begin again; False when the user has a confirmed one."""
    fresh = insert(Totp).values(user_id=user_id, secret=secret)
    put = fresh.on_conflict_do_update(
        index_elements=["user_id"], set_={"secret": secret, "last_step": 0}, where=Totp.confirmed_at.is_(None)
    )
    return session.scalar(put.returning(Totp.user_id)) is not None


def take_step(session: Session, user_id: UUID, step: int, *, confirmed_at: datetime | None = None) -> bool:
    """Take the code of a time step; False when it, or a newer one, was taken before."""
    values = {"last_step": step, **({"confirmed_at": confirmed_at} if confirmed_at else {})}
    taken = update(Totp).where(Totp.user_id == user_id, Totp.last_step < step).values(values)
    return session.scalar(taken.returning(Totp.user_id)) is not None


def remove_totp(session: Session, user_id: UUID) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.execute(delete(Totp).where(Totp.user_id == user_id))


def put_recovery_codes(session: Session, user_id: UUID, hashes: Iterable[str]) -> None:
    """In the place of all earlier ones."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all([RecoveryCode(user_id=user_id, code_hash=each) for each in hashes])
    session.flush()


def use_recovery_code(session: Session, user_id: UUID, hashes: Sequence[str], *, now: datetime) -> bool:
    good = (RecoveryCode.user_id == user_id, RecoveryCode.code_hash.in_(hashes), RecoveryCode.used_at.is_(None))
    return session.scalar(update(RecoveryCode).where(*good).values(used_at=now).returning(RecoveryCode.user_id)) is not None


def identity(session: Session, issuer: str, subject: str) -> UUID | None:
    named = (OidcIdentity.issuer == issuer, OidcIdentity.subject == subject)
    return session.scalar(select(OidcIdentity.user_id).where(*named))


def put_identity(session: Session, issuer: str, subject: str, user_id: UUID) -> None:
    session.execute(insert(OidcIdentity).values(issuer=issuer, subject=subject, user_id=user_id).on_conflict_do_nothing())


def signing_key(session: Session, *, now: datetime) -> SigningKey | None:
    """The one that signs now."""
    return session.scalars(select(SigningKey).where(SigningKey.signs_until > now).order_by(SigningKey.created_at.desc()).limit(1)).first()


def lock_signing_keys(session: Session) -> None:
    """Until the transaction ends nobody else makes a key."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SIGNING_LOCK})


def published_keys(session: Session, *, now: datetime) -> Sequence[SigningKey]:
    good = or_(SigningKey.signs_until > now, SigningKey.expires_at > now)
    return session.scalars(select(SigningKey).where(good).order_by(SigningKey.created_at.desc())).all()


def stop_signing(session: Session, *, now: datetime) -> None:
    """No key of today signs any more; tokens that they have signed stay good until they expire."""
    session.execute(update(SigningKey).where(SigningKey.signs_until > now).values(signs_until=now))


def add_signing_key(session: Session, key: SigningKey) -> None:
    session.add(key)
    session.flush()
