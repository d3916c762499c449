"""Verdicts are written when they change, and told when they change: once, whoever looks and however often it is restarted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.ids import uuid7
from zamc.deployments import reconcile_repository, repository, watch_repository
from zamc.deployments.ports import AccountState
from zamc.deployments.tables import Deployment
from zamc.deployments.verdicts import DISAPPROVED, Aspect, Judged, Judgement, judge
from zamc.deployments.watch_tables import Verdict
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import DeploymentReviewed
from zamc.events.repository import emit
from zamc.notifications import alerts
from zamc.projects.tables import AdAccount

# Told the first time it is seen too; anything else only when it is another one than before.
_BAD = {(Aspect.REVIEW, DISAPPROVED), (Aspect.DELIVERY, "not_eligible"), (Aspect.BUDGET, "misconfigured")}


@dataclass(frozen=True)
class _News:
    """A verdict that is another one than before. was: None when there was none."""

    row: Deployment
    aspect: Aspect
    was: str | None
    judgement: Judgement


def deployments(session: Session, clock: Clock, rows: Sequence[Deployment]) -> int:
    """Judge deployments, which the caller has locked, by what was observed of their objects. Returns how many verdicts changed."""
    if not rows:
        return 0
    observed = reconcile_repository.observed(session, [row.id for row in rows])
    known = watch_repository.verdicts(session, [row.id for row in rows])
    fresh: list[dict[str, Any]] = []
    told: list[_News] = []
    changed = 0
    for row in rows:
        objects = [Judged(kind, ref, status, str(seen.get("delivery") or ""), seen) for kind, ref, status, seen in observed.get(row.id, [])]
        for aspect, judgement in judge(row.platform, objects).items():
            before = known.get(row.id, {}).get(aspect)
            if before is not None and (before.verdict, before.details) == (judgement.verdict, dict(judgement.details)):
                continue
            if before is None:
                fresh.append(_row(row, aspect, judgement, clock))
            else:
                if before.verdict != judgement.verdict:
                    before.since = clock.now()
                before.details = dict(judgement.details)
            was = before.verdict if before is not None else None
            if before is not None:
                before.verdict = judgement.verdict
            if was != judgement.verdict:
                changed += 1
                if was is not None or (aspect, judgement.verdict) in _BAD:
                    told.append(_News(row, aspect, was, judgement))
    repository.insert_rows(session, Verdict, fresh)
    strategies = repository.strategy_ids(session, {news.row.asset_id for news in told})
    for news in told:
        _tell(session, clock, news, strategies[news.row.asset_id])
    return changed


def _tell(session: Session, clock: Clock, news: _News, strategy_id: UUID) -> None:
    row, aspect, was, judgement = news.row, news.aspect, news.was, news.judgement
    topics = sorted({str(topic.get("topic")) for topic in judgement.details.get("topics", [])})
    ids: Mapping[str, Any] = {"project_id": row.project_id, "strategy_id": strategy_id, "deployment_id": row.id}
    emit(session, DeploymentReviewed(**ids, aspect=aspect, verdict=judgement.verdict, before=was, topics=topics))
    if aspect != Aspect.REVIEW:
        return
    if judgement.verdict == DISAPPROVED:
        named = f": {', '.join(topics)}" if topics else ""
        alerts.raise_once(
            session, AlertCode.ADS_DISAPPROVED, str(row.id), severity="warning", title=f"{row.name}: ads were disapproved{named}"[:500],
            project_id=row.project_id, deployment_id=row.id, ads=judgement.details.get("ads"), topics=judgement.details.get("topics", []),
        )  # fmt: skip
    else:
        alerts.clear(session, AlertCode.ADS_DISAPPROVED, str(row.id), at=clock.now())


def account(session: Session, clock: Clock, owner: AdAccount, state: AccountState) -> None:
    """Whether the platform lets an account spend; a blocked one is told once, and once more when it is blocked again."""
    judgement = Judgement(state.status, {"word": state.word})
    known = watch_repository.account_verdict(session, _row(owner, Aspect.ACCOUNT, judgement, clock))
    if (known.verdict, known.details) != (judgement.verdict, dict(judgement.details)):
        known.since = clock.now() if known.verdict != judgement.verdict else known.since
        known.verdict, known.details = judgement.verdict, dict(judgement.details)
    if state.status == "blocked":
        alerts.raise_once(
            session, AlertCode.ACCOUNT_SUSPENDED, str(owner.id), severity="critical",
            title=f"{owner.platform} has blocked the account {owner.external_id}: {state.word}", project_id=owner.project_id,
            platform=owner.platform, external_id=owner.external_id,
        )  # fmt: skip
    elif state.status in ("active", "limited"):
        alerts.clear(session, AlertCode.ACCOUNT_SUSPENDED, str(owner.id), at=clock.now())


def _row(subject: Deployment | AdAccount, aspect: Aspect, judgement: Judgement, clock: Clock) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "project_id": subject.project_id,
        "ad_account_id": subject.id if isinstance(subject, AdAccount) else subject.ad_account_id,
        "deployment_id": None if isinstance(subject, AdAccount) else subject.id,
        "aspect": str(aspect),
        "verdict": judgement.verdict,
        "details": dict(judgement.details),
        "since": clock.now(),
    }
