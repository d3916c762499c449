"""Alerts: each of them, once, in order, to those who may see them; also for whoever was away."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from tests.api.live.conftest import Server
from tests.services import Services as Servers
from zamc.bootstrap import Services
from zamc.database.ids import uuid7
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import AlertRaised, envelope
from zamc.events.stream import STREAM, connected

Key = Callable[[str, dict[UUID, str]], str]
Project = Callable[[str], UUID]
Raise = Callable[..., None]

ALERTS = """subscription ($p: UUID!, $after: String) { alerts(projectId: $p, after: $after) {
    cursor gap alert { id code severity title deploymentId details raisedAt } } }"""


def test_an_alert_is_told_to_everybody_who_listens(server: Server, project: Project, key: Key, raise_alert: Raise) -> None:
    mine = project("Mine")
    ana, bea = key("ana@example.org", {mine: "owner"}), key("bea@example.org", {mine: "viewer"})
    with server.peer() as one, server.peer() as other:
        for peer, who in ((one, ana), (other, bea)):
            peer.begin(who).subscribe(ALERTS, p=str(mine))
            assert peer.next()["alert"] is None
        raise_alert(mine, "Spend is odd")
        for peer in (one, other):
            news = peer.next()
            assert (news["alert"]["title"], news["alert"]["severity"], news["gap"]) == ("Spend is odd", "WARNING", False)


def test_nobody_is_told_of_another_project(server: Server, project: Project, key: Key, raise_alert: Raise) -> None:
    mine, theirs = project("Mine"), project("Theirs")
    with server.peer() as peer:
        peer.begin(key("ana@example.org", {mine: "owner"})).subscribe(ALERTS, p=str(mine))
        peer.next()
        raise_alert(theirs, "Not for you")
        raise_alert(mine, "For you")
        assert peer.next()["alert"]["title"] == "For you"


def test_whoever_comes_back_gets_what_was_missed_in_order_and_once(server: Server, project: Project, key: Key, raise_alert: Raise) -> None:
    mine, titles = project("Mine"), [f"Alert {number}" for number in range(5)]
    owner = key("ana@example.org", {mine: "owner"})
    with server.peer() as peer:
        peer.begin(owner).subscribe(ALERTS, p=str(mine))
        cursor = peer.next()["cursor"]
    for title in titles:
        raise_alert(mine, title)
    with server.peer() as peer:
        peer.begin(owner).subscribe(ALERTS, p=str(mine), after=cursor)
        news = [peer.next() for _ in titles]
        assert [each["alert"]["title"] for each in news] == titles
        raise_alert(mine, "The sixth")
        assert peer.next()["alert"]["title"] == "The sixth"
        assert peer.silent()
    with server.peer() as peer:
        peer.begin(owner).subscribe(ALERTS, p=str(mine), after=news[2]["cursor"])
        assert [peer.next()["alert"]["title"] for _ in range(3)] == ["Alert 3", "Alert 4", "The sixth"]


def test_what_another_process_has_told_is_gone_on_from_here(
    serve: Callable[..., Server], project: Project, key: Key, raise_alert: Raise, monkeypatch: object
) -> None:
    """A process that has just begun reads the stream itself for what lies further back than its memory."""
    from api.live import hub

    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    first = serve()
    with first.peer() as peer:
        peer.begin(owner).subscribe(ALERTS, p=str(mine))
        cursor = peer.next()["cursor"]
    for number in range(3):
        raise_alert(mine, f"Alert {number}")
    monkeypatch.setattr(hub, "_PAST", 1)  # type: ignore[attr-defined]  # pytest's
    with serve().peer() as peer:
        peer.begin(owner).subscribe(ALERTS, p=str(mine), after=cursor)
        assert [peer.next()["alert"]["title"] for _ in range(3)] == ["Alert 0", "Alert 1", "Alert 2"]
        raise_alert(mine, "And now")
        assert peer.next()["alert"]["title"] == "And now"


def test_a_gap_is_told(serve: Callable[..., Server], services: Servers, project: Project, key: Key, raise_alert: Raise) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    with serve().peer() as peer:
        peer.begin(owner).subscribe(ALERTS, p=str(mine))
        cursor = peer.next()["cursor"]
    raise_alert(mine, "Lost")
    asyncio.run(_purge(services.nats_url))
    raise_alert(mine, "Kept")
    with serve().peer() as peer:
        peer.begin(owner).subscribe(ALERTS, p=str(mine), after=cursor)
        assert (gap := peer.next())["gap"]
        assert gap["alert"] is None
        assert peer.next()["alert"]["title"] == "Kept"


def test_another_stream_is_a_gap_and_tells_nothing_twice(
    server: Server, services: Servers, project: Project, key: Key, raise_alert: Raise, wired: Services
) -> None:
    mine = project("Mine")
    owner = key("ana@example.org", {mine: "owner"})
    with server.peer() as peer:
        peer.begin(owner).subscribe(ALERTS, p=str(mine))
        cursor = peer.next()["cursor"]
        raise_alert(mine, "Before")
        assert peer.next()["alert"]["title"] == "Before"
        asyncio.run(_delete(services.nats_url))
        raise_alert(mine, "The relay makes the stream anew")
        gap = peer.next()
        assert (gap["gap"], gap["alert"]) == (True, None)
        assert gap["cursor"].rpartition(":")[0] != cursor.rpartition(":")[0]
        raise_alert(mine, "After")
        assert peer.next()["alert"]["title"] == "After"
        peer.subscribe(ALERTS, name="2", p=str(mine), after=cursor)
        assert peer.next("2")["gap"]


def test_what_a_relay_tells_twice_is_told_once(server: Server, services: Servers, project: Project, key: Key, raise_alert: Raise) -> None:
    mine = project("Mine")
    alert = AlertRaised(code=AlertCode.GENERAL, severity="info", title="Twice", details={"project_id": str(mine)})
    payload = envelope(alert).model_dump_json(exclude_none=True).encode()
    with server.peer() as peer:
        peer.begin(key("ana@example.org", {mine: "owner"})).subscribe(ALERTS, p=str(mine))
        peer.next()
        for _ in range(2):
            asyncio.run(_publish(services.nats_url, alert.subject, payload))
        nobodys = AlertRaised(code=AlertCode.GENERAL, severity="info", title="Nobody's", details={"project_id": "no id"})
        for payload in (b"no event at all", envelope(nobodys).model_dump_json(exclude_none=True).encode()):
            asyncio.run(_publish(services.nats_url, alert.subject, payload))
        raise_alert(mine, "Then")
        assert [peer.next()["alert"]["title"] for _ in range(2)] == ["Twice", "Then"]


def test_a_cursor_that_somebody_made_up_is_refused_and_one_of_the_future_tells_nothing(server: Server, project: Project, key: Key) -> None:
    mine = project("Mine")
    with server.peer() as peer:
        peer.begin(key("ana@example.org", {mine: "owner"}))
        for made_up in ("", "7", "x:y", ":1", f"{uuid7()}:-1"):
            peer.subscribe(ALERTS, p=str(mine), after=made_up)
            assert peer.errors() == ["INVALID_INPUT"], made_up
        peer.subscribe(ALERTS, p=str(mine))
        created, _, sequence = peer.next()["cursor"].rpartition(":")
        peer.subscribe(ALERTS, name="2", p=str(mine), after=f"{created}:{int(sequence) + 10**9}")
        assert peer.next("2")["alert"] is None


async def _purge(url: str) -> None:
    async with connected(url, name="test") as client:
        await client.jetstream().purge_stream(STREAM)


async def _delete(url: str) -> None:
    async with connected(url, name="test") as client:
        await client.jetstream().delete_stream(STREAM)


async def _publish(url: str, subject: str, payload: bytes) -> None:
    async with connected(url, name="test") as client:
        await client.jetstream().publish(subject, payload)
