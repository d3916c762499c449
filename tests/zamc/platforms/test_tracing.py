"""What a span of a platform's call says, over the real SDKs, and which parts of a path are told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.zamc.platforms.google_kinds import items
from tests.zamc.platforms.test_google_kinds import Wire, wire_at
from zamc.platforms import tracing
from zamc.platforms.tracing import RequestIds, hidden, template_of


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with wire_at(tmp_path) as made:
        yield made


def test_the_id_that_google_gave_a_change_is_known_after_it_and_asked_for_once(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str | None] = []
    take = RequestIds.take

    def noting(self: RequestIds) -> str | None:
        taken.extend([take(self), take(self)])
        return taken[-2]

    monkeypatch.setattr(tracing.RequestIds, "take", noting)
    wire.make(items("search"))
    assert taken
    assert all(taken[::2])
    assert not any(taken[1::2])


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("act_123/campaigns", "act_{id}/campaigns"),
        ("/act_123/adimages?access_token=x", "act_{id}/adimages"),
        ("123456789", "{id}"),
        ("123_456/insights", "{id}/insights"),
        ("", "batch"),
        ("https://graph.facebook.com/v25.0/act_1/ads", "https:/graph.facebook.com/{id}/act_{id}/ads"),
    ],
)
def test_a_path_is_told_without_its_ids(path: str, template: str) -> None:
    assert template_of(path).replace("//", "/") == template


def test_accounts_are_told_apart_and_not_named() -> None:
    assert hidden("") is None
    assert hidden("act_42") == hidden("42") != hidden("43")
    assert hidden("42") != "42"
