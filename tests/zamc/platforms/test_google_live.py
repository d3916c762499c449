"""Live Google campaigns through the real SDK against the sandbox: changed in place, compared, surveyed, and who changed what."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.zamc.platforms.google_kinds import INSTALLATION, free, items
from tests.zamc.platforms.test_google_kinds import KINDS, Wire, wire_at
from zamc.deployments.ports import Item, Shown
from zamc.errors import Mend
from zamc.platforms.google_ads.client import GoogleClient

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
PREFIX = f"zamc:{INSTALLATION}:"


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with wire_at(tmp_path) as made:
        yield made


def one(made: list[Item], kind: str) -> Item:
    return next(item for item in made if item.kind == kind)


def changed(item: Item, **spec: Any) -> Item:
    """The item as an update gets it: the changed fields alone."""
    return replace(item, spec=spec)


def survey(wire: Wire, since: datetime | None = None) -> list[Shown]:
    return [shown for page in wire.platform.survey(PREFIX, since=since) for shown in page]


def test_a_stream_leaves_none_of_its_answers_behind(wire: Wire) -> None:
    client = GoogleClient(wire.world.client(), version="v26", timeout_seconds=20)
    opened: list[Any] = []
    search_stream = client._service.search_stream

    def watched(**asked: Any) -> Any:
        opened.append(search_stream(**asked))
        return opened[-1]

    client._service.search_stream = watched
    assert [row.customer.id for row in client.search(wire.world.customer, "SELECT customer.id FROM customer")] == [int(wire.world.customer)]
    assert [batches._wrapped.get_cache().initial_response_object.ByteSize() for batches in opened] == [0]
    client.close()


def test_what_can_change_in_place_is_shown_as_the_spec_has_it(wire: Wire) -> None:
    made = wire.make(items("search"))
    seen = wire.platform.values(made)
    campaign, group = one(made, "campaign"), one(made, "ad_group")
    assert seen[one(made, "budget").obj_key] == {"amount_micros": 20_000_000}
    assert seen[campaign.obj_key] == {"name": "Padaria | Spring | Search", "ends_on": "2027-04-01", "negative_keywords": ["free"]}
    assert seen[group.obj_key] == {"name": "de | all keywords", "keywords": [{"text": "bread de", "match_type": "PHRASE"}]}


def test_a_change_sets_its_fields_and_nothing_else_and_may_be_sent_twice(wire: Wire) -> None:
    made = wire.make(items("search"))
    budget, campaign, group = one(made, "budget"), one(made, "campaign"), one(made, "ad_group")
    wanted = [
        changed(budget, amount_micros=25_000_000),
        changed(campaign, ends_on="2027-05-01", negative_keywords=["cheap"], name="Renamed"),
        changed(group, keywords=[{"text": "rye", "match_type": "EXACT"}, {"text": "Bread DE", "match_type": "PHRASE"}]),
    ]
    for _ in range(2):
        assert wire.platform.update(wanted, guard=free) == {}
        seen = wire.platform.values(made)
        assert seen[budget.obj_key] == {"amount_micros": 25_000_000}
        assert seen[campaign.obj_key] == {"name": "Renamed", "ends_on": "2027-05-01", "negative_keywords": ["cheap"]}
        assert seen[group.obj_key]["keywords"] == [{"text": "bread de", "match_type": "PHRASE"}, {"text": "rye", "match_type": "EXACT"}]
    [ours] = wire.platform.ours(PREFIX)
    assert ours.name == f"Renamed [{campaign.marker}]"
    assert {each.status for each in wire.platform.read(made).values()} == {"enabled", "paused"}


def test_an_end_can_be_taken_away(wire: Wire) -> None:
    made = wire.make(items("display"))
    campaign = one(made, "campaign")
    assert wire.platform.update([changed(campaign, ends_on=None)], guard=free) == {}
    assert wire.platform.values([campaign])[campaign.obj_key]["ends_on"] is None


def test_a_change_that_google_refuses_changes_nothing_of_the_request(wire: Wire) -> None:
    made = wire.make(items("search"))
    budget, group = one(made, "budget"), one(made, "ad_group")
    bad = changed(group, keywords=[{"text": "x" * 81, "match_type": "EXACT"}])
    errors = wire.platform.update([changed(budget, amount_micros=25_000_000), bad], guard=free)
    assert {type(error) for error in errors.values()} == {Mend}
    assert errors.keys() == {budget.obj_key, group.obj_key}
    assert wire.platform.values([budget])[budget.obj_key] == {"amount_micros": 20_000_000}


def test_a_survey_shows_everything_of_ours_and_nobody_elses(wire: Wire) -> None:
    made = [item for number, kind in enumerate(KINDS) for item in wire.make(items(kind, 20 + number))]
    google_world_campaign(wire)
    seen = survey(wire)
    assert {(each.kind, each.external_id) for each in seen} == {(item.kind, item.external_id) for item in made}
    campaigns = {each.external_id: each for each in seen if each.kind == "campaign"}
    assert {each.owner for each in seen} == campaigns.keys()
    assert {each.ends_on for each in campaigns.values()} == {"2027-04-01"}
    assert {each.budget_micros for each in seen if each.kind == "budget"} == {20_000_000}


def google_world_campaign(wire: Wire) -> None:
    """Somebody else's campaign in the same account."""
    from tests.sandbox.google.campaigns import request

    asked = request(wire.world)
    budget = asked.budget()
    asked.campaign(budget.resource_name)
    asked.send()


def test_a_later_survey_shows_every_campaign_and_of_the_rest_what_changed(wire: Wire) -> None:
    made = [item for number in range(3) for item in wire.make(items("search", 30 + number))]
    wire.clock.advance(hours=1)
    wire.world.clock.advance(3600)
    since = wire.clock.now() - timedelta(minutes=10)
    moved = one(made, "ad_group")
    assert wire.platform.set_status([moved], "enabled", guard=free) == {}
    seen = survey(wire, since)
    assert len([each for each in seen if each.kind == "campaign"]) == 3
    assert [each.external_id for each in seen if each.kind == "ad_group"] == [moved.external_id]
    assert [each for each in seen if each.kind == "ad"] == []


def test_the_history_says_who_changed_what_and_names_criteria_by_their_group(wire: Wire) -> None:
    made = wire.make(items("search"))
    group = one(made, "ad_group")
    wire.platform.update([changed(group, keywords=[{"text": "rye", "match_type": "EXACT"}])], guard=free)
    told = wire.platform.history(wire.clock.now() - timedelta(hours=2), wire.clock.now() + timedelta(hours=2))
    mine = [each for each in told if (each.kind, each.external_id) == ("ad_group", group.external_id)]
    assert ("criteria",) in {each.fields for each in mine}
    assert all(each.who and each.through for each in mine)
    assert [each.at for each in told] == sorted((each.at for each in told), reverse=True)


@pytest.mark.parametrize(
    ("status", "means", "word"),
    [("ENABLED", "active", "ENABLED"), ("SUSPENDED", "blocked", "SUSPENDED"), ("CLOSED", "blocked", "CUSTOMER_NOT_ENABLED")],
)
def test_an_account_is_judged_by_googles_own_word(wire: Wire, status: str, means: str, word: str) -> None:
    with wire.world.store.transaction() as tx:
        found = tx.get("google", wire.world.customer, "customer", wire.world.customer)
        assert found is not None
        tx.update(found, status=status)
    state = wire.platform.account()
    assert (state.status, state.word) == (means, word)
