"""Mail: through a server (SMTP), or into a folder on one machine. Plain text; what people typed never becomes a header."""

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from enum import Enum
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import ConfigurationError, GiveUp, InDoubt, InvalidInput, Later, OutsideError

_TIMEOUT_SECONDS = 15.0
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class Mail:
    """to: one bare address. text: lines of plain text. name: stands in the Message-ID, the same for each try of the same mail."""

    to: str
    subject: str
    text: str
    name: str = ""


class Mailer(Protocol):
    """Sends one mail, or raises Later (it surely did not go; try again), InDoubt (it may have gone) or GiveUp (it never goes)."""

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
    domain = address.rpartition("@")[2] or "localhost"
    built["Message-ID"] = f"<{mail.name}@{domain}>" if mail.name else make_msgid(domain=domain)
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
        handed_over = Handover.NOT_YET
        try:
            with self._connection() as server:
                try:
                    self._hand_over(server, built)
                finally:
                    handed_over = server.handed_over
        except OSError as error:  # what smtplib raises is one, too
            # What a server says at QUIT, after it has taken the mail, changes nothing any more.
            if handed_over is not Handover.TAKEN:
                raise self._why(error, handed_over) from None

    def _hand_over(self, server: "_Server | _TlsServer", built: EmailMessage) -> None:
        if not self._at_once and not self._clear:
            server.starttls(context=ssl.create_default_context())
        if self._user:
            server.login(self._user, self._password)
        server.send_message(built)

    def _why(self, error: OSError, handed_over: "Handover") -> OutsideError:
        """Its text may quote the password or the address, so it is told by its kind alone."""
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            codes = [code for code, _ in error.recipients.values()]
            refused = bool(codes) and all(code >= 500 for code in codes)
            kind = GiveUp if refused else Later
            return kind("the mail server does not take mail for this address", code=str(codes[0]) if codes else "")
        said = f"the mail server {self._host} did not take the mail: {type(error).__name__}"
        if isinstance(error, smtplib.SMTPDataError):
            return (GiveUp if error.smtp_code >= 500 else Later)(said, code=str(error.smtp_code))
        answered = isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected)
        in_doubt = handed_over is Handover.BEGUN and not answered
        return InDoubt(f"the mail server {self._host} fell silent after it got the mail", outage=True) if in_doubt else Later(said)

    def _connection(self) -> "_Server | _TlsServer":
        if self._at_once:
            return _TlsServer(self._host, self._port, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context())
        return _Server(self._host, self._port, timeout=_TIMEOUT_SECONDS)


class Handover(Enum):
    """How far a mail came: once its text is under way, silence may mean that it was taken."""

    NOT_YET = "not yet"
    BEGUN = "begun"
    TAKEN = "taken"


class _Counting:
    """Notes when the text of a mail goes out, and whether the server has answered that."""

    handed_over = Handover.NOT_YET

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.handed_over = Handover.BEGUN
        answer: tuple[int, bytes] = super().data(msg)  # type: ignore[misc]  # of smtplib.SMTP, beside which it stands
        self.handed_over = Handover.TAKEN if answer[0] == 250 else Handover.NOT_YET
        return answer


class _Server(_Counting, smtplib.SMTP):
    """STARTTLS, or in the clear."""


class _TlsServer(_Counting, smtplib.SMTP_SSL):
    """TLS at once."""


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
