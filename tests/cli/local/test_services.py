"""The servers that every other test stands on."""

import asyncio

import nats
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.services import Database, Services


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True)


def test_the_application_role_owns_nothing_and_cannot_make_tables(services: Services) -> None:
    with connect(services.database.app_url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("zamc_app",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (a int)")


def test_the_application_role_cannot_reach_the_database_of_dagster(services: Services) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(services.database.app_url.removesuffix("/zamc") + "/dagster")


def test_a_new_database_is_a_copy_of_its_template_and_belongs_to_the_owner(services: Services) -> None:
    template = services.new_database()
    copy: Database | None = None
    try:
        with connect(template.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        copy = services.new_database(template=template.name)
        with connect(copy.owner_url) as connection:
            assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)
    finally:
        services.drop_database(template)
        if copy:
            services.drop_database(copy)


def test_jetstream_keeps_messages(services: Services) -> None:
    async def publish() -> int:
        client = await nats.connect(services.nats_url)
        try:
            stream = client.jetstream()
            await stream.add_stream(name="TRY", subjects=["try.>"])
            return (await stream.publish("try.it", b"x")).seq
        finally:
            await client.close()

    assert asyncio.run(publish()) == 1


def test_valkey_asks_for_its_password(services: Services) -> None:
    with redis.Redis.from_url(services.redis_url) as client:
        assert client.ping()
    with (
        redis.Redis(port=services.stack.ports["valkey"], retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
