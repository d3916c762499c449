"""Verdicts on performance: each account is judged by what is known now, told once, and told again only after it was over."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from zamc.analytics import nowcast_repository, verdict_repository
from zamc.analytics.nowcast_inputs import Inputs, known_at
from zamc.analytics.repository import lock_account
from zamc.analytics.rules import Grain
from zamc.analytics.verdict_tables import PerformanceVerdict
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.events.alert_codes import AlertCode
from zamc.notifications.alerts import clear, raise_once
from zamc.steps import Outcome

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from zamc.analytics.verdict_kinds_rules import Found, Key, Measures
    from zamc.analytics.verdict_measures import Rows

# What is not seen on so many mornings in a row is over.
_OVER_AFTER_DAYS = 2
# A level that lasted so long is the usual one.
_USUAL_AFTER_DAYS = 28
_CODES = {
    "tracking_stopped": AlertCode.TRACKING_STOPPED, "cpa_up": AlertCode.COST_PER_CONVERSION_UP, "ctr_down": AlertCode.CLICK_THROUGH_DOWN,
    "spend_up": AlertCode.SPEND_ODD, "spend_down": AlertCode.SPEND_ODD, "fatigue": AlertCode.CREATIVE_FATIGUE,
}  # fmt: skip


@dataclass(frozen=True)
class _Subject:
    """The object of a verdict, as the record names it."""

    grain: str
    object_id: str
    campaign_id: str | None
    label: str | None
    deployment_id: UUID | None


class VerdictService:
    """What is not chance in the performance of ads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def judge(self, account_ids: Sequence[UUID] | None = None) -> Outcome:
        """Judge every account in use that was ever read, or those named; one transaction per account.

        counts: done (judged), not_ready (yesterday was not read yet, or nothing ran), found, lasting and resolved (verdicts). Safe to
        repeat and to run twice at once: a condition is one row while it lasts.
        """
        outcome = Outcome()
        with self._database.transaction() as session:
            accounts = nowcast_repository.accounts(session, account_ids=account_ids)
        for account_id in accounts:
            with self._database.transaction() as session:
                lock_account(session, account_id)
                outcome.counts.update(_judge(session, known_at(session, account_id, at=self._clock.business_now())))
        return outcome


def _judge(session: "Session", inputs: Inputs) -> Counter[str]:
    from zamc.analytics.verdict_measures import DAYS, measured
    from zamc.analytics.verdict_rules import judge

    since = inputs.today - timedelta(days=DAYS)
    changed = verdict_repository.budget_changes(session, inputs.account_id, since=since)
    ready = measured(inputs, changed=changed)
    if ready is None:
        return Counter({"not_ready": 1})
    measures, rows = ready
    opened = {_key(verdict, rows): verdict for verdict in verdict_repository.open_verdicts(session, inputs.account_id)}
    known = {key: (verdict.began_on - rows.first_day).days for key, verdict in opened.items() if key is not None}
    fresh, lasting = judge(measures, open_since=known)
    told = sum(_tell(session, inputs, measures, rows, found) for found in fresh)
    lasts = [verdict for key, verdict in opened.items() if key in lasting and not _usual(verdict, inputs.today)]
    verdict_repository.seen(session, [verdict.id for verdict in lasts], at=inputs.at)
    over = [_settle(session, inputs, verdict) for verdict in opened.values() if verdict not in lasts]
    return Counter({"done": 1, "found": told, "lasting": len(lasts), "resolved": sum(over)})


def _key(verdict: PerformanceVerdict, rows: "Rows") -> "Key | None":
    """None for an object that is no longer in the account's facts."""
    from zamc.analytics.verdict_kinds_rules import Kind

    campaign = ad = None
    if verdict.grain != Grain.ACCOUNT:
        if verdict.campaign_id not in rows.campaigns:
            return None
        campaign = rows.campaigns.index(verdict.campaign_id)
    if verdict.grain == Grain.AD:
        if verdict.object_id not in rows.ads:
            return None
        ad = rows.ads.index(verdict.object_id)
    return Kind(verdict.kind), campaign, ad, verdict.action


