"""Deliveries over a real mail server and a real HTTP server: each once, retried, given up, or in doubt."""

import email
import email.policy
import json
import threading
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.conftest import ManualClock
from tests.zamc.notifications.conftest import SENDER, VAULT, Brand, MailServer, Receiver
from zamc.database.engine import Database
from zamc.events.replays import ReplayService
from zamc.events.tables import DeadLetter, OutboxRow
from zamc.identity import repository as identity
from zamc.notifications.channels import senders
from zamc.notifications.delivering import LEASE, MOST_ATTEMPTS, Deliverer, replayed
from zamc.notifications.delivery_tables import Delivery
from zamc.notifications.endpoints import EndpointService
from zamc.notifications.mail import SmtpMailer
from zamc.notifications.outgoing import Outgoing
from zamc.notifications.signing_rules import verified


def states(database: Database) -> Counter[str]:
    with database.transaction() as session:
        return Counter(session.scalars(select(Delivery.state)))


def only(database: Database) -> Delivery:
    with database.transaction() as session:
        return session.scalars(select(Delivery)).one()


def letters(database: Database) -> list[DeadLetter]:
    with database.transaction() as session:
        return list(session.scalars(select(DeadLetter).where(DeadLetter.state == "open")))


def work_off(deliverer: Deliverer) -> Counter[str]:
    tally = Counter[str]()
    while found := deliverer.round():
        tally += found
    return tally


def test_a_mail_a_message_and_a_webhook_arrive_once(
    database: Database, brand: Brand, deliverer: Deliverer, mail_server: MailServer, receiver: Receiver
) -> None:
    brand.member("olga", "owner")
    brand.endpoint("slack", f"{receiver.url}/slack")
    added = brand.endpoint("webhook", f"{receiver.url}/hook?tenant=7")
    assert brand.tell(brand.news()) == 3
    assert work_off(deliverer) == {"sent": 3}
    assert work_off(deliverer) == {}
    read = email.message_from_bytes(mail_server.box.got[0].content, policy=email.policy.default)
    assert (read["to"], read["subject"]) == ("olga@example.org", "[warning] Padaria: Spend is odd")
    assert "https://zamc.example.org" in read.get_content()
    by_path = {request.path: request for request in receiver.got}
    assert set(by_path) == {"/slack", "/hook?tenant=7"}
    assert json.loads(by_path["/slack"].body)["text"].startswith("*[warning] Padaria: Spend is odd*")
    hook = by_path["/hook?tenant=7"]
    assert verified(added.secret, hook.headers, hook.body, now=int(brand.clock.now().timestamp()))
    told = json.loads(hook.body)
    assert (told["type"], told["severity"], told["project"], told["about"]) == (
        "zamc.notification.alert", "warning", "Padaria", {"code": "spend-odd"},
    )  # fmt: skip
    assert told["id"] == hook.headers["webhook-id"]
    assert states(database) == {"sent": 3}


def test_the_same_news_again_is_no_second_delivery(brand: Brand, deliverer: Deliverer, mail_server: MailServer) -> None:
    brand.member("olga", "owner")
    assert [brand.tell(brand.news()) for _ in range(3)] == [1, 0, 0]
    work_off(deliverer)
    assert len(mail_server.box.got) == 1


