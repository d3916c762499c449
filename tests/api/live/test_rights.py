"""Who is let in, who sees what, and that a socket ends with what its caller has shown: on time, and within a moment of a revocation."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.api.auth.conftest import SteppingClock
from tests.api.live.conftest import Server
from tests.api.operations import SCHEMA
from zamc.bootstrap import Services
from zamc.database.ids import uuid7
from zamc.identity import people, repository
from zamc.identity.permission_rules import PERMISSIONS, Role

Key = Callable[[str, dict[UUID, str]], str]
Project = Callable[[str], UUID]

CHANGES = "subscription ($p: UUID!) { changes(projectId: $p) { version } }"
NEEDED = {"id": str(uuid7()), "range": {"first": "2026-11-01", "last": "2026-11-20"}}
# Revocation shall work within a second or so; a busy machine is given more before it is called a failure.
_SOON = 15.0


def _documents() -> dict[str, str]:
    """Of every subscription, from the schema: what is added there is tried here."""
    assert SCHEMA.subscription_type is not None
    found = {}
    for name, field in SCHEMA.subscription_type.fields.items():
        needed = {each: str(argument.type) for each, argument in field.args.items() if str(argument.type).endswith("!") and each != "first"}
        head = ", ".join(f"${each}: {kind}" for each, kind in needed.items())
        given = ", ".join(f"{each}: ${each}" for each in needed)
        found[name] = f"subscription ({head}) {{ {name}({given}) {{ __typename }} }}"
    return found


def _variables(document: str, project_id: UUID) -> dict[str, Any]:
    return {name: {**NEEDED, "projectId": str(project_id)}[name] for name in re.findall(r"\$(\w+):", document)}


def test_every_subscription_is_about_one_project_and_in_the_table() -> None:
    assert SCHEMA.subscription_type is not None
    for name, field in SCHEMA.subscription_type.fields.items():
        assert "projectId" in field.args
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        assert snake in PERMISSIONS or name == "changes", "`changes` shows a number, by the right to read at all"


def test_every_role_may_listen_as_the_table_says_and_a_stranger_learns_nothing(server: Server, project: Project, key: Key) -> None:
    mine, theirs = project("Mine"), project("Theirs")
    stranger = key("eve@example.org", {theirs: "owner"})
    for role in Role:
        with server.peer() as peer:
            peer.begin(key(f"{role}@example.org", {mine: role.value}))
            for name, document in _documents().items():
                peer.say(id=name, type="subscribe", payload={"query": document, "variables": _variables(document, mine)})
                if role in PERMISSIONS.get(name, frozenset(Role)):
                    peer.next(name)
                else:
                    assert peer.errors(name) == ["FORBIDDEN"]
    nowhere = uuid7()
    with server.peer() as peer:
        peer.begin(stranger)
        for document in _documents().values():
            answers = []
            for project_id in (mine, nowhere):
                peer.say(id="1", type="subscribe", payload={"query": document, "variables": _variables(document, project_id)})
                message = peer.hear()
                assert message["type"] == "error"
                answers.append(str(message).replace(str(project_id), "..."))
            assert answers[0] == answers[1]
            assert "NOT_FOUND" in answers[0]


def test_nobody_is_let_in_without_something_good(server: Server) -> None:
    for shown in (None, "zamc_" + "0" * 43, "a.b.c", "zamc_key_x"):
        with server.peer() as peer:
            peer.say(type="connection_init", **({"payload": {"Authorization": f"Bearer {shown}"}} if shown else {}))
            assert peer.closed()[0] == 4403, shown


def test_a_key_in_the_address_is_none(server: Server, key: Key, mine: UUID) -> None:
    """Addresses stand in logs of proxies: whoever shows a key there shows nothing."""
    shown = key("ana@example.org", {mine: "owner"})
    for name in ("access_token", "token", "authorization", "Authorization"):
        with connect(
            f"ws://{server.address}/graphql?{name}=Bearer%20{shown}", subprotocols=[Subprotocol("graphql-transport-ws")]
        ) as socket:
            socket.send('{"type": "connection_init"}')
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=_SOON)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4403


@pytest.fixture
def clock(wired: Services) -> SteppingClock:
    made = SteppingClock()
    vars(wired)["clock"] = made
    return made


@pytest.fixture
def mine(project: Project) -> UUID:
    return project("Mine")


def _sign_in(wired: Services, roles: dict[UUID, str], email: str = "ana@example.org") -> tuple[UUID, str]:
    """A person who is signed in with a browser, and its cookie as a header."""
    with wired.database.transaction() as session:
        user_id = repository.put_user(session, email)
        for project_id, role in roles.items():
            repository.put_membership(session, user_id=user_id, project_id=project_id, role=role)
    signed = wired.identity.sign_in.begin(user_id, agent="test")
    name = "__Host-zamc" if wired.settings.cookie_secure else "zamc-insecure"
    return user_id, f"{name}={signed.token}"


def _closed_soon(peer: Any) -> tuple[int, str]:
    began = time.monotonic()
    found: tuple[int, str] = peer.closed()
    assert time.monotonic() - began < _SOON
    return found


def test_a_revoked_key_ends_its_sockets_and_no_others(server: Server, wired: Services, mine: UUID, key: Key) -> None:
    first, second = (key("ana@example.org", {mine: "owner"}) for _ in range(2))
    with server.peer() as one, server.peer() as other:
        for peer, shown in ((one, first), (other, second)):
            peer.begin(shown).subscribe(CHANGES, p=str(mine))
            peer.next()
        with wired.database.transaction() as session:
            (row,) = [each for each in repository.keys(session, _user(session)) if first.startswith(each.prefix)]
            repository.revoke_key(session, row.id, user_id=row.user_id, now=datetime.now(UTC))
        assert _closed_soon(one)[0] == 4403
        assert other.silent()
        with server.peer() as again:
            again.say(type="connection_init", payload={"Authorization": f"Bearer {first}"})
            assert again.closed()[0] == 4403


def _user(session: Any, email: str = "ana@example.org") -> UUID:
    found = repository.user_by_email(session, email)
    assert found is not None
    return found.id


def test_a_role_that_is_taken_away_ends_what_was_open_and_its_project_is_gone(
    server: Server, wired: Services, mine: UUID, project: Project, key: Key
) -> None:
    other = project("Other")
    bea = key("bea@example.org", {mine: "viewer", other: "viewer"})
    with server.peer() as peer:
        peer.begin(bea).subscribe(CHANGES, p=str(mine))
        peer.next()
        with wired.database.transaction() as session:
            repository.remove_membership(session, user_id=_user(session, "bea@example.org"), project_id=mine)
        assert _closed_soon(peer)[0] == 4403
    with server.peer() as peer:
        peer.begin(bea).subscribe(CHANGES, p=str(mine))
        assert peer.errors() == ["NOT_FOUND"]
        peer.subscribe(CHANGES, p=str(other))
        peer.next()


def test_a_disabled_user_is_sent_away(server: Server, wired: Services, mine: UUID, key: Key) -> None:
    with server.peer() as peer:
        peer.begin(key("ana@example.org", {mine: "owner"}))
        with wired.database.transaction() as session:
            people.set_disabled(session, wired.clock, "ana@example.org", disabled=True, by="test")
        assert _closed_soon(peer)[0] == 4403


def test_signing_out_everywhere_ends_a_browsers_socket_and_one_with_a_token(server: Server, wired: Services, mine: UUID, key: Key) -> None:
    user_id, cookie = _sign_in(wired, {mine: "owner"})
    with wired.database.transaction() as session:
        pair = wired.identity.tokens.begin(session, user_id, agent="test")
    with server.peer(headers={"Cookie": cookie, "Origin": wired.settings.public_url or ""}) as browser, server.peer() as app:
        browser.begin().subscribe(CHANGES, p=str(mine))
        browser.next()
        app.begin(pair.access_token).subscribe(CHANGES, p=str(mine))
        app.next()
        wired.identity.sign_in.end_everywhere(user_id)
        assert _closed_soon(browser)[0] == 4403
        assert _closed_soon(app)[0] == 4403


def test_what_has_expired_ends_its_socket(serve: Callable[..., Server], wired: Services, clock: SteppingClock, mine: UUID) -> None:
    server = serve()
    user_id, _ = _sign_in(wired, {mine: "owner"})
    with wired.database.transaction() as session:
        pair = wired.identity.tokens.begin(session, user_id, agent="test")
    with server.peer() as peer:
        peer.begin(pair.access_token).subscribe(CHANGES, p=str(mine))
        peer.next()
        clock.ahead = timedelta(seconds=wired.settings.access_token_seconds + 1).total_seconds()
        code, reason = _closed_soon(peer)
        assert (code, "expired" in reason) == (4403, True)


def test_another_site_opens_no_socket_with_somebodys_cookie(server: Server, wired: Services, mine: UUID) -> None:
    _, cookie = _sign_in(wired, {mine: "owner"})
    for headers in (
        {"Cookie": cookie, "Origin": "https://evil.example"},
        {"Cookie": cookie, "Origin": wired.settings.public_url or "", "Sec-Fetch-Site": "cross-site"},
        {"Cookie": cookie, "Origin": "null"},
    ):
        with pytest.raises(InvalidStatus) as refused:
            server.peer(headers=headers)
        assert refused.value.response.status_code == 403
    with server.peer(headers={"Cookie": cookie, "Origin": wired.settings.public_url or "", "Sec-Fetch-Site": "same-origin"}) as peer:
        peer.begin()


def test_a_key_beside_a_cookie_is_what_counts(server: Server, wired: Services, mine: UUID, project: Project, key: Key) -> None:
    other = project("Other")
    _, cookie = _sign_in(wired, {mine: "owner"})
    with server.peer(headers={"Cookie": cookie}) as peer:
        peer.begin(key("bea@example.org", {other: "viewer"})).subscribe(CHANGES, p=str(mine))
        assert peer.errors() == ["NOT_FOUND"]