def _usual(verdict: PerformanceVerdict, today: date) -> bool:
    return (today - verdict.began_on).days > _USUAL_AFTER_DAYS


def _settle(session: "Session", inputs: Inputs, verdict: PerformanceVerdict) -> bool:
    """Whether a condition that is not seen now is over."""
    zone = ZoneInfo(inputs.time_zone)
    if _usual(verdict, inputs.today):
        resolution = f"it lasted {_USUAL_AFTER_DAYS} days and is the usual level now"
    elif (inputs.today - verdict.seen_at.astimezone(zone).date()).days >= _OVER_AFTER_DAYS:
        resolution = f"not seen on {_OVER_AFTER_DAYS} mornings in a row"
    else:
        return False
    verdict_repository.resolve(session, verdict.id, at=inputs.at, resolution=resolution)
    if code := _CODES.get(verdict.kind):
        clear(session, code, _condition(verdict.ad_account_id, verdict.kind, verdict.object_id, verdict.action), at=inputs.at)
    return True


def _condition(account_id: UUID, kind: str, object_id: str, action: str) -> str:
    return f"{account_id}:{kind}:{object_id}:{action}"


def _tell(session: "Session", inputs: Inputs, measures: "Measures", rows: "Rows", found: "Found") -> bool:
    from zamc.analytics.verdict_series_rules import OTHERS
    from zamc.analytics.verdict_words_rules import told

    subject = _subject(inputs, rows, found)
    lately = slice(-found.days, None)
    of = slice(None) if found.campaign is None else found.campaign
    said = told(
        found, name=_name(inputs, subject), currency=inputs.currency, clicks=float(measures.clicks[of, ..., lately].sum()),
        spend_micros=float(measures.spend[of, ..., lately].sum()), completeness=float(measures.completeness[lately].min()),
        inputs=inputs.digest(), others=len(rows.ads if found.ad is not None else rows.campaigns) > OTHERS,
    )  # fmt: skip
    row = {
        "project_id": inputs.project_id, "ad_account_id": inputs.account_id, "deployment_id": subject.deployment_id, "grain": subject.grain,
        "object_id": subject.object_id, "campaign_id": subject.campaign_id, "label": subject.label, "kind": found.kind,
        "action": found.action, "severity": said.severity, "reason": said.reason, "evidence": said.evidence,
        "began_on": inputs.today - timedelta(days=found.days), "found_at": inputs.at, "seen_at": inputs.at,
    }  # fmt: skip
    if verdict_repository.add(session, row) is None:
        return False
    if code := _CODES.get(found.kind):
        raise_once(
            session, code, _condition(inputs.account_id, found.kind, subject.object_id, found.action), severity=said.severity,
            title=said.title, project_id=inputs.project_id, deployment_id=subject.deployment_id, reason=said.reason,
            account_id=str(inputs.account_id), object_id=subject.object_id, grain=subject.grain,
        )  # fmt: skip
    return True


def _subject(inputs: Inputs, rows: "Rows", found: "Found") -> _Subject:
    if found.campaign is None:
        return _Subject(Grain.ACCOUNT, inputs.external_id, None, None, None)
    campaign = rows.campaigns[found.campaign]
    grain, object_id = (Grain.CAMPAIGN, campaign) if found.ad is None else (Grain.AD, rows.ads[found.ad])
    newest = next(fact for fact in reversed(inputs.facts) if (fact.grain, fact.object_id) == (grain, object_id))
    return _Subject(grain, object_id, campaign, newest.label, newest.deployment_id)


def _name(inputs: Inputs, subject: _Subject) -> str:
    kind = {"account": "account", "campaign": "campaign", "ad": "ad"}[subject.grain]
    return f"{kind} {subject.label or subject.object_id} ({inputs.platform} {inputs.external_id})"
