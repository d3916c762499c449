"""What shows how something is: at first, whenever it looks different, and made once for all who ask the same with the same rights."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.api import world
from tests.api.live.conftest import Server
from tests.api.world import Brand
from tests.conftest import ManualClock
from tests.services import Database as DatabaseUrls
from zamc.bootstrap import Services
from zamc.creatives.tables import Asset
from zamc.database.engine import Database
from zamc.deployments import views
from zamc.deployments.tables import Deployment
from zamc.events.catalogue import DeploymentPaused, PerformanceSynced
from zamc.events.repository import emit
from zamc.requests import announcing

Key = Callable[[str, dict[UUID, str]], str]

DEPLOYMENT = "subscription ($p: UUID!, $d: UUID!) { deployment(projectId: $p, id: $d) { id status verdicts { aspect } } }"
DEPLOYMENTS = "subscription ($p: UUID!) { deployments(projectId: $p, status: [PAUSED]) { id } }"
APPROVALS = "subscription ($p: UUID!) { approvals(projectId: $p) { what id name mark } }"
CHANGES = "subscription ($p: UUID!) { changes(projectId: $p) { version } }"
PERFORMANCE = """subscription ($p: UUID!, $c: String) { performance(
    projectId: $p, currency: $c, range: {first: "2026-11-01", last: "2026-11-20"}) { currency total { clicks } } }"""


@pytest.fixture
def brand(wired: Services, urls: DatabaseUrls) -> Iterator[Brand]:
    owner = Database(urls.owner_url)
    yield world.make(wired.database, owner, ManualClock(), "Padaria")
    owner.close()


@pytest.fixture
def set_status(wired: Services, brand: Brand) -> Callable[..., None]:
    """Of the brand's deployment; told: as a pause that is told to the world, or as a step that is announced, or not at all."""

    def change(status: str, told: str) -> None:
        with wired.database.transaction() as session:
            session.execute(update(Deployment).where(Deployment.id == brand.deployment).values(status=status))
            if told == "event":
                emit(session, DeploymentPaused(project_id=brand.project, strategy_id=brand.strategy, deployment_id=brand.deployment))
            elif told == "version":
                announcing.changed(session, brand.project)

    return change


def test_a_deployment_is_followed_through_every_state(
    server: Server, brand: Brand, key: Key, set_status: Callable[..., None], relay: Callable[[], int]
) -> None:
    with server.peer() as peer:
        peer.begin(key("ana@example.org", {brand.project: "viewer"}))
        peer.subscribe(DEPLOYMENT, p=str(brand.project), d=str(brand.deployment))
        assert peer.next()["status"] == "live"
        set_status("pausing", "version")
        assert peer.next()["status"] == "pausing"
        set_status("paused", "nothing")
        assert peer.next()["status"] == "paused", "what is under way is looked at again, though nobody tells"
        set_status("live", "event")
        assert peer.next()["status"] == "live"
        relay()
        peer.subscribe(DEPLOYMENTS, name="list", p=str(brand.project))
        assert peer.next("list") == []
        set_status("paused", "event")
        heard = {message["id"]: message["payload"]["data"] for message in (peer.hear(), peer.hear())}
        assert heard["1"]["deployment"]["status"] == "paused"
        assert heard["list"]["deployments"] == [{"id": str(brand.deployment)}]


def test_another_projects_deployment_is_not_there(server: Server, brand: Brand, key: Key, project: Callable[[str], UUID]) -> None:
    own = project("Own")
    with server.peer() as peer:
        peer.begin(key("eve@example.org", {own: "owner"})).subscribe(DEPLOYMENT, p=str(own), d=str(brand.deployment))
        assert peer.next() is None


def test_what_many_ask_for_is_made_once_and_those_with_other_rights_have_their_own(
    server: Server, brand: Brand, key: Key, set_status: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, asked = views.deployments_by_ids, []

    def counting(*given: Any) -> Any:
        asked.append(given)
        return read(*given)

    monkeypatch.setattr("zamc.deployments.views.deployments_by_ids", counting)
    who = [key(f"viewer{number}@example.org", {brand.project: "viewer"}) for number in range(3)]
    peers = [server.peer() for _ in range(4)]
    for peer, shown in zip(peers, [*who, key("owner@example.org", {brand.project: "owner"})], strict=True):
        peer.begin(shown).subscribe(DEPLOYMENT, p=str(brand.project), d=str(brand.deployment))
        assert peer.next()["status"] == "live"
    assert len(asked) == 2, "once for the viewers, once for the owner"
    set_status("ended", "version")
    for peer in peers:
        assert peer.next()["status"] == "ended"
    assert len(asked) == 4
    for peer in peers:
        peer.socket.close()


def test_what_looks_the_same_is_not_sent_again(server: Server, wired: Services, brand: Brand, key: Key, relay: Callable[[], int]) -> None:
    day = ManualClock().now().date()
    with server.peer() as peer:
        peer.begin(key("ana@example.org", {brand.project: "viewer"})).subscribe(PERFORMANCE, name="p", p=str(brand.project))
        assert peer.next("p") == {"currency": "EUR", "total": {"clicks": 0}}
        peer.subscribe(CHANGES, name="c", p=str(brand.project))
        before = peer.next("c")["version"]
        with wired.database.transaction() as session:
            synced = PerformanceSynced(project_id=brand.project, ad_account_id=brand.account, first_day=day, last_day=day, changed_rows=0)
            emit(session, synced)
        relay()
        assert peer.next("c")["version"] == before + 1
        assert peer.silent()
        peer.subscribe(PERFORMANCE, name="no", p=str(brand.project), c="JPY")
        assert peer.errors("no") == ["INVALID_INPUT"]


def test_what_waits_for_a_person_comes_and_goes(server: Server, wired: Services, brand: Brand, key: Key) -> None:
    def decide(status: str) -> None:
        with wired.database.transaction() as session:
            session.execute(update(Asset).where(Asset.id == brand.set).values(status=status))
            announcing.changed(session, brand.project)

    with server.peer() as peer:
        peer.begin(key("ana@example.org", {brand.project: "manager"})).subscribe(APPROVALS, p=str(brand.project))
        assert str(brand.set) not in str(peer.next())
        decide("ready")
        (waiting,) = [each for each in peer.next() if each["id"] == str(brand.set)]
        assert waiting["what"] == "CREATIVES"
        decide("approved")
        assert str(brand.set) not in str(peer.next())


def test_while_the_database_is_away_nobody_is_sent_away(
    server: Server, brand: Brand, key: Key, set_status: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def away(*_: object) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("the connection is gone"))

    with server.peer() as peer:
        peer.begin(key("ana@example.org", {brand.project: "viewer"}))
        with monkeypatch.context() as outage:
            outage.setattr("zamc.deployments.views.deployments_by_ids", away)
            peer.subscribe(DEPLOYMENT, p=str(brand.project), d=str(brand.deployment))
            assert peer.silent()
        assert peer.next()["status"] == "live"
        with monkeypatch.context() as outage:
            outage.setattr("zamc.deployments.views.deployments_by_ids", away)
            set_status("paused", "version")
            assert peer.silent()
        assert peer.next()["status"] == "paused"


def test_a_fault_of_ours_is_told_without_its_words(server: Server, brand: Brand, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("zamc.deployments.views.deployments_by_ids", broken)
    with server.peer() as peer:
        peer.begin(key("ana@example.org", {brand.project: "viewer"}))
        peer.subscribe(DEPLOYMENT, p=str(brand.project), d=str(brand.deployment))
        message = peer.hear()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "INTERNAL")
        assert "hunter2" not in str(message)
        assert peer.silent()