def test_two_deliverers_send_each_delivery_once(
    database: Database, brand: Brand, clock: ManualClock, mail_server: MailServer, deliverer: Deliverer
) -> None:
    for number in range(8):
        brand.member(f"olga{number}", "owner")
    brand.tell(brand.news())
    ways = senders(SmtpMailer(mail_server.url, sender=SENDER), Outgoing(inside=True), clock)
    other = Deliverer(database, clock, ways, vault=lambda: VAULT, workers=2)
    threads = [threading.Thread(target=work_off, args=(each,)) for each in (deliverer, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(envelope.rcpt_tos[0] for envelope in mail_server.box.got) == [f"olga{number}@example.org" for number in range(8)]
    assert states(database) == {"sent": 8}


def test_a_webhook_that_is_down_is_tried_again_under_the_same_id(
    database: Database, brand: Brand, clock: ManualClock, deliverer: Deliverer, receiver: Receiver
) -> None:
    brand.endpoint("webhook", f"{receiver.url}/hook")
    brand.tell(brand.news())
    receiver.answers = [(503, {"retry-after": "120"}), (0, {}), (200, {})]
    assert work_off(deliverer) == {"waiting": 1}
    assert (only(database).next_attempt_at - clock.now()).total_seconds() == 120, "as the receiver asked"
    clock.advance(seconds=120)
    assert work_off(deliverer) == {"waiting": 1}
    clock.advance(hours=1)
    assert work_off(deliverer) == {"sent": 1}
    assert len({request.headers["webhook-id"] for request in receiver.got}) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.got}) == 3, "each try is signed for its own time"


def test_what_stays_down_is_given_up_and_a_person_can_send_it_again(
    database: Database, brand: Brand, clock: ManualClock, deliverer: Deliverer, receiver: Receiver
) -> None:
    brand.endpoint("webhook", f"{receiver.url}/hook/secret-path")
    brand.tell(brand.news())
    receiver.answers = [(500, {})] * MOST_ATTEMPTS
    tally = Counter[str]()
    for _ in range(MOST_ATTEMPTS):
        tally += work_off(deliverer)
        clock.advance(hours=2)
    assert tally == {"waiting": MOST_ATTEMPTS - 1, "failed": 1}
    (letter,) = letters(database)
    assert (letter.kind, letter.code, letter.project_id) == ("notification", "500", brand.project)
    with database.transaction() as session:
        said = json.dumps([row.envelope for row in session.scalars(select(OutboxRow))]) + letter.reason + json.dumps(letter.details)
    assert "secret-path" not in said, "the address is the receiver's secret"
    assert _replay(database, clock, letter.id) == "webhook"
    assert work_off(deliverer) == {"sent": 1}
    assert letters(database) == []


def _replay(database: Database, clock: ManualClock, letter_id: UUID) -> str:
    said = []

    def inside(session: object, letter: DeadLetter, _by: str) -> str:
        assert letter.subject_id is not None
        said.append(replayed(session, clock, letter.subject_id))  # type: ignore[arg-type]  # a session
        return "sent again"

    ReplayService(database, clock, inside={"notification": inside}, outside={}).replay(letter_id, by="olga")
    return str(said[0])


@pytest.mark.parametrize("status", [301, 302, 307, 308, 410])
def test_a_redirect_leads_nowhere_and_what_is_gone_is_gone(
    database: Database, brand: Brand, deliverer: Deliverer, receiver: Receiver, status: int
) -> None:
    brand.endpoint("webhook", f"{receiver.url}/hook")
    brand.tell(brand.news())
    receiver.answers = [(status, {"location": f"{receiver.url}/elsewhere"})]
    assert work_off(deliverer) == {"failed": 1}
    assert [request.path for request in receiver.got] == ["/hook"]
    assert len(letters(database)) == 1


@pytest.mark.parametrize("answer", [0, 500, 503])
def test_slack_that_may_have_taken_it_is_in_doubt_and_not_asked_again(
    database: Database, brand: Brand, clock: ManualClock, deliverer: Deliverer, receiver: Receiver, answer: int
) -> None:
    brand.endpoint("slack", f"{receiver.url}/slack")
    brand.tell(brand.news())
    receiver.answers = [(answer, {})]
    assert work_off(deliverer) == {"in_doubt": 1}
    clock.advance(days=2)
    assert work_off(deliverer) == {}
    assert len(receiver.got) == 1
    (letter,) = letters(database)
    assert "may have arrived" in letter.reason


def test_slack_that_has_had_enough_is_asked_later(brand: Brand, clock: ManualClock, deliverer: Deliverer, receiver: Receiver) -> None:
    brand.endpoint("slack", f"{receiver.url}/slack")
    brand.tell(brand.news())
    receiver.answers = [(429, {"retry-after": "30"})]
    assert work_off(deliverer) == {"waiting": 1}
    clock.advance(seconds=30)
    assert work_off(deliverer) == {"sent": 1}


