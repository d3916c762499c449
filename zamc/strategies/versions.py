"""Versions of a plan: a person's edit is the next one, it waits at the gate, and an approval is of exactly one of them.

While a strategy waits for a person, the newest version is the plan that waits. Once one is approved, it stays in force, whatever is edited
afterwards: what is live goes on as it was approved. Another version takes over when a person approves it, and only while nothing of an
older one can spend; then creatives and launches are made anew from it, through the same gates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.creatives import repository as creatives
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.events.catalogue import StrategyApproved, StrategyDrafted, StrategyRejected
from zamc.events.repository import emit
from zamc.money import Money
from zamc.projects import ledger
from zamc.projects.repository import audit
from zamc.strategies import history_repository, repository
from zamc.strategies import versions_repository as kept
from zamc.strategies.diff_rules import Change, compare
from zamc.strategies.edit_rules import pitch_from, read_words
from zamc.strategies.ports import NextStage
from zamc.strategies.rules import build_plan, check_brief, plan_hash
from zamc.strategies.schema import Plan
from zamc.strategies.tables import PlanVersion, Strategy

_OVER = frozenset({"ended", "failed"})
_LONGEST_NOTE = 500
_OVERTAKEN = "another version of the plan was approved"


@dataclass(frozen=True)
class Edited:
    """The version that an edit made, the hash that an approval of it must name, and what it changed."""

    version: int
    plan_hash: str
    changes: tuple[Change, ...]


def record_first(session: Session, row: Strategy, plan: Plan, *, author: str, at: datetime) -> None:
    """Keep the plan that a writer has just drafted; `row` carries its hash already."""
    values = {"origin": "writer", "author": author, "plan": plan.model_dump(mode="json"), "plan_hash": row.plan_hash, "status": "waiting"}
    kept.add(session, {"strategy_id": row.id, "project_id": row.project_id, "version": row.version, "written_at": at, **values})


def edit(
    session: Session, clock: Clock, strategy_id: UUID, words: Mapping[str, Any] | str, *, by: str, seen_hash: str, note: str = ""
) -> Edited:
    """Make the next version from a person's words (plain data, or YAML or JSON), on top of the newest one, whose hash is `seen_hash`.

    The words are the plan's pitch without ages. Everything that costs or aims is computed anew from the brief. Raises InvalidInput that
    names the field, NotFound, and Conflict: when a newer version is there, nothing is changed, or there is no plan that can be edited.
    """
    row = _locked(session, strategy_id)
    base = kept.newest(session, row.id)
    if base is None or row.status not in {"drafted", "approved", "rejected"}:
        raise Conflict(f"the strategy is {row.status}; only a plan that was written can be edited")
    if base.plan_hash != seen_hash:
        raise Conflict(f"version {base.version} is the newest now; look at it again, then edit")
    if len(note) > _LONGEST_NOTE:
        raise InvalidInput("note", f"has more than {_LONGEST_NOTE} characters")
    plan = _recomputed(session, row, Plan.model_validate(base.plan), words)
    data, at = plan.model_dump(mode="json"), clock.now()
    changes = compare(base.plan, data)
    if not changes:
        raise Conflict(f"nothing is different from version {base.version}")
    kept.decide(session, row.id, status="superseded", values={"decided_by": by, "decided_at": at, "reason": "a newer version was made"})
    made = Edited(base.version + 1, plan_hash(plan), tuple(changes))
    values = {"origin": "person", "author": by, "note": note, "plan": data, "plan_hash": made.plan_hash, "status": "waiting"}
    kept.add(
        session,
        {
            "strategy_id": row.id, "project_id": row.project_id, "version": made.version, "parent": base.version, "written_at": at, **values
        },
    )  # fmt: skip
    if row.status != "approved":
        _put(row, made.version, data, made.plan_hash)
        row.status, row.last_error = "drafted", None
    emit(session, StrategyDrafted(project_id=row.project_id, strategy_id=row.id, version=made.version))
    audit(
        session, actor=by, action="strategy.edited", project_id=row.project_id, subject_id=row.id, version=made.version,
        plan_hash=made.plan_hash, changed=[change.path for change in changes][:100],
    )  # fmt: skip
    return made


def approve(session: Session, clock: Clock, next_stage: NextStage, strategy_id: UUID, *, by: str, approved_hash: str) -> None:
    """Approve the version that was seen. Approving it again changes nothing. Raises NotFound, and Conflict for another plan or state."""
    row = _locked(session, strategy_id)
    version = kept.waiting(session, row.id)
    if row.status == "approved" and version is not None and version.plan_hash == approved_hash:
        _refuse_twice_live(session, row)
        _put(row, version.version, version.plan, version.plan_hash)
    elif row.plan_hash != approved_hash:
        raise Conflict("the plan has changed since it was shown; look at it again, then approve")
    elif row.status == "approved":
        return
    elif row.status != "drafted":
        raise Conflict(f"the strategy is {row.status}; only a drafted one waits for approval")
    pass_gate(session, clock, next_stage, row, by=by)
    audit(
        session, actor=by, action="strategy.approved", project_id=row.project_id, subject_id=row.id,
        plan_hash=approved_hash, version=row.version,
    )  # fmt: skip


def pass_gate(session: Session, clock: Clock, next_stage: NextStage, row: Strategy, *, by: str) -> None:
    """The plan in `row` is approved by somebody who may: creatives are asked for."""
    row.status, row.approved_by, row.approved_at = "approved", by, clock.now()
    values = {"decided_by": by, "decided_at": row.approved_at}
    kept.decide(session, row.id, status="approved", values=values, version=row.version)
    emit(session, StrategyApproved(project_id=row.project_id, strategy_id=row.id, approved_by=by, version=row.version))
    next_stage.begin(session, row)


def reject(session: Session, clock: Clock, strategy_id: UUID, *, by: str, reason: str) -> None:
    """Turn a plan, or a brief that is still being written, down. Of an approved strategy, the edited version that waits, if there is one.

    Raises NotFound, and Conflict once it is approved and nothing waits.
    """
    row = _locked(session, strategy_id)
    if row.status == "rejected":
        return
    version = kept.waiting(session, row.id)
    if row.status == "approved":
        if version is None:
            raise Conflict("the strategy is approved; pause its deployments instead")
    elif row.status not in {"requested", "drafted", "failed"}:
        raise Conflict(f"the strategy is {row.status}; pause its deployments instead")
    else:
        row.status = "rejected"
        row.fence += 1  # a worker that is still writing it is overtaken
        row.lease_until = None
        emit(session, StrategyRejected(project_id=row.project_id, strategy_id=row.id, reason=reason))
    kept.decide(session, row.id, status="rejected", values={"decided_by": by, "decided_at": clock.now(), "reason": reason})
    number = version.version if version is not None else row.version
    audit(session, actor=by, action="strategy.rejected", project_id=row.project_id, subject_id=row.id, reason=reason, version=number)


def _recomputed(session: Session, row: Strategy, base: Plan, words: Mapping[str, Any] | str) -> Plan:
    """The plan of those words: the same schema and the same rules as a writer's."""
    brief, project = check_brief(row.brief), repository.project(session, row.project_id)
    name = project.name if project is not None else base.brand_name
    pitch = pitch_from(read_words(words), brief, name, before=base.pitch)
    counted = repository.counts_conversions(session, row.project_id, platform="google_ads", currency=brief.budget.currency)
    history = history_repository.of_project(session, row.project_id, goal=brief.goal, currency=brief.budget.currency)
    return build_plan(brief, pitch, name, conversions=counted is not False, history=history)


