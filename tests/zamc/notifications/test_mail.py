"""Mail over a real server and into a folder; what people typed never becomes a header."""

import email
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from zamc.database.engine import Database
from zamc.errors import ConfigurationError, GiveUp, InDoubt, InvalidInput, Later, OutsideCallInTransaction
from zamc.notifications.mail import FolderMailer, Mail, NoMailer, SmtpMailer, message

SENDER = "ZAMC Größe <zamc@example.org>"
MAIL = Mail("ana@example.org", "ZAMC: Grüße aus 北京", "Öffne das:\n\nhttp://testserver/#link=reset:zamcl_x\n")


class Inbox:
    """Keeps what it gets, or answers what a test tells it to."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.answer = "250 ok"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as the library calls it
        self.got.append(envelope)
        return "250 ok"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - likewise
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer


def _knows(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"us:er", b"p@ss/word"))


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, authenticator=_knows, auth_require_tls=False)
    controller.start()
    yield f"127.0.0.1:{port}"
    controller.stop()


def test_a_mail_arrives_as_it_was_written(server: str, inbox: Inbox) -> None:
    SmtpMailer(f"smtp://us%3Aer:p%40ss%2Fword@{server}?tls=off", sender=SENDER).send(MAIL)
    (envelope,) = inbox.got
    assert envelope.rcpt_tos == ["ana@example.org"]
    read = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert (read["subject"], read["to"], read["auto-submitted"]) == (MAIL.subject, MAIL.to, "auto-generated")
    assert read.get_content().replace("\r\n", "\n") == MAIL.text


def test_nothing_is_sent_in_the_clear_unless_that_was_said(server: str, inbox: Inbox) -> None:
    with pytest.raises(Later):
        SmtpMailer(f"smtp://{server}", sender=SENDER).send(MAIL)
    assert inbox.got == []


def test_a_wrong_password_is_told_and_not_repeated(server: str, inbox: Inbox) -> None:
    with pytest.raises(Later) as refused:
        SmtpMailer(f"smtp://us:hunter2@{server}?tls=off", sender=SENDER).send(MAIL)
    assert "hunter2" not in str(refused.value)
    assert inbox.got == []


@pytest.mark.parametrize(("answer", "kind"), [("550 no such user", GiveUp), ("451 greylisted", Later)])
def test_a_refused_address_is_given_up_and_a_busy_server_is_not(server: str, inbox: Inbox, answer: str, kind: type[Exception]) -> None:
    inbox.answer = answer
    with pytest.raises(kind):
        SmtpMailer(f"smtp://{server}?tls=off", sender=SENDER).send(MAIL)


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("ana@example.org\r\nBcc: eve@example.org", "x"),
        ("ana@example.org\nBcc: eve@example.org", "x"),
        ("ana@example.org, eve@example.org", "x"),
        ("ana@example.org\x00", "x"),
        ("Ana <ana@example.org>", "x"),
        ("", "x"),
        ("ana", "x"),
        ("ana@example.org", "x\r\nBcc: eve@example.org"),
        ("ana@example.org", "x\x85Bcc: eve@example.org"),
        ("ana@example.org", ""),
    ],
)
def test_nothing_becomes_a_header(tmp_path: Path, to: str, subject: str) -> None:
    with pytest.raises(InvalidInput):
        FolderMailer(tmp_path, sender=SENDER).send(Mail(to, subject, "text"))
    assert list(tmp_path.iterdir()) == []


def test_in_a_folder_each_mail_is_a_file_in_order(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path / "mail", sender=SENDER)
    for number in range(3):
        mailer.send(Mail("ana@example.org", f"number {number}", "text"))
    files = sorted((tmp_path / "mail").glob("*.eml"))
    assert [email.message_from_bytes(file.read_bytes())["subject"] for file in files] == ["number 0", "number 1", "number 2"]


def test_a_long_link_stands_whole_in_the_file(tmp_path: Path) -> None:
    link = "http://127.0.0.1:27071/#link=sign_in:zamcl_" + "x" * 60
    FolderMailer(tmp_path, sender=SENDER).send(Mail("ana@example.org", "x", f"Open this:\n\n{link}\n"))
    assert link in next(tmp_path.iterdir()).read_text()


def test_a_server_is_never_asked_within_a_transaction(server: str, database: Database) -> None:
    with database.transaction(), pytest.raises(OutsideCallInTransaction):
        SmtpMailer(f"smtp://{server}?tls=off", sender=SENDER).send(MAIL)


class _Scripted:
    """A server for one mail that says what a test tells it to: after the text of the mail, and to QUIT."""

    def __init__(self, *, after_text: str | None, at_quit: str) -> None:
        self.after_text, self.at_quit = after_text, at_quit
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.listening.getsockname()[1]}?tls=off"
        self.texts = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self.listening.accept()
        with connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 here\r\n")
            for line in stream:
                if line.upper().startswith(b"DATA"):
                    stream.write(b"354 go on\r\n")
                    while stream.readline() != b".\r\n":
                        pass
                    self.texts += 1
                    if self.after_text is None:
                        return
                    stream.write(self.after_text.encode() + b"\r\n")
                elif line.upper().startswith(b"QUIT"):
                    stream.write(self.at_quit.encode() + b"\r\n")
                    return
                else:
                    stream.write(b"250 ok\r\n")

    def close(self) -> None:
        self.listening.close()
        self._thread.join(60)


@pytest.mark.parametrize(
    ("after_text", "raised"),
    [(None, InDoubt), ("451 busy", Later), ("421 going down", Later), ("554 spam", GiveUp)],
)
def test_whether_a_mail_was_taken_is_known_as_far_as_the_server_said(after_text: str | None, raised: type[Exception]) -> None:
    server = _Scripted(after_text=after_text, at_quit="221 bye")
    with pytest.raises(raised):
        SmtpMailer(server.url, sender=SENDER).send(MAIL)
    server.close()
    assert server.texts == 1


@pytest.mark.parametrize("at_quit", ["221 bye", "421 going down", "500 what", "451 later"])
def test_a_mail_that_was_taken_is_sent_whatever_is_said_afterwards(at_quit: str) -> None:
    server = _Scripted(after_text="250 ok", at_quit=at_quit)
    SmtpMailer(server.url, sender=SENDER).send(MAIL)
    server.close()
    assert server.texts == 1


def test_a_mail_with_a_name_has_the_same_id_each_time() -> None:
    mail = Mail("ana@example.org", "x", "text", name="01a2039d")
    assert {message(mail, sender=SENDER)["message-id"] for _ in range(2)} == {"<01a2039d@example.org>"}


def test_a_server_that_is_not_there_is_later() -> None:
    with pytest.raises(Later):
        SmtpMailer("smtp://127.0.0.1:9?tls=off", sender=SENDER).send(MAIL)


@pytest.mark.parametrize("url", ["http://host", "smtp://", "host:25", ""])
def test_what_is_no_server_is_said_at_once(url: str) -> None:
    with pytest.raises(ConfigurationError, match="ZAMC_SMTP_URL"):
        SmtpMailer(url, sender=SENDER)


def test_without_either_it_says_what_to_set() -> None:
    with pytest.raises(ConfigurationError, match="ZAMC_MAIL_FOLDER"):
        NoMailer().send(MAIL)
