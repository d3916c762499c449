"""What every call passes: both clients against their stand-ins with the shared limiter and breaker between."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.sandbox import world as meta_world
from tests.sandbox.google import world as google_world
from tests.services import Services
from zamc.errors import AccountBlocked, CredentialsRefused, GiveUp, HeldBack, InDoubt, Later, OutsideError, Throttled
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.meta_ads import usage
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.errors import translate
from zamc.platforms.meta_ads.gate import around, observer, usages
from zamc.throttling.breaker import Breaker
from zamc.throttling.gate import SharedGate
from zamc.throttling.lane import is_urgent, urgent
from zamc.throttling.limiter import Limiter
from zamc.throttling.quotas import GoogleQuotas, MetaQuotas
from zamc.throttling.rules import Kind, Usage
from zamc.throttling.store import Store


@pytest.fixture
def store(services: Services) -> Iterator[Store]:
    opened = Store(services.redis_url)
    yield opened
    opened.close()


def _gate(store: Store, quotas: Any, *, patience: float = 0.0) -> SharedGate:
    return SharedGate(Limiter(store), Breaker(store), quotas, patience=patience)


@pytest.mark.parametrize(
    ("code", "subcode", "scope"),
    [(4, 1504022, "developer"), (341, None, "developer"), (17, 2446079, "account"), (32, None, "account"), (613, 1487742, "account"),
     *[(code, None, "kind") for code in range(80000, 80015)]],
)  # fmt: skip
def test_meta_s_throttling_codes_name_whose_room_it_is(code: int, subcode: int | None, scope: str) -> None:
    ours = translate(400, {"error": {"code": code, "error_subcode": subcode, "message": "slow"}}, {}, write=True)
    assert isinstance(ours, Throttled)
    assert ours.scope == scope
    assert not ours.outage


@pytest.mark.parametrize(
    ("code", "subcode", "status", "read", "write"),
    [
        (190, None, 400, CredentialsRefused, CredentialsRefused), (190, 458, 400, CredentialsRefused, CredentialsRefused),
        (190, 460, 400, CredentialsRefused, CredentialsRefused), (190, 463, 400, CredentialsRefused, CredentialsRefused),
        (190, 467, 400, CredentialsRefused, CredentialsRefused), (102, None, 400, CredentialsRefused, CredentialsRefused),
        (190, 459, 400, AccountBlocked, AccountBlocked), (190, 464, 400, AccountBlocked, AccountBlocked),
        (368, None, 400, AccountBlocked, AccountBlocked), (100, 1359188, 400, AccountBlocked, AccountBlocked),
        (613, 1487632, 400, Later, Later), (100, 1504018, 400, Later, Later), (2, 1504041, 500, GiveUp, GiveUp),
        (2, 1504038, 500, Later, InDoubt), (-2, 2490547, 500, Later, InDoubt), (100, 33, 400, GiveUp, GiveUp),
        (100, 1487390, 400, Later, InDoubt), (987654, None, 400, GiveUp, GiveUp), (987654, None, 503, Later, InDoubt),
    ],
)  # fmt: skip
def test_meta_s_other_codes(code: int, subcode: int | None, status: int, read: type[OutsideError], write: type[OutsideError]) -> None:
    for kind, writes in ((read, False), (write, True)):
        ours = translate(status, {"error": {"code": code, "error_subcode": subcode, "message": "no"}}, {}, write=writes)
        assert type(ours) is kind


@pytest.mark.parametrize("body", ["", None, "<html>", 7, {"error": "text"}])
def test_what_is_no_answer_of_meta_s_counts_as_an_outage(body: Any) -> None:
    ours = translate(503, body, {}, write=True)
    assert isinstance(ours, InDoubt)
    assert ours.outage
    assert isinstance(translate(200, "" if body is None else "<html>", {}, write=True), InDoubt)


def test_every_entry_of_every_usage_header_counts_for_whoever_shares_it() -> None:
    headers = {
        "x-app-usage": json.dumps({"call_count": 10, "total_time": 81, "total_cputime": 3}),
        "x-ad-account-usage": json.dumps({"acc_id_util_pct": 76.5, "reset_time_duration": 30}),
        "x-business-use-case-usage": json.dumps(
            {"1": [
                {"type": "ads_management", "call_count": 20, "total_cputime": 90, "total_time": 5, "estimated_time_to_regain_access": 0},
                {"type": "ads_insights", "call_count": 100, "total_cputime": 1, "total_time": 1, "estimated_time_to_regain_access": 7},
            ]}
        ),
    }  # fmt: skip
    quotas = MetaQuotas(app="7", tier="standard")
    said = {each.key: (each.percent, each.regain) for each in usages(quotas, "act_1", usage.parse(headers))}
    assert said == {
        "meta_ads:app:7": (81, None),
        "meta_ads:act_1": (76.5, timedelta(seconds=30)),
        "meta_ads:act_1:ads_management": (90, None),
        "meta_ads:act_1:ads_insights": (100, timedelta(minutes=7)),
    }


def test_of_several_lines_about_one_thing_the_worst_counts_whatever_their_order() -> None:
    """The last line of a list, and another header about the same, must not open again what an earlier one closed."""
    lines = [
        {"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 9},
        {"type": "ads_insights", "call_count": 3, "estimated_time_to_regain_access": 0},
        {"type": "ads_insights", "call_count": 80, "estimated_time_to_regain_access": 4},
    ]
    headers = {
        "x-business-use-case-usage": json.dumps({"1": lines}),
        "x-fb-ads-insights-throttle": '{"app_id_util_pct": 1, "acc_id_util_pct": 2}',
    }
    quotas = MetaQuotas(app="7", tier="standard")
    said = usages(quotas, "act_1", usage.parse(headers))
    assert [(each.key, each.percent, each.regain) for each in said] == [("meta_ads:act_1:ads_insights", 100, timedelta(minutes=9))]


def test_what_is_said_of_another_account_counts_for_that_one(store: Store) -> None:
    headers = {
        "x-business-use-case-usage": json.dumps({
            "1": [{"type": "ads_management", "call_count": 5}],
            "2": [{"type": "ads_management", "call_count": 100, "estimated_time_to_regain_access": 3}],
        }),
    }  # fmt: skip
    quotas = MetaQuotas(app=uuid4().hex, tier="standard")
    said = {each.key: (each.percent, each.regain) for each in usages(quotas, "act_1", usage.parse(headers))}
    assert said == {"meta_ads:act_1:ads_management": (5, None), "meta_ads:act_2:ads_management": (100, timedelta(minutes=3))}
    gate = _gate(store, quotas)
    observer(gate, quotas)("act_1", usage.parse(headers))
    with gate.call("act_1", Kind.MUTATE):
        pass
    with pytest.raises(HeldBack), gate.call("act_2", Kind.MUTATE):
        pass


def test_meta_s_limits_hold_calls_back_before_meta_refuses_them(store: Store, tmp_path: Any) -> None:
    with meta_world.running(tmp_path) as world:
        advertiser = world.advertiser(tier="development_access")
        quotas = MetaQuotas(app=uuid4().hex, tier="development")
        gate = _gate(store, quotas)
        client = MetaClient(
            token=world.credentials.token, graph_url=world.url, version="v25.0", timeout_seconds=20,
            around=around(gate), observer=observer(gate, quotas),
        )  # fmt: skip
        made = 0

        def read() -> None:
            client.api.call("GET", (advertiser.id, "campaigns"), params={"fields": "id"})

        while made < 200:
            try:
                read()
            except HeldBack:
                break
            made += 1
        # 75 per cent of 60 points slow it down; without that the reserve of 12 would.
        assert 40 <= made <= 48
        with urgent():
            read()
        client.close()


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[google_world.World]:
    with google_world.running(tmp_path_factory.mktemp("gates") / "sandbox.sqlite") as world:
        world.customer = world.add_customer("1234567890")
        yield world


def _fault(world: google_world.World, **order: Any) -> None:
    from sandbox.faults import Fault

    world.faults.clear()
    world.faults.add(Fault.parse({"platform": "google", "method": "GoogleAdsService/SearchStream", **order}))


def test_google_s_delay_closes_the_account_for_every_process(store: Store, google: google_world.World) -> None:
    quotas = GoogleQuotas(developer_token=uuid4().hex, level="basic")
    customer, query = google.customer, "SELECT customer.id FROM customer"
    clients = [GoogleClient(google.client(), version="v26", timeout_seconds=20, gate=_gate(store, quotas)) for _ in range(2)]
    _fault(google, fault="rate_limited", seconds=40, times=1)
    with pytest.raises(Throttled) as said:
        list(clients[0].search(customer, query))
    assert not isinstance(said.value, HeldBack)
    google.faults.clear()
    with pytest.raises(HeldBack) as held:
        list(clients[1].search(customer, query))
    assert held.value.delay is not None
    assert timedelta(seconds=30) < held.value.delay <= timedelta(seconds=40)
    with urgent():
        assert len(list(clients[1].search(customer, query))) == 1
    # Another customer with the same token is not concerned.
    other = google.add_customer("2345678901")
    assert len(list(clients[1].search(other, query))) == 1


def test_a_customer_that_does_not_answer_is_left_alone_and_a_pause_still_goes(store: Store, google: google_world.World) -> None:
    customer = google.add_customer("3456789012")
    quotas = GoogleQuotas(developer_token=uuid4().hex, level="standard")
    client = GoogleClient(google.client(), version="v26", timeout_seconds=20, gate=_gate(store, quotas))
    _fault(google, fault="unavailable", times=5)
    for _ in range(5):
        with pytest.raises(Later) as said:
            list(client.search(customer, "SELECT customer.id FROM customer"))
        assert not isinstance(said.value, HeldBack)
    google.faults.clear()
    with pytest.raises(HeldBack) as held:
        list(client.search(customer, "SELECT customer.id FROM customer"))
    assert held.value.code == "breaker"
    with urgent():
        list(client.search(customer, "SELECT customer.id FROM customer"))
    list(client.search(customer, "SELECT customer.id FROM customer"))


def test_a_reader_who_has_read_enough_harms_nothing(store: Store, google: google_world.World) -> None:
    quotas = GoogleQuotas(developer_token=uuid4().hex, level="standard")
    client = GoogleClient(google.client(), version="v26", timeout_seconds=20, gate=_gate(store, quotas))
    customer = google.add_customer("4567890123")
    for _ in range(6):
        rows = client.search(customer, "SELECT customer.id FROM customer")
        next(rows)
        rows.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(list(client.search(customer, "SELECT customer.id FROM customer"))) == 1


def test_a_gate_without_redis_lets_reads_and_pauses_through_and_no_write() -> None:
    gate = _gate(Store("redis://127.0.0.1:1/0"), MetaQuotas(app="1", tier="standard"))
    gate.observe([Usage("meta_ads:act_1", 100)])
    with gate.call("act_1", Kind.READ):
        pass
    with urgent(), gate.call("act_1", Kind.MUTATE):
        pass
    with pytest.raises(HeldBack, match="Redis"), gate.call("act_1", Kind.MUTATE):
        pytest.fail("a write went out uncounted")


@pytest.mark.parametrize("refusal", [CredentialsRefused("revoked"), AccountBlocked("suspended")])
def test_a_pause_that_an_account_refuses_is_not_tried_one_by_one(refusal: OutsideError) -> None:
    from types import SimpleNamespace
    from uuid import UUID

    from tests.conftest import ManualClock
    from zamc.deployments.ports import Item
    from zamc.platforms.google_ads.adapter import GoogleAdsPlatform

    asked: list[bool] = []

    class Refusing(GoogleAdsPlatform):
        def _set(self, *_: Any) -> None:
            asked.append(is_urgent())
            raise refusal

    account = SimpleNamespace(external_id="1", time_zone="UTC", currency="EUR", conversion_action=None)
    adapter = Refusing(SimpleNamespace(), account, ManualClock(), SimpleNamespace())  # type: ignore[arg-type]  # nothing of them is used
    items = [Item(UUID(int=number), "campaign", "campaign", "", {}, external_id=str(number)) for number in range(200)]
    errors = adapter.set_status(items, "paused", guard=lambda: None)
    assert asked == [True], "once, and past whatever holds others back"
    assert set(errors.values()) == {refusal}
    assert adapter.set_status(items, "enabled", guard=lambda: None)
    assert asked == [True, False]
