"""How a letter leaves: one sender per channel. Each says what became of it by returning, or by what it raises.

Later: surely not delivered, another try may be. InDoubt: it may have been. Anything else: never.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from zamc.clock import Clock
from zamc.errors import GiveUp, InDoubt, Later, OutsideError
from zamc.notifications import words_rules as words
from zamc.notifications.mail import Mail, Mailer
from zamc.notifications.outgoing import Answer, Outgoing
from zamc.notifications.preference_rules import Channel
from zamc.notifications.signing_rules import signed_headers
from zamc.notifications.words_rules import Letter

_LONGEST_DELAY = timedelta(hours=1)
_JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True)
class Address:
    """Where a letter goes: a mail address, or an endpoint's URL and signing secret. Neither shows in a log."""

    to: str = field(repr=False)
    secret: str = field(default="", repr=False)


class Sender(Protocol):
    """One channel."""

    def send(self, letter: Letter, address: Address) -> None: ...


class MailSender:
    """By mail. The Message-ID is made of the delivery's id, so that two copies of one could be told to be one."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    def send(self, letter: Letter, address: Address) -> None:
        self._mailer.send(Mail(address.to, words.subject(letter), words.mail_text(letter), name=letter.delivery_id))


class SlackSender:
    """To a Slack incoming webhook, or to what speaks like one. It knows no key by which a second message could be told from the first."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    def send(self, letter: Letter, address: Address) -> None:
        answer = self._outgoing.post(address.to, words.slack_body(letter), _JSON)
        if 200 <= answer.status < 300:
            return
        if answer.status == 429:
            raise _later(answer, "Slack has had enough for now")
        if answer.status == 408 or answer.status >= 500:
            raise InDoubt(f"Slack answered {answer.status}, which does not say whether it took the message", code=str(answer.status))
        raise _refused(answer, "Slack")


class WebhookSender:
    """To a webhook, signed. Its id is the delivery's, the same for each try: the receiver can tell a second one from the first."""

    def __init__(self, outgoing: Outgoing, clock: Clock) -> None:
        self._outgoing, self._clock = outgoing, clock

    def send(self, letter: Letter, address: Address) -> None:
        body = words.webhook_body(letter)
        signed = signed_headers(address.secret, letter.delivery_id, body, at=int(self._clock.now().timestamp()))
        answer = self._outgoing.post(address.to, body, {**_JSON, **signed})
        if 200 <= answer.status < 300:
            return
        if answer.status == 410 or 300 <= answer.status < 400:
            raise _refused(answer, "the endpoint")
        raise _later(answer, f"the endpoint answered {answer.status}")


def _later(answer: Answer, said: str) -> OutsideError:
    named = timedelta(seconds=answer.retry_after) if answer.retry_after else None
    delay = min(named, _LONGEST_DELAY) if named else None
    return Later(said, code=str(answer.status), delay=delay)


def _refused(answer: Answer, who: str) -> OutsideError:
    if 300 <= answer.status < 400:
        return GiveUp(f"{who} redirects ({answer.status}), which is not followed: name the address that it leads to", code="redirect")
    return GiveUp(f"{who} answered {answer.status}: it is gone or does not take this; check its address", code=str(answer.status))


def senders(mailer: Mailer, outgoing: Outgoing, clock: Clock) -> Mapping[Channel, Sender]:
    """By channel."""
    return {
        Channel.MAIL: MailSender(mailer),
        Channel.SLACK: SlackSender(outgoing),
        Channel.WEBHOOK: WebhookSender(outgoing, clock),
    }
