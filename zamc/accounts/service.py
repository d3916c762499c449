"""Ad accounts as people deal with them: connect, list, check, disconnect, and encrypt anew. No credential leaves this room in the clear."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.accounts import credentials as forms
from zamc.accounts import repository
from zamc.accounts.checks import Finding
from zamc.accounts.credentials import MetaToken
from zamc.accounts.standing import Standing
from zamc.accounts.vault import Vault, key_of
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import Conflict, NotFound
from zamc.projects.repository import audit
from zamc.projects.tables import AdAccount


@dataclass(frozen=True)
class Listed:
    """An account as a list shows it. key: id of the key that its own credentials are encrypted with, empty when it has none."""

    id: UUID
    project: str
    platform: str
    external_id: str
    currency: str
    time_zone: str
    connection: str
    reason: str
    key: str
    expires_at: datetime | None
    removed: bool


class AccountService:
    """vault: made on first use, for an installation without accounts of their own credentials needs no key."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        standing: Standing,
        *,
        vault: Callable[[], Vault],
        look: Callable[[AdAccount], Sequence[Finding]],
    ) -> None:
        self._database, self._clock, self._standing, self._vault, self._look = database, clock, standing, vault, look

    def connect(self, session: Session, account_id: UUID, text: str, *, by: str) -> None:
        """Give an account credentials of its own, or others. Raises NotFound, InvalidInput, and ConfigurationError without a key."""
        account = self._locked(session, account_id)
        brought = forms.read(account.platform, text)
        replaced = account.credentials is not None
        sealed = self._vault().seal(account.id, forms.content_of(brought))
        ends = brought.expires_at if isinstance(brought, MetaToken) else None
        values = {
            "credentials": sealed, "credentials_expire_at": ends, "connection": repository.CONNECTED, "connection_reason": None,
            "connection_at": self._clock.now(), "removed_at": None,
        }  # fmt: skip
        repository.put(session, account.id, values)
        self._standing.accepted(session, account.id)
        audit(
            session, actor=by, action="account.connected", project_id=account.project_id, subject_id=account.id, kind=brought.kind,
            key=key_of(sealed), replaced=replaced,
        )  # fmt: skip

    def use_again(self, session: Session, account_id: UUID) -> None:
        """An account that was removed is back."""
        repository.put(session, account_id, {"removed_at": None})

    def listed(self, session: Session, *, project: str | None = None, removed: bool = False) -> list[Listed]:
        """By project, oldest account first."""
        return [
            Listed(
                account.id, owner.name, account.platform, account.external_id, account.currency, account.time_zone, account.connection,
                account.connection_reason or "", key_of(account.credentials or ""), account.credentials_expire_at,
                account.removed_at is not None,
            )
            for owner, account in repository.accounts(session, project=project, removed=removed)
        ]  # fmt: skip

    def check(self, account_id: UUID, *, by: str) -> list[Finding]:
        """Ask the platform about everything that a launch needs. What is well connects a refused account again. Raises NotFound."""
        with self._database.transaction() as session:
            account = repository.account(session, account_id)
        if account is None:
            raise NotFound(f"no ad account {account_id}; `zamc accounts list` shows them")
        findings = list(self._look(account))
        good = all(each.good for each in findings)
        with self._database.transaction() as session:
            if good:
                repository.mark(session, account.id, repository.CONNECTED, reason=None, at=self._clock.now())
                self._standing.accepted(session, account.id)
            missing = [each.name for each in findings if not each.good]
            audit(
                session,
                actor=by,
                action="account.checked",
                project_id=account.project_id,
                subject_id=account.id,
                good=good,
                missing=missing,
            )
        return findings

    def remove(self, session: Session, account_id: UUID, *, by: str) -> None:
        """Forget its credentials and use it for nothing new. Raises NotFound, and Conflict while something of it is not over."""
        account = self._locked(session, account_id)
        if repository.runs(session, account.id):
            raise Conflict(
                f"deployments on {account.external_id} are not over: without credentials nobody could pause them. End them first "
                "(`zamc end DEPLOYMENT`), then remove the account"
            )
        values = {"credentials": None, "credentials_expire_at": None, "removed_at": self._clock.now()}
        repository.put(session, account.id, values)
        audit(session, actor=by, action="account.removed", project_id=account.project_id, subject_id=account.id)

    def encrypt_anew(self, session: Session, *, by: str) -> int:
        """Encrypt everything with the newest key, so that older ones can go. Returns how many accounts were changed."""
        vault, changed = self._vault(), 0
        for _, account in repository.accounts(session, removed=True):
            if account.credentials is None or key_of(account.credentials) == vault.newest:
                continue
            after = vault.seal(account.id, vault.open(account.id, account.credentials))
            changed += repository.swap_credentials(
                session, account.id, before=account.credentials, after=after, expire_at=account.credentials_expire_at
            )
        audit(session, actor=by, action="accounts.encrypted_anew", project_id=None, key=vault.newest, accounts=changed)
        return changed

    def _locked(self, session: Session, account_id: UUID) -> AdAccount:
        account = repository.account(session, account_id, lock=True)
        if account is None:
            raise NotFound(f"no ad account {account_id}; `zamc accounts list` shows them")
        return account
