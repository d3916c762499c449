"""Alerts: each of them, once, in order, to those who may see them; also for whoever was away."""

from collections.abc import Callable
from uuid import UUID

from tests.api.live.conftest import Server

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
