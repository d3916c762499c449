"""The desk against the sandbox's providers on bad days; what was planted in an answer, and what was bought, is the sandbox's own word."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.world import World
from tests.zamc.llm.conftest import PATHS, PRICE, SANDBOX_NAMES, Bench
from zamc.errors import CredentialsRefused, GiveUp, Later, Mend, ZamcError
from zamc.llm.desk import WritingDesk
from zamc.llm.offline.writer import OfflineWriter
from zamc.llm.ports import Written


def write(bench: Bench, provider: str, *, variant: int = 0, timeout: float = 10.0) -> Written:
    """Through one provider of the sandbox, with nobody to fall back on."""
    models = {provider: bench.model(provider, timeout=timeout)}
    desk = WritingDesk(bench.database, bench.till(timeout=timeout), models, order=[provider], offline=OfflineWriter())
    return desk.write_pitch(bench.brief, project_name="Bluebird", project_id=bench.project_id, variant=variant)


def bought(world: World) -> int:
    calls: list[dict[str, Any]] = world.admin("GET", "models/calls")[1]["calls"]
    return len(calls)


@pytest.mark.parametrize("provider", PATHS)
def test_a_good_day(bench: Bench, world: World, provider: str) -> None:
    bench.allow()
    written = write(bench, provider)
    assert written.provider == provider
    assert written.cost_micros > 0
    assert {message.source.split("[")[0] for message in written.pitch.messages} <= {"brief.offer", "brief.product", "brief.claims"}


@pytest.mark.parametrize("provider", PATHS)
@pytest.mark.parametrize("fault", ["truncated", "schema_violation", "fenced", "overlong"])
def test_a_bad_answer_is_mended(bench: Bench, world: World, provider: str, fault: str) -> None:
    bench.allow()
    world.post("faults", platform=SANDBOX_NAMES[provider], fault=fault)
    assert write(bench, provider).pitch.messages


@pytest.mark.parametrize("provider", PATHS)
@pytest.mark.parametrize("fault", ["rate_limited", "overloaded", "unavailable"])
def test_what_a_provider_names_as_its_delay_is_what_the_work_waits(bench: Bench, world: World, provider: str, fault: str) -> None:
    bench.allow()
    world.post("faults", platform=SANDBOX_NAMES[provider], fault=fault, times=5, detail={"retry_after": 60})
    with pytest.raises(Later) as caught:
        write(bench, provider)
    assert caught.value.delay is not None
    assert caught.value.delay == timedelta(seconds=60)
    assert [(call.status, call.cost_micros, call.seconds > 0) for call in bench.calls()] == [("failed", 0, True)]


@pytest.mark.parametrize("provider", PATHS)
def test_every_call_stands_in_the_record_whatever_became_of_it(bench: Bench, world: World, provider: str) -> None:
    """Provider, model, version of the prompt, tokens, cost, how long it took, and whether it was in the cache."""
    bench.allow()
    world.post("faults", platform=SANDBOX_NAMES[provider], fault="overloaded", detail={"retry_after": 1})
    write(bench, provider)
    write(bench, provider)
    told = world.admin("GET", "models/calls")[1]["calls"][-1]
    failed, answered, hit = bench.calls()
    for call in (failed, answered, hit):
        assert (call.provider, call.model, call.prompt_version[:6]) == (provider, "claude-sonnet-4-6", "pitch-")
        assert call.request_hash == answered.request_hash
    assert (failed.status, failed.cost_micros, failed.cache_hit) == ("failed", 0, False)
    assert (answered.status, answered.input_tokens, answered.output_tokens) == ("answered", told["input_tokens"], told["output_tokens"])
    assert answered.cost_micros == PRICE.of(told["input_tokens"], told["output_tokens"]) > 0
    assert min(failed.seconds, answered.seconds) > 0
    assert (hit.status, hit.cost_micros, hit.cache_hit) == ("answered", 0, True)


@pytest.mark.parametrize("provider", PATHS)
@pytest.mark.parametrize("fault", ["invented_claim", "injection_echo"])
def test_nothing_that_was_planted_is_said(bench: Bench, world: World, provider: str, fault: str) -> None:
    bench.allow()
    for variant in range(3):
        world.post("faults", platform=SANDBOX_NAMES[provider], fault=fault)
        pitch = write(bench, provider, variant=variant).pitch
        planted = world.admin("GET", "models/calls")[1]["calls"][-1]["planted"]
        said = [message.text for message in pitch.messages] + [pitch.positioning]
        for lie in planted:
            assert all(lie["text"] not in line for line in said), lie


BAD_DAYS: list[tuple[str, type[ZamcError]]] = [
    ("refusal", Mend),
    ("rate_limited", Later),
    ("overloaded", Later),
    ("unavailable", Later),
    ("internal", GiveUp),
    ("html", GiveUp),
    ("cut_stream", GiveUp),
    ("reset", GiveUp),
    ("token_revoked", CredentialsRefused),
]


@pytest.mark.parametrize("provider", PATHS)
@pytest.mark.parametrize(("fault", "kind"), BAD_DAYS)
def test_a_bad_day_has_its_name(bench: Bench, world: World, provider: str, fault: str, kind: type[ZamcError]) -> None:
    bench.allow()
    world.post("faults", platform=SANDBOX_NAMES[provider], fault=fault, times=5, detail={"retry_after": 60})
    with pytest.raises(kind):
        write(bench, provider)


def test_an_empty_purse_is_not_waited_for(bench: Bench, world: World) -> None:
    bench.allow()
    world.post("faults", platform="openai", fault="quota_exhausted")  # the others say it as any other lack of room
    with pytest.raises(GiveUp, match="used up or not paid"):
        write(bench, "openai")


@pytest.mark.parametrize("provider", PATHS)
def test_what_was_bought_and_never_came_is_not_bought_again(bench: Bench, world: World, provider: str) -> None:
    bench.allow()
    before = bought(world)
    world.post("faults", platform=SANDBOX_NAMES[provider], fault="timeout_after_commit", seconds=0.2)
    for _ in range(2):
        with pytest.raises(GiveUp, match="no provider wrote it"):
            write(bench, provider)
    assert bought(world) == before + 1
    (call,) = bench.calls()
    assert (call.status, call.cost_micros) == ("in_doubt", call.reserved_micros)