def test_a_mail_whose_answer_never_came_is_in_doubt(
    database: Database, brand: Brand, clock: ManualClock, deliverer: Deliverer, mail_server: MailServer
) -> None:
    brand.member("olga", "owner")
    brand.tell(brand.news())
    mail_server.box.answer = "451 try again"
    assert work_off(deliverer) == {"waiting": 1}, "a refusal is an answer"
    clock.advance(hours=1)
    mail_server.box.answer = "250 ok"
    assert work_off(deliverer) == {"sent": 1}
    ids = {email.message_from_bytes(envelope.content)["message-id"] for envelope in mail_server.box.got}
    assert ids == {f"<{only(database).id}@example.org>"}


@pytest.mark.parametrize(("channel", "after"), [("mail", "in_doubt"), ("slack", "in_doubt"), ("webhook", "pending")])
def test_a_worker_that_is_gone_leaves_its_delivery_to_the_others(
    database: Database, brand: Brand, clock: ManualClock, deliverer: Deliverer, receiver: Receiver, channel: str, after: str
) -> None:
    if channel == "mail":
        brand.member("olga", "owner")
    else:
        brand.endpoint(channel, f"{receiver.url}/x")
    brand.tell(brand.news())
    assert len(deliverer._claim()[0]) == 1  # and then it dies
    assert only(database).state == "sending"
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert work_off(deliverer) == {}, "it may still be alive"
    clock.advance(seconds=2)
    deliverer.round()
    assert only(database).state == after
    assert len(letters(database)) == (after == "in_doubt")


def test_a_worker_that_was_only_slow_writes_nothing_over_a_newer_claim(
    database: Database, brand: Brand, clock: ManualClock, deliverer: Deliverer, mail_server: MailServer
) -> None:
    brand.member("olga", "owner")
    brand.tell(brand.news())
    (order,), _ = deliverer._claim()
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert work_off(deliverer) == {"in_doubt": 1}
    assert deliverer._carry(order) == "overtaken"
    assert only(database).state == "in_doubt"


def test_whoever_has_left_hears_nothing_more(
    database: Database, brand: Brand, clock: ManualClock, deliverer: Deliverer, mail_server: MailServer, receiver: Receiver
) -> None:
    for name in ("gone", "disabled", "unproven", "stays"):
        brand.member(name, "owner")
    added = brand.endpoint("slack", f"{receiver.url}/slack")
    assert brand.tell(brand.news()) == 5
    with database.transaction() as session:
        identity.remove_membership(session, user_id=brand.people["gone"], project_id=brand.project)
        identity.change_user(session, brand.people["disabled"], disabled_at=clock.now())
        identity.change_user(session, brand.people["unproven"], email_verified_at=None)
        EndpointService(clock, Outgoing(), vault=lambda: VAULT).remove(session, added.endpoint.id, by="olga")
    assert work_off(deliverer) == {"sent": 1, "skipped": 4}
    assert [envelope.rcpt_tos for envelope in mail_server.box.got] == [["stays@example.org"]]
    assert receiver.got == []


def test_an_endpoint_that_does_not_answer_holds_up_its_own_news_alone(
    database: Database, brand: Brand, deliverer: Deliverer, receiver: Receiver, mail_server: MailServer
) -> None:
    added = brand.endpoint("webhook", "http://127.0.0.1:9/nobody")
    for number in range(6):
        brand.tell(brand.news(f"alert:{number}"))
    brand.member("olga", "owner")
    brand.tell(brand.news("alert:x"))
    tally = work_off(deliverer)
    assert tally["sent"] == 1
    assert tally["waiting"] <= 2, "the others wait for the same time without being tried"
    with database.transaction() as session:
        assert {row.state for row in session.scalars(select(Delivery).where(Delivery.endpoint_id == added.endpoint.id))} == {"pending"}
