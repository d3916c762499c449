"""Changes, drift and verdicts over the wire: both official SDKs against the sandboxes."""

from datetime import date
from typing import Any

from sqlalchemy import select

from tests.zamc.deployments.conftest import EUR
from tests.zamc.deployments.test_sandbox import Wired, _plan, wired  # noqa: F401 - a fixture
from zamc.deployments.change_rules import Request
from zamc.deployments.watch_tables import Drift, Verdict


def _change(wired: Wired, platform: str, **wanted: Any) -> None:  # noqa: F811
    shown = wired.service.plan_change(wired.stage.deployment(platform).id, Request(**wanted), by="anna")
    assert shown.refusal == ""
    wired.service.apply_change(shown.deployment_id, shown.change_hash, by="anna")
    wired.service.carry_changes()


def _drifts(wired: Wired) -> dict[str, str]:  # noqa: F811
    with wired.stage.database.transaction() as session:
        return {row.field: row.state for row in session.scalars(select(Drift).order_by(Drift.id))}


def test_budgets_ends_names_and_keywords_change_on_both_platforms(wired: Wired) -> None:  # noqa: F811
    wired.stage.allow(daily=300, monthly=9_000, total=9_000)
    wired.stage.begin(_plan())
    wired.launch()
    words = [{"text": "fresh bread", "match_type": "EXACT"}]
    _change(
        wired, "google_ads", daily_budget_micros=70 * EUR, ends_on=date(2027, 3, 20),
        fields={("ad_group", "de", "keywords"): words, ("campaign", "campaign", "name"): "Bread"},
    )  # fmt: skip
    _change(wired, "meta_ads", daily_budget_micros=45 * EUR, ends_on=date(2027, 3, 20))
    assert {row.state for row in wired.stage.operations(verb="update")} == {"done"}
    [google] = wired.google_campaigns()
    assert (google.campaign_budget.amount_micros, google.campaign.name[:6]) == (70 * EUR, "Bread ")
    [end] = wired.google.search("SELECT campaign.end_date_time FROM campaign")
    assert end.campaign.end_date_time == "2027-03-20 23:59:59"
    kept = "ad_group_criterion.status != 'REMOVED'"
    keywords = wired.google.search(f"SELECT ad_group.name, ad_group_criterion.keyword.text FROM keyword_view WHERE {kept}")  # noqa: S608 - GAQL
    assert {row.ad_group_criterion.keyword.text for row in keywords} == {"fresh bread", "bread en"}
    sets = wired.meta.api().call("GET", (wired.account, "adsets"), params={"fields": "daily_budget,end_time"}).json()["data"]
    assert sorted(row["daily_budget"] for row in sets) == ["2250", "2250"]
    assert {row["end_time"] for row in sets} == {"2027-03-21T00:00:00+0100"}
    for platform in ("google_ads", "meta_ads"):
        assert wired.stage.deployment(platform).ends_on == date(2027, 3, 20)
    outcome = wired.service.reconcile()
    assert (outcome.counts["read"], outcome.counts["drifted"], outcome.counts["silent"]) == (2, 0, 0)
    assert wired.enabled() == (1, 1)


def test_outside_edits_are_recorded_reverted_and_told_with_verdicts(wired: Wired) -> None:  # noqa: F811
    wired.stage.begin(_plan())
    wired.launch()
    wired.service.watch()
    sets = wired.meta.api().call("GET", (wired.account, "adsets"), params={"fields": "id,daily_budget"}).json()["data"]
    wired.meta.api().call("POST", (sets[0]["id"],), params={"daily_budget": 4_000})
    wired.stage.clock.advance(minutes=15)
    outcome = wired.service.watch()
    assert (outcome.counts["drifted"], outcome.counts["silent"]) == (1, 0)
    with wired.stage.database.transaction() as session:
        drift = session.scalars(select(Drift)).one()
        assert (drift.field, drift.wanted, drift.seen) == ("budget", {"value": 20 * EUR}, {"value": 40 * EUR})
        wired.service.revert_drift(session, drift.id, by="anna")
    wired.service.carry_changes()
    assert _drifts(wired) == {"budget": "reverted"}
    after = wired.meta.api().call("GET", (wired.account, "adsets"), params={"fields": "daily_budget"}).json()["data"]
    assert {row["daily_budget"] for row in after} == {"2000"}
    with wired.stage.database.transaction() as session:
        aspects = {row.aspect for row in session.scalars(select(Verdict))}
    assert aspects == {"account", "delivery", "review", "learning", "budget"}