def _refuse_twice_live(session: Session, row: Strategy) -> None:
    """One plan of a brief is live at a time, and a brief's total is spent once. Raises Conflict with what to do first.

    Creatives of an older version that nobody has approved yet are turned down: approved later, they would launch a second time.
    """
    sets = kept.lock_sets(session, row.id)
    launched = kept.deployments(session, row.id)
    on = [f"{name} ({status})" for _, name, status in launched if status not in _OVER]
    if on:
        raise Conflict(f"version {row.version} is launched: {', '.join(on)}; end its campaigns first (`zamc end`), then approve this one")
    total = (row.plan or {})["flight"]["total_budget_micros"]
    spent = sum(ledger.held_by_base(session, each).get("total", 0) for each, *_ in launched)
    if total is not None and spent:
        told = Money(spent, (row.plan or {})["flight"]["currency"])
        raise Conflict(f"{told} of the brief's total went to version {row.version}; ask for a new strategy with what is left of it")
    for older in sets:
        if older.status not in {"approved", "rejected"}:
            older.status, older.last_error = "rejected", _OVERTAKEN
            creatives.fail_waiting(session, older.id, reason=_OVERTAKEN)


def _put(row: Strategy, version: int, plan: Mapping[str, Any], its_hash: str) -> None:
    row.version, row.plan, row.plan_hash = version, dict(plan), its_hash


def _locked(session: Session, strategy_id: UUID) -> Strategy:
    row = repository.locked(session, strategy_id)
    if row is None:
        raise NotFound(f"there is no strategy {strategy_id}")
    return row


__all__ = ["Edited", "PlanVersion", "approve", "edit", "pass_gate", "record_first", "reject"]
