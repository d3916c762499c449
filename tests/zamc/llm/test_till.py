"""Nothing is bought twice, nothing is bought beyond the budget, and what came back is committed before anybody uses it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.zamc.llm.conftest import COST, DOLLAR, Bench
from tests.zamc.llm.wire import PROVIDERS, Act
from tests.zamc.strategies.briefs import brief
from zamc.errors import ConfigurationError, GiveUp, HeldBack, InDoubt, Later, SpendRefused, Throttled
from zamc.llm.ports import Answer, Question
from zamc.llm.prompts.pitch import question
from zamc.llm.till import AskedAlready, Bought, Till


def buy(
    bench: Bench,
    *,
    till: Till | None = None,
    variant: int = 0,
    provider: str = "openai",
    asked: Question | None = None,
    timeout: float = 20,
) -> Bought:
    wanted = asked or question(bench.brief, "Bluebird")
    return (till or bench.till()).buy(bench.model(provider, timeout=timeout), wanted, project_id=bench.project_id, variant=variant)


def worst(bench: Bench) -> int:
    """What one call reserves."""
    bench.allow()
    bench.play("openai", Act(status=400))
    with pytest.raises(GiveUp):
        buy(bench, variant=99)
    return bench.calls()[-1].reserved_micros


def test_an_answer_is_recorded_with_what_it_cost_and_given_again_for_nothing(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", bench.good())
    first, second = buy(bench), buy(bench)
    assert bench.wire.count("openai") == 1
    assert (first.cache_hit, first.cost_micros) == (False, COST)
    assert (second.cache_hit, second.cost_micros, second.call_id, second.answer.text) == (True, 0, first.call_id, first.answer.text)
    bought, hit = bench.calls()
    assert (bought.status, bought.provider, bought.prompt_version, bought.input_tokens, bought.output_tokens, bought.cost_micros) == (
        "answered", "openai", "pitch-2", 1_000, 500, COST,
    )  # fmt: skip
    assert bought.reserved_micros > COST
    assert bought.seconds > 0
    assert (hit.cache_hit, hit.cost_micros, hit.request_hash, hit.response) == (True, 0, bought.request_hash, None)


def test_another_variant_another_model_and_another_project_are_other_requests(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", bench.good())
    bench.play("huggingface", bench.good())
    hashes = {buy(bench).request_hash, buy(bench, variant=1).request_hash, buy(bench, provider="huggingface").request_hash}
    asked = question(brief(tone="loud"), "Bluebird")
    assert len(hashes | {buy(bench, asked=asked).request_hash}) == 4
    assert (bench.wire.count("openai"), bench.wire.count("huggingface")) == (3, 1)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("act", [Act(None), Act(status=500), Act("{}", cut=True)], ids=["time-out", "500", "cut"])
def test_a_call_in_doubt_counts_as_spent_and_is_never_bought_again(bench: Bench, provider: str, act: Act) -> None:
    bench.allow()
    bench.play(provider, act, bench.good())
    with pytest.raises(InDoubt):
        buy(bench, provider=provider, timeout=1 if act.text is None else 20)
    (call,) = bench.calls()
    assert (call.status, call.cost_micros) == ("in_doubt", call.reserved_micros)
    assert call.cost_micros > 0
    for _ in range(2):
        with pytest.raises(InDoubt, match="not asked again"):
            buy(bench, provider=provider)
    assert bench.wire.count(provider) == 1
    assert buy(bench, provider=provider, variant=1).cost_micros == COST  # a person who asks anew gets another one


def test_who_dies_between_the_call_and_the_record_leaves_a_doubt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.allow()
    bench.play("openai", bench.good())
    dying = bench.till()
    monkeypatch.setattr(dying, "_keep", lambda *_: (_ for _ in ()).throw(SystemExit("killed")))
    with pytest.raises(SystemExit):
        buy(bench, till=dying)
    assert [call.status for call in bench.calls()] == ["reserved"]
    with pytest.raises(AskedAlready):  # as far as anybody knows, it is still being asked
        buy(bench)
    bench.clock.advance(seconds=41)
    with pytest.raises(InDoubt):
        buy(bench)
    assert bench.wire.count("openai") == 1


def test_the_answer_is_on_record_before_it_is_used(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", Act("this is no JSON"))
    assert buy(bench).answer.text == "this is no JSON"
    (call,) = bench.calls()
    assert call.response == {"text": "this is no JSON", "ended": "complete", "model": "claude-sonnet-4-6"}


def test_who_asks_for_the_same_meanwhile_waits_for_the_answer(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", bench.good())
    other: list[BaseException] = []

    def ask_too() -> None:
        try:
            buy(bench)
        except AskedAlready as error:
            other.append(error)

    def meanwhile() -> None:
        asker = threading.Thread(target=ask_too)
        asker.start()
        asker.join()

    bench.wire.before = meanwhile
    assert not buy(bench).cache_hit
    assert len(other) == 1
    assert bench.wire.count("openai") == 1
    assert buy(bench).cache_hit


def test_without_a_budget_nothing_that_costs_is_asked(bench: Bench) -> None:
    bench.play("openai", bench.good())
    with pytest.raises(SpendRefused, match=r"no monthly budget for models.*openai.*zamc projects models"):
        buy(bench)
    bench.allow(None)
    with pytest.raises(SpendRefused, match="no monthly budget"):
        buy(bench)
    assert bench.wire.seen == []
    assert bench.calls() == []


def test_a_model_without_a_price_is_not_asked(bench: Bench) -> None:
    bench.allow()
    with pytest.raises(ConfigurationError, match="ZAMC_MODEL_PRICES"):
        bench.till().buy(bench.model("openai", name="unheard-of"), question(bench.brief, "B"), project_id=bench.project_id, variant=0)


def test_the_budget_is_of_one_month(bench: Bench) -> None:
    most = worst(bench)
    bench.allow(most + 10)
    bench.play("openai", Act(status=500), bench.good())
    with pytest.raises(InDoubt):
        buy(bench)
    with pytest.raises(SpendRefused, match="on top of"):
        buy(bench, variant=1)
    assert bench.wire.count("openai") == 2  # one of them to learn the worst case
    bench.clock.wall = datetime(2026, 12, 1, tzinfo=UTC)
    assert buy(bench, variant=1).cost_micros == COST


def test_many_at_once_never_reserve_more_than_the_budget(bench: Bench) -> None:
    most = worst(bench)
    bench.allow(3 * most + most // 2)
    bench.play("openai", bench.good())
    held = threading.Barrier(3)  # three are in flight together, and nobody else is
    bench.wire.before = lambda: (held.wait(20), None)[1]
    outcomes: list[str] = []

    def ask(variant: int) -> None:
        try:
            buy(bench, variant=variant)
            outcomes.append("bought")
        except SpendRefused:
            outcomes.append("refused")

    askers = [threading.Thread(target=ask, args=(variant,)) for variant in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(outcomes) == ["bought"] * 3 + ["refused"] * 5
    assert bench.wire.count("openai") == 1 + 3


def test_a_short_wait_that_the_provider_names_is_waited_for(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", Act(status=529, headers={"retry-after": "2"}), Act(status=503), bench.good())
    assert buy(bench).cost_micros == COST
    assert bench.waits == [2.0, 2.0]  # named by the provider, then our own second doubled
    assert [call.status for call in bench.calls()] == ["failed", "failed", "answered"]
    assert [call.cost_micros for call in bench.calls()] == [0, 0, COST]


def test_a_long_wait_is_told_to_whoever_asked_and_holds_for_all(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", Act(status=429, headers={"retry-after": "60"}))
    with pytest.raises(Throttled) as caught:
        buy(bench)
    assert caught.value.delay == timedelta(seconds=60)
    with pytest.raises(HeldBack):  # another process, which was not told
        buy(bench, variant=1)
    assert bench.wire.count("openai") == 1
    assert bench.waits == []


def test_a_provider_that_does_not_answer_is_left_alone_by_all(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", Act(status=500))
    for variant in range(5):
        with pytest.raises(InDoubt):
            buy(bench, variant=variant)
    with pytest.raises(HeldBack) as caught:
        buy(bench, variant=9)
    assert caught.value.code == "breaker"
    assert bench.wire.count("openai") == 5


def test_our_own_limit_holds_calls_back_before_they_are_reserved(bench: Bench) -> None:
    bench.allow()
    bench.play("openai", bench.good())
    model = bench.model("openai", per_minute=2)
    for variant in range(2):
        bench.till().buy(model, question(bench.brief, "B"), project_id=bench.project_id, variant=variant)
    with pytest.raises(Later) as caught:
        bench.till().buy(model, question(bench.brief, "B"), project_id=bench.project_id, variant=2)
    assert isinstance(caught.value, HeldBack)
    assert len(bench.calls()) == 2


def test_an_answer_without_a_count_of_tokens_costs_what_was_reserved(bench: Bench) -> None:
    bench.allow()
    good = bench.good()
    good.usage = False
    bench.play("openai", good)
    assert buy(bench).cost_micros == bench.calls()[0].reserved_micros


def test_a_bug_in_an_adapter_is_a_doubt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.allow(5 * DOLLAR)
    model = bench.model("openai")

    def broken(_: Question) -> Answer:
        raise ZeroDivisionError

    monkeypatch.setattr(model, "ask", broken)
    with pytest.raises(ZeroDivisionError):
        bench.till().buy(model, question(bench.brief, "B"), project_id=bench.project_id, variant=0)
    assert [call.status for call in bench.calls()] == ["in_doubt"]
