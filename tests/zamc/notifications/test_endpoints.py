"""Endpoints: what is secret about them stays in the vault."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from tests.zamc.notifications.conftest import VAULT, Brand
from zamc.accounts.vault import Vault
from zamc.database.engine import Database
from zamc.errors import ConfigurationError, Conflict, InvalidInput, NotFound
from zamc.events.tables import OutboxRow
from zamc.notifications.delivery_tables import Delivery, Endpoint
from zamc.notifications.endpoints import MOST_PER_PROJECT, EndpointService
from zamc.notifications.outgoing import Outgoing
from zamc.projects.tables import AuditEntry

URL = "https://hooks.slack.com/services/T000/B000/secretsecret"


@pytest.fixture
def service(brand: Brand) -> EndpointService:
    return EndpointService(brand.clock, Outgoing(), vault=lambda: VAULT)


def test_neither_address_nor_secret_lies_anywhere_in_the_clear(database: Database, brand: Brand, service: EndpointService) -> None:
    with database.transaction() as session:
        slack = service.add(session, brand.project, channel="slack", name="Team", url=URL, wants={}, by="olga")
        hook = service.add(
            session, brand.project, channel="webhook", name="Desk", url="https://example.org/in?token=secretsecret", wants={}, by="olga"
        )
        service.test(session, hook.endpoint.id, by="olga")
    assert slack.secret == ""
    assert hook.secret.startswith("whsec_")
    assert "secret" not in repr(hook).replace("secretsecret", "LEAK").partition("whsec")[2]
    assert (slack.endpoint.host, hook.endpoint.host) == ("hooks.slack.com", "example.org")
    with database.transaction() as session:
        everything = [
            *(json.dumps(row.details) for row in session.scalars(select(AuditEntry))),
            *(json.dumps(row.envelope) for row in session.scalars(select(OutboxRow))),
            *(str(row) for row in session.execute(text("SELECT * FROM notification_endpoints"))),
            *(str(row) for row in session.execute(text("SELECT * FROM notifications"))),
        ]
        assert service.secret(session, hook.endpoint.id) == hook.secret
    assert everything
    assert not [each for each in everything if "secretsecret" in each or hook.secret in each]


def test_a_removed_endpoint_forgets_its_address(database: Database, brand: Brand, service: EndpointService) -> None:
    with database.transaction() as session:
        added = service.add(session, brand.project, channel="slack", name="Team", url=URL, wants={}, by="olga")
        service.remove(session, added.endpoint.id, by="olga")
    with database.transaction() as session:
        row = session.scalars(select(Endpoint)).one()
        assert (row.sealed, service.secret(session, row.id)) == (None, "")
        for again in (service.remove, service.test):
            with pytest.raises(NotFound):
                again(session, row.id, by="olga")
    assert brand.tell(brand.news()) == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "mail"}, "channel"), ({"channel": "pigeon"}, "channel"), ({"name": ""}, "name"), ({"name": "a\nb"}, "name"),
        ({"name": "x" * 81}, "name"), ({"url": "https://127.0.0.1/"}, "url"), ({"url": "http://example.org/"}, "url"),
        ({"wants": {"alert": "loud"}}, "wants"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_kept(
    database: Database, brand: Brand, service: EndpointService, wrong: dict[str, object], field: str
) -> None:
    given = {"channel": "slack", "name": "Team", "url": URL, "wants": {}, **wrong}
    with pytest.raises(InvalidInput) as refused, database.transaction() as session:
        service.add(session, brand.project, by="olga", **given)  # type: ignore[arg-type]  # that is what is tried
    assert refused.value.field == field
    with database.transaction() as session:
        assert session.scalars(select(Endpoint)).all() == []


def test_names_are_taken_once_and_a_project_has_so_many(database: Database, brand: Brand, service: EndpointService) -> None:
    with database.transaction() as session:
        for number in range(MOST_PER_PROJECT):
            service.add(session, brand.project, channel="slack", name=f"Team {number}", url=URL, wants={}, by="olga")
        with pytest.raises(Conflict, match="remove one first"):
            service.add(session, brand.project, channel="slack", name="One more", url=URL, wants={}, by="olga")
    with database.transaction() as session:
        first = session.scalars(select(Endpoint).order_by(Endpoint.id)).first()
        assert first is not None
        service.remove(session, first.id, by="olga")
        with pytest.raises(Conflict, match="called Team 1 already"):
            service.add(session, brand.project, channel="slack", name="Team 1", url=URL, wants={}, by="olga")


def test_a_key_that_is_gone_is_named_and_the_delivery_is_given_up(database: Database, brand: Brand, service: EndpointService) -> None:
    from zamc.notifications.delivering import Deliverer

    with database.transaction() as session:
        service.add(session, brand.project, channel="slack", name="Team", url=URL, wants={}, by="olga")
    brand.tell(brand.news())
    assert Deliverer(database, brand.clock, {}, vault=lambda: Vault("o" * 40)).round() == {"failed": 1}
    with database.transaction() as session:
        assert "ZAMC_CREDENTIALS_KEY" in (session.scalars(select(Delivery.last_error)).one() or "")


def test_without_a_key_no_endpoint_is_made(database: Database, brand: Brand) -> None:
    def no_key() -> Vault:
        raise ConfigurationError("ZAMC_CREDENTIALS_KEY is not set")

    with pytest.raises(ConfigurationError), database.transaction() as session:
        EndpointService(brand.clock, Outgoing(), vault=no_key).add(
            session, brand.project, channel="slack", name="Team", url=URL, wants={}, by="olga"
        )
    with database.transaction() as session, pytest.raises(NotFound):
        EndpointService(brand.clock, Outgoing(), vault=no_key).test(session, uuid4(), by="olga")
