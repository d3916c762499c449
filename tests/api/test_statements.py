"""How many statements an operation takes is known, and it is the same for two rows as for ten."""

import pytest

from tests.api.installation import Installation, installation
from tests.api.test_kept import counting

__all__ = ["installation"]

# Beginning a transaction and binding it to the caller's projects goes past the layer that counts (zamc/database/engine.py).
COUNTS = {
    "{ projects { edges { node { name role permissions gates { launch } } } } }": 1,
    "query ($p: UUID!) { strategies(projectId: $p) { edges { node { name summary deployments { name } } } } }": 2,
    "query ($p: UUID!) { strategies(projectId: $p) { edges { node { name brief plan writing { cost { amount } } } } } }": 3,
    "query ($p: UUID!) { creativeSets(projectId: $p) { edges { node { status counts { count } } } } }": 2,
    "query ($p: UUID!) { deployments(projectId: $p, sort: BUDGET) { edges { node { name status dailyBudget { amount } } } } }": 1,
    """query ($p: UUID!) { deployments(projectId: $p, first: 50) { edges { node {
        name verdicts { verdict } changes { state } pacing { share } } } } }""": 5,
    "query ($p: UUID!) { drifts(projectId: $p) { edges { node { field wanted seen } } } }": 1,
    "query ($p: UUID!) { notifications(projectId: $p) { edges { node { title deliveries { channel state count } } } } }": 2,
    "{ myNotificationPreferences { project kind least } }": 2,
    "query ($p: UUID!) { alerts(projectId: $p) { edges { node { title } } } }": 1,
    "query ($p: UUID!) { approvals(projectId: $p) { what name since } }": 4,
    "query ($p: UUID!) { audit(projectId: $p) { edges { node { action } } } }": 1,
    "query ($p: UUID!) { accounts(projectId: $p) { externalId } spendPolicies(projectId: $p) { reserved { period } } }": 3,
    """query ($p: UUID!) { performance(projectId: $p, range: {first: "2026-11-01", last: "2026-11-20"}) {
        total { ctr } series { days } compared { total { ctr } } parts(grain: KEYWORD) { id } } }""": 6,  # two of them for days never read
    """query ($p: UUID!) { performance(projectId: $p, range: {first: "2026-11-02", last: "2026-11-20"}) {
        total { conversions } expected { total low high days moving } } }""": 4,
}


@pytest.fixture(scope="module")
def more(installation: Installation) -> Installation:
    """The same with more in it: nothing may cost another statement for that."""
    for number in range(4):
        installation.mine.stage.begin(name=f"More {number}")
    return installation


@pytest.mark.parametrize(("document", "expected"), COUNTS.items(), ids=range(len(COUNTS)))
def test_an_operation_takes_as_many_statements_as_it_says(more: Installation, document: str, expected: int) -> None:
    key = more.key("ana@example.org", mine="owner")
    more.send("{ projects { edges { cursor } } }", {}, key)  # who calls is known from here on
    more.send("query ($p: UUID!) { accounts(projectId: $p) { removed } }", {"p": str(more.mine.project)}, key)
    with counting(more.wired.database) as statements:
        answer = more.send(document, {"p": str(more.mine.project)} if "$p" in document else {}, key).json()
    assert "errors" not in answer
    # What the process looks for by itself every few seconds is no part of it.
    mine = [each for each in statements if "data_versions" not in each and "UNION SELECT project_id" not in each]
    assert len(mine) == expected, "\n".join(mine)
