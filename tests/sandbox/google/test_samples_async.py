"""Google's sample programs that speak over asyncio, and one that asks for an exemption: unchanged, as in test_samples."""

import pytest

from tests.sandbox.google.campaigns import whole_campaign
from tests.sandbox.google.test_samples import Run, run, world
from tests.sandbox.google.world import World

__all__ = ["run", "world"]


def test_a_campaign_is_added_and_found_over_asyncio(world: World, run: Run) -> None:
    made = run("asyncio/async_add_campaigns", "-c", world.customer)
    key = made.split("/campaigns/")[1].split(".")[0]
    for name in ("asyncio/async_search", "asyncio/async_search_stream"):
        assert f"Campaign with ID {key} and name" in run(name, "-c", world.customer)


def test_an_ad_that_breaks_a_policy_is_refused_and_then_the_program_cannot_go_on(world: World, run: Run) -> None:
    """It reads an enum that the SDK of the same wheel does not have by that name: no platform could run it unchanged."""
    group = whole_campaign(world).ad_group.rsplit("/", 1)[-1]
    with pytest.raises(AttributeError, match="PolicyFindingErrorEnum"):
        run("error_handling/handle_responsive_search_ad_policy_violations", "-c", world.customer, "-a", group)
    method, outcome = world.calls()[-1]
    assert method.endswith("/MutateAdGroupAds")
    assert outcome.startswith("policy_finding_error.POLICY_FINDING")
