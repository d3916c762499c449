"""A project's providers in its order, one repair, the offline writer last and only where it is allowed; and no key anywhere."""

import json
import logging
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.zamc.llm.conftest import COST, Bench
from tests.zamc.llm.wire import Act, draft
from tests.zamc.strategies.briefs import brief
from tests.zamc.strategies.test_service import Begun
from zamc.errors import ConfigurationError, GiveUp, Later, Mend, SpendRefused, Throttled
from zamc.llm.ports import Written
from zamc.strategies import repository as strategies
from zamc.strategies.retries import retry
from zamc.strategies.schema import Brief
from zamc.strategies.service import StrategyService

ALL = ("anthropic", "openai", "huggingface")


def write(bench: Bench, *order: str, variant: int = 0, asked: Brief | None = None) -> Written:
    desk = bench.desk(*order, timeout=20.0)
    return desk.write_pitch(asked or bench.brief, project_name="Bluebird", project_id=bench.project_id, variant=variant)


def test_the_first_in_order_writes_and_says_what_it_cost(bench: Bench) -> None:
    bench.allow()
    bench.play("anthropic", bench.good())
    written = write(bench, *ALL)
    assert (written.provider, written.prompt_version, written.cost_micros, written.cache_hit) == ("anthropic", "pitch-2", COST, False)
    assert (written.input_tokens, written.output_tokens) == (1_000, 500)
    assert written.pitch.messages[0].text == bench.brief.offer
    assert written.call_id == bench.calls()[0].id
    assert write(bench, *ALL).cache_hit


def test_what_fails_falls_to_the_next_and_its_reader_is_told(bench: Bench) -> None:
    bench.allow()
    bench.play("anthropic", Act(status=500))
    bench.play("openai", Act(refused=True))
    bench.play("huggingface", bench.good())
    written = write(bench, *ALL)
    assert written.provider == "huggingface"
    assert [note.split(" did not write it")[0] for note in written.notes if "did not write it" in note] == ["anthropic", "openai"]
    assert [call.status for call in bench.calls()] == ["in_doubt", "answered", "answered"]


def test_a_project_names_its_own_order(bench: Bench) -> None:
    bench.allow(providers=["huggingface", "openai"])
    bench.play("huggingface", Act(status=401))
    bench.play("openai", bench.good())
    assert write(bench, *ALL).provider == "openai"
    assert bench.wire.count("anthropic") == 0


@pytest.mark.parametrize("allowed", [True, False])
def test_the_offline_writer_stands_in_only_where_the_project_allows_it(bench: Bench, allowed: bool) -> None:
    bench.allow(offline=allowed)
    bench.play("openai", Act(status=400))
    if allowed:
        written = write(bench, "openai")
        assert (written.provider, written.cost_micros) == ("offline", 0)
        assert "openai did not write it" in " ".join(written.notes)
    else:
        with pytest.raises(GiveUp):
            write(bench, "openai")


def test_without_any_provider_the_offline_writer_writes(bench: Bench) -> None:
    assert write(bench).provider == "offline"
    bench.allow(offline=False)
    with pytest.raises(ConfigurationError, match="does not allow the offline writer"):
        write(bench)


def test_no_budget_is_a_clear_refusal_and_the_offline_writer_does_not_hide_it(bench: Bench) -> None:
    bench.play("openai", bench.good())
    with pytest.raises(SpendRefused, match="no monthly budget"):
        write(bench, "openai")
    bench.allow(None, offline=True)
    assert "no monthly budget" in " ".join(write(bench, "openai").notes)


def test_no_room_is_waited_for_and_not_written_by_rules(bench: Bench) -> None:
    bench.allow(offline=True)
    bench.play("openai", Act(status=429, headers={"retry-after": "90"}))
    bench.play("anthropic", Act(status=400))
    with pytest.raises(Throttled):
        write(bench, "openai", "anthropic")


BROKEN = {
    "truncated": Act('{"positioning": "Coffee", "audie', finish="length"),
    "no JSON": Act("Certainly! Here is your strategy."),
    "missing field": Act('{"positioning": "Coffee"}'),
}


