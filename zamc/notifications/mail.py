"""Mail: through a server (SMTP), or into a folder on one machine. Plain text; what people typed never becomes a header."""

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import ConfigurationError, GiveUp, InvalidInput, Later

_TIMEOUT_SECONDS = 15.0
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class Mail:
    """to: one bare address. text: lines of plain text."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Sends one mail, or raises Later (it may be tried again) or GiveUp (this one never goes)."""

    def send(self, mail: Mail) -> None: ...


def message(mail: Mail, *, sender: str) -> EmailMessage:
    """As it is sent. Raises InvalidInput for an address or subject with a line break or another control character."""
    for field, value in (("to", mail.to), ("subject", mail.subject)):
        if not value.isprintable() or not value:
            raise InvalidInput(field, "must be one line of printable characters")
    name, address = parseaddr(sender)
    built = EmailMessage(policy=SMTP)
    try:
        built["From"] = Address(name, addr_spec=address)
        built["To"] = Address(addr_spec=mail.to)
    except (ValueError, IndexError) as error:
        raise InvalidInput("to", "must be one e-mail address") from error
    built["Subject"] = mail.subject
    built["Date"] = formatdate()
    built["Message-ID"] = make_msgid(domain=address.rpartition("@")[2] or "localhost")
    # No machine shall answer, and none shall answer to this one's answer.
    built["Auto-Submitted"] = "auto-generated"
    # Unencoded where it can be: whoever reads a mail as a file shall find its link whole.
    built.set_content(mail.text, cte="7bit" if mail.text.isascii() else "quoted-printable")
    return built


class SmtpMailer:
    """A mail server: smtp://user:password@host:587 (STARTTLS is asked for, and without it nothing is sent), smtps://host:465 (TLS at once).

    ?tls=off sends in the clear: within one machine only.
    """

    def __init__(self, url: str, *, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ConfigurationError("ZAMC_SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465")
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._at_once = parts.scheme == "smtps"
        self._clear = parse_qs(parts.query).get("tls") == ["off"]
        self._sender = sender

    def send(self, mail: Mail) -> None:
        refuse_inside_transaction("a mail server")
        built = message(mail, sender=self._sender)
        try:
            with self._connection() as server:
                if not self._at_once and not self._clear:
                    server.starttls(context=ssl.create_default_context())
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(built)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            refused = bool(codes) and all(code >= 500 for code in codes)
            kind = GiveUp if refused else Later
            raise kind("the mail server does not take mail for this address", code=str(codes[0]) if codes else "") from None
        except (smtplib.SMTPException, OSError) as error:
            # Its text may quote the password or the address.
            raise Later(f"the mail server {self._host} did not take the mail: {type(error).__name__}") from None

    def _connection(self) -> smtplib.SMTP:
        if self._at_once:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context())
        return smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_SECONDS)


class FolderMailer:
    """For one machine: each mail is a file that any mail program opens. Newest last by name."""

    def __init__(self, folder: Path, *, sender: str) -> None:
        self._folder, self._sender = folder, sender

    def send(self, mail: Mail) -> None:
        built = message(mail, sender=self._sender)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = f"{len(list(self._folder.glob('*.eml'))):06d}-{uuid4().hex[:8]}"
            part = self._folder / f".{name}.part"
            part.write_bytes(built.as_bytes())
            part.rename(self._folder / f"{name}.eml")
        except OSError as error:
            raise Later(f"the mail could not be written to {self._folder}: {error.strerror}") from error


class NoMailer:
    """Neither is set."""

    def send(self, mail: Mail) -> None:  # noqa: ARG002 - the port
        raise ConfigurationError("no mail can be sent: set ZAMC_SMTP_URL, or ZAMC_MAIL_FOLDER on one machine")
