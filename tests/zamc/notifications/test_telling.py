"""Who is told what: by role, by choice, by severity; one delivery per recipient and channel."""

import pytest
from sqlalchemy import select

from tests.zamc.notifications.conftest import Brand, Receiver
from zamc.database.engine import Database
from zamc.identity.tables import User
from zamc.notifications import delivery_repository as repository
from zamc.notifications.delivery_tables import Delivery, Endpoint
from zamc.notifications.preference_rules import Kind
from zamc.notifications.telling import Telling
from zamc.notifications.words_rules import News


def told(database: Database) -> set[str]:
    with database.transaction() as session:
        people = session.scalars(select(User.email).join(Delivery, Delivery.user_id == User.id))
        places = session.scalars(select(Endpoint.name).join(Delivery, Delivery.endpoint_id == Endpoint.id))
        return {email.partition("@")[0] for email in people} | {name.rpartition("/")[2] for name in places}


@pytest.mark.parametrize(
    ("kind", "severity", "expected"),
    [
        (Kind.ALERT, "info", set()),
        (Kind.ALERT, "warning", {"owner", "manager"}),
        (Kind.ALERT, "critical", {"owner", "manager", "analyst"}),
        (Kind.APPROVAL, "info", {"owner", "manager"}),
        (Kind.DIGEST, "info", {"owner", "manager", "analyst"}),
    ],
)
def test_a_role_has_defaults(database: Database, brand: Brand, kind: Kind, severity: str, expected: set[str]) -> None:
    for role in ("owner", "manager", "analyst", "viewer"):
        brand.member(role, role)
    assert brand.tell(brand.news(kind=kind, severity=severity)) == len(expected)
    assert told(database) == expected


def test_what_a_member_has_chosen_counts_more(database: Database, brand: Brand) -> None:
    for name, least in (("loud", "info"), ("quiet", "off")):
        values = {"user_id": brand.member(name, "viewer" if name == "loud" else "owner"), "project_id": brand.project}
        with database.transaction() as session:
            repository.put_preference(session, {**values, "channel": "mail", "kind": "alert", "least": "critical"})
            repository.put_preference(session, {**values, "channel": "mail", "kind": "alert", "least": least})
    brand.tell(brand.news(severity="info"))
    assert told(database) == {"loud"}


def test_an_endpoint_hears_what_it_was_made_for(database: Database, brand: Brand, receiver: Receiver) -> None:
    brand.endpoint("slack", f"{receiver.url}/everything", alert="info", digest="info")
    brand.endpoint("webhook", f"{receiver.url}/worst", alert="critical", approval="off")
    brand.tell(brand.news("a", severity="warning"))
    assert told(database) == {"everything"}
    brand.tell(brand.news("b", severity="critical"))
    assert told(database) == {"everything", "worst"}


def test_nobody_is_written_to_whose_address_is_not_proven(database: Database, brand: Brand) -> None:
    brand.member("olga", "owner", verified=False)
    assert brand.tell(brand.news()) == 0


def test_where_no_mail_can_be_sent_nothing_piles_up(database: Database, brand: Brand) -> None:
    brand.member("olga", "owner")
    with database.transaction() as session:
        assert Telling(brand.clock, mail=False).tell(session, brand.news()) == 0


def test_news_of_the_whole_installation_goes_to_owners_once(database: Database, brand: Brand, receiver: Receiver) -> None:
    brand.member("olga", "owner")
    brand.member("mia", "manager")
    brand.endpoint("slack", f"{receiver.url}/slack")
    with database.transaction() as session:
        Telling(brand.clock, mail=True).tell(session, News("alert:x", None, Kind.ALERT, "critical", "Restored", "Restored."))
    assert told(database) == {"olga"}


def test_strangers_hear_nothing(database: Database, brand: Brand) -> None:
    from tests.zamc.notifications.conftest import Brand as Other
    from zamc.projects.service import ProjectService

    with database.transaction() as session:
        other = ProjectService(brand.clock).create_project(session, "Livraria", by="test", gates={})
    Other(database, brand.clock, other.id).member("eve", "owner")
    assert brand.tell(brand.news()) == 0