@pytest.mark.parametrize("act", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_is_not_valid_is_mended_once_with_what_is_wrong(bench: Bench, act: Act) -> None:
    bench.allow()
    bench.play("openai", act, bench.good())
    written = write(bench, "openai")
    assert (written.cost_micros, written.input_tokens) == (2 * COST, 2_000)
    asked = bench.wire.seen[1].body["messages"][1]["content"]
    assert "cannot be used" in asked
    assert "positioning" in asked or "the answer" in asked or "audiences" in asked
    assert [call.status for call in bench.calls()] == ["answered", "answered"]


def test_an_answer_that_stays_wrong_is_refused_and_not_paid_for_again(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", Act(json.dumps(draft(bench.brief, budget="1000000 EUR"))))
    for _ in range(2):
        with pytest.raises(Mend, match="budget"):
            write(bench, "openai")
    assert bench.wire.count("openai") == 2


def test_a_source_that_the_brief_does_not_have_is_mended(bench: Bench) -> None:
    bench.allow()
    invented = [{"language": "en", "angle": "x", "text": "Loved by everybody", "source": "brief.claims[9]"}]
    bench.play("openai", bench.good(messages=invented), bench.good())
    write(bench, "openai")
    assert "brief.claims[1]" in bench.wire.seen[1].body["messages"][1]["content"]


def test_a_model_that_declines_is_not_asked_to_mend(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", Act(refused=True))
    with pytest.raises(Mend, match="declined"):
        write(bench, "openai")
    assert bench.wire.count("openai") == 1


def test_all_in_doubt_is_for_a_person(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", Act(status=500))
    bench.play("anthropic", Act(status=502))
    for _ in range(2):
        with pytest.raises(GiveUp, match="no provider wrote it"):
            write(bench, "openai", "anthropic")
    assert len(bench.wire.seen) == 2


def test_what_waiting_may_help_is_waited_for(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", Act(status=503, headers={"retry-after": "100"}))
    bench.play("anthropic", Act(status=400))
    with pytest.raises(Later):
        write(bench, "openai", "anthropic")


class House:
    """The strategies' service with the desk as its writer."""

    def __init__(self, bench: Bench, *order: str, workers: int = 1) -> None:
        self.bench, self.begun = bench, Begun()
        desk = bench.desk(*order, timeout=20.0)
        self.service = StrategyService(bench.database, bench.clock, desk, self.begun, workers=workers)

    def ask(self, asked: Brief) -> UUID:
        with self.bench.database.transaction() as session:
            return self.service.request(session, project_id=self.bench.project_id, brief=asked, requested_by="ana")


def test_a_replay_by_a_person_asks_for_another_variant(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", Act(status=500), bench.good())
    house = House(bench, "openai")
    strategy = house.ask(bench.brief)
    assert house.service.draft().counts == {"failed": 1}
    assert bench.wire.count("openai") == 1
    with bench.database.transaction() as session:
        retry(session, bench.clock, strategy, by="ana")
    assert house.service.draft().done == 1
    with bench.database.transaction() as session:
        row = strategies.get(session, strategy)
    assert row is not None
    assert (row.provenance["provider"], row.provenance["variant"], row.provenance["cost_micros"]) == ("openai", 1, COST)
    assert [call.variant for call in bench.calls()] == [0, 1]


def test_many_are_written_at_once_each_once(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", bench.good())
    house = House(bench, "openai", workers=4)
    for number in range(10):
        house.ask(brief(name=f"Spring {number}", tone=f"plain {number}"))
    assert house.service.draft().counts == {"done": 10}
    assert bench.wire.count("openai") == 10
    assert {call.status for call in bench.calls()} == {"answered"}


def test_a_key_is_in_no_row_no_event_no_log_and_no_error(
    bench: Bench, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    bench.allow()
    echo = f"Incorrect API key provided: {bench.canary}"
    bench.play("anthropic", Act(status=400, error=("invalid_request_error", echo), headers={"request-id": bench.canary}))
    bench.play("openai", Act(status=500, error=(bench.canary, echo)))
    bench.play("huggingface", Act(f'{{"positioning": "{bench.canary}"}}'))
    house = House(bench, *ALL)
    house.ask(bench.brief)
    outcome = house.service.draft()
    assert outcome.counts == {"failed": 1}
    told = [caplog.text, *capsys.readouterr(), str(outcome.errors)]
    with bench.database.transaction() as session:
        tables = ("model_calls", "strategies", "events.outbox", "events.dead_letters", "audit_log", "decisions")
        told += [str(session.execute(text(f"SELECT * FROM {table}")).all()) for table in tables]  # noqa: S608 - names of our own
    assert "no provider wrote it" in str(told)
    assert len(bench.wire.seen) == 4
    assert bench.canary not in "".join(told)
