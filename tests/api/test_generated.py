"""Documents that schemathesis makes from the schema, with ids that are there: whatever is asked, no answer is a fault of ours."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes

from api.graphql.schema import TEXT
from tests.api.installation import Installation, installation

__all__ = ["installation"]

EXAMPLES = 60
IDS: list[str] = []

schemathesis.graphql.scalar("UUID", st.deferred(lambda: st.sampled_from(IDS)).map(nodes.String))
schemathesis.graphql.scalar("Date", st.dates().map(lambda day: nodes.String(day.isoformat())))
schemathesis.graphql.scalar("Count", st.integers(0, 100).map(nodes.Int))


@pytest.fixture(scope="module")
def owner(installation: Installation) -> str:
    IDS[:] = sorted({*installation.mine.arguments().values(), *installation.theirs.arguments().values()})
    return installation.key("ana@example.org", mine="owner")


def _cases() -> st.SearchStrategy[Any]:
    with TEXT.open() as file:
        schema = schemathesis.graphql.from_file(file)
    found: list[Any] = [made.ok() for made in schema.get_all_operations()]  # type: ignore[union-attr]  # ours has no invalid part
    # It would pause everything in each second example, and leave nothing to be asked about.
    kept = [each for each in found if each is not None and "pause" not in each.label.lower() and "end" not in each.label.lower()]
    return st.sampled_from(kept).flatmap(lambda operation: operation.as_strategy())


def test_whatever_is_asked_is_answered(installation: Installation, owner: str) -> None:
    refused = 0

    @given(case=_cases())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate], derandomize=True)
    def ask(case: Any) -> None:
        nonlocal refused
        answer = installation.send(case.body, {}, owner)
        assert answer.status_code == 200, answer.text
        read = json.loads(answer.content)
        codes = {error["extensions"]["code"] for error in read.get("errors", ())}
        assert not codes - {"BAD_REQUEST", "INVALID_INPUT", "TOO_COSTLY", "UNAVAILABLE", "NOT_FOUND"}, (case.body, answer.text)
        refused += bool(codes)

    ask()
    assert refused < EXAMPLES, "something must have been answered"
