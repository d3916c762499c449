"""A brief is asked for, written into a plan, and approved: by a person, or by the autopilot where the project's gate is open."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.errors import InvalidInput, NotFound, ZamcError
from zamc.events import dead_letters
from zamc.events.catalogue import StrategyDrafted, StrategyFailed, StrategyRequested
from zamc.events.repository import emit
from zamc.llm.ports import Writer, Written
from zamc.optimisation.tables import Decision
from zamc.projects.repository import audit
from zamc.projects.rules import is_open
from zamc.steps import MOST_PER_CLAIM, Outcome, work
from zamc.strategies import history_repository, repository, versions
from zamc.strategies.forecast_rules import Own
from zamc.strategies.ports import NextStage
from zamc.strategies.rules import brief_key, build_plan, check_brief, plan_hash
from zamc.strategies.schema import Brief, Plan
from zamc.strategies.tables import Strategy
from zamc.strategies.versions import Edited
from zamc.telemetry.context import handed_on

AUTOPILOT = "autopilot"


@dataclass(frozen=True)
class _Order:
    """What the call needs, read in the transaction of the claim."""

    brief: dict[str, Any]
    project_id: UUID
    project_name: str
    variant: int
    conversions: bool
    history: Sequence[Own]


@dataclass(frozen=True)
class _Draft:
    written: Written
    plan: Plan


class StrategyService:
    """Use cases of strategies. Methods that take a session never commit; `draft` has transactions of its own.

    lease: how long a claimed brief is its worker's own; must exceed the writer's time limit. workers: briefs written at once.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        writer: Writer,
        next_stage: NextStage,
        *,
        lease: timedelta = timedelta(seconds=120),
        workers: int = 1,
    ) -> None:
        self._database = database
        self._clock = clock
        self._writer = writer
        self._next_stage = next_stage
        self._lease = lease
        self._workers = workers

    def request(self, session: Session, *, project_id: UUID, brief: Brief, requested_by: str) -> UUID:
        """Accept a brief. The same brief of the same project is the same strategy, whatever became of it.

        Raises InvalidInput that names the field, and NotFound; nothing is written then.
        """
        brief = check_brief(brief)
        if repository.project(session, project_id) is None:
            raise NotFound(f"there is no project {project_id}")
        self._check_currency(session, project_id, brief)
        values = {
            "project_id": project_id,
            "name": brief.name,
            "request_key": brief_key(project_id, brief),
            "brief": brief.model_dump(mode="json"),
            "status": "requested",
            "next_attempt_at": self._clock.now(),
            "provenance": {"requested_by": requested_by},
        }
        strategy_id, new = repository.insert_once(session, values)
        if new:
            emit(session, StrategyRequested(project_id=project_id, strategy_id=strategy_id))
            audit(session, actor=requested_by, action="strategy.requested", project_id=project_id, subject_id=strategy_id)
        return strategy_id

    def _check_currency(self, session: Session, project_id: UUID, brief: Brief) -> None:
        """An account that is there must have the brief's currency; that one is missing altogether is for the launch to refuse."""
        currencies = repository.account_currencies(session, project_id)
        for platform in brief.platforms:
            have = currencies.get(platform)
            if have and brief.budget.currency not in have:
                shown = ", ".join(sorted(have))
                raise InvalidInput("brief.budget.currency", f"is {brief.budget.currency}; the project's {platform} account is in {shown}")

    def draft(self, ids: Sequence[UUID] | None = None) -> Outcome:
        """Write the plans of these strategies, or of all that are requested and due."""
        if self._workers == 1:
            return self._draft(ids, at_once=MOST_PER_CLAIM)
        # Each worker claims what it is about to write, and no more: a lease must not run out in a queue.
        outcome, bugs = Outcome(), list[Exception]()
        with ThreadPoolExecutor(self._workers) as pool:
            for drafting in [pool.submit(handed_on(self._draft), ids, at_once=1) for _ in range(self._workers)]:
                try:
                    drafted = drafting.result()
                except Exception as bug:  # noqa: BLE001 - raised below, when the other workers have ended
                    bugs.append(bug)
                else:
                    outcome.counts.update(drafted.counts)
                    outcome.errors.update(drafted.errors)
        if bugs:
            raise bugs[0]
        return outcome

    def _draft(self, ids: Sequence[UUID] | None, *, at_once: int) -> Outcome:
        return work(
            self._database,
            Strategy,
            where=repository.to_draft(ids),
            prepare=self._prepare,
            call=self._call,
            write=self._write,
            failed=self._failed,
            clock=self._clock,
            lease=self._lease,
            per_claim=at_once,
        )

    def _prepare(self, session: Session, row: Strategy) -> _Order:
        project = repository.project(session, row.project_id)
        currency = row.brief.get("budget", {}).get("currency", "")
        counts = repository.counts_conversions(session, row.project_id, platform="google_ads", currency=currency)
        return _Order(
            brief=row.brief,
            project_id=row.project_id,
            project_name=project.name if project else row.name,
            variant=int(row.provenance.get("variant", 0)),
            conversions=counts is not False,
            history=history_repository.of_project(session, row.project_id, goal=row.brief.get("goal", ""), currency=currency),
        )

    def _call(self, order: _Order) -> _Draft:
        brief = check_brief(order.brief)
        written = self._writer.write_pitch(brief, project_name=order.project_name, project_id=order.project_id, variant=order.variant)
        return _Draft(written, build_plan(brief, written.pitch, order.project_name, conversions=order.conversions, history=order.history))

    def _write(self, session: Session, row: Strategy, draft: _Draft) -> None:
        written = draft.written
        # A provider's calls are recorded while they are made; the offline writer leaves that to us.
        call_id = written.call_id or repository.add_model_call(
            session,
            {
                "project_id": row.project_id,
                "provider": written.provider,
                "model": written.model,
                "prompt_version": written.prompt_version,
                "request_hash": written.request_hash,
                "status": "answered",
                "response": draft.plan.pitch.model_dump(mode="json"),
                "input_tokens": written.input_tokens,
                "output_tokens": written.output_tokens,
                "cost_micros": written.cost_micros,
                "seconds": written.seconds,
            },
        )
        row.plan = draft.plan.model_dump(mode="json")
        row.plan_hash = plan_hash(draft.plan)
        row.provenance = row.provenance | {
            "provider": written.provider,
            "model": written.model,
            "prompt_version": written.prompt_version,
            "request_hash": written.request_hash,
            "model_call_id": str(call_id),
            "cost_micros": written.cost_micros,
            "cache_hit": written.cache_hit,
            "notes": list(written.notes),
            "page": dict(written.page) if written.page is not None else None,
            "written_at": self._clock.now().isoformat(),
        }
        row.status = "drafted"
        versions.record_first(session, row, draft.plan, author=f"{written.provider} {written.model}", at=self._clock.now())
        project = repository.project(session, row.project_id)
        if project is not None and is_open(project.gates, "strategy"):
            versions.pass_gate(session, self._clock, self._next_stage, row, by=AUTOPILOT)
            session.add(
                Decision(
                    id=uuid7(),
                    project_id=row.project_id,
                    kind="strategy.approved",
                    known={"strategy_id": str(row.id), "plan_hash": row.plan_hash, "gates": dict(project.gates)},
                    done={"status": "approved", "version": row.version},
                    reason="the project's gate for strategies is open",
                    undo={"action": "reject the strategy before its ads are launched, or pause its deployments"},
                    decided_at=self._clock.now(),
                )
            )
        else:
            emit(session, StrategyDrafted(project_id=row.project_id, strategy_id=row.id))

    def _failed(self, session: Session, row: Strategy, error: ZamcError) -> None:
        row.status = "failed"
        emit(session, StrategyFailed(project_id=row.project_id, strategy_id=row.id, reason=str(error)))
        dead_letters.give_up(
            session, "strategy", str(row.id), subject="zamc.strategy.requested", reason=str(error), project_id=row.project_id,
            subject_id=row.id, code=getattr(error, "code", ""), details={"name": row.name},
        )  # fmt: skip

    def edit(
        self, session: Session, strategy_id: UUID, words: Mapping[str, Any] | str, *, by: str, seen_hash: str, note: str = ""
    ) -> Edited:
        """A person's words become the next version, which waits for approval: see zamc.strategies.versions.edit."""
        return versions.edit(session, self._clock, strategy_id, words, by=by, seen_hash=seen_hash, note=note)

    def approve(self, session: Session, strategy_id: UUID, *, by: str, plan_hash: str) -> None:
        """Approve the version that was seen. Approving it again changes nothing. Raises NotFound, and Conflict for another plan or state.

        An edited version of an approved strategy takes over only when every campaign of the older one has ended.
        """
        versions.approve(session, self._clock, self._next_stage, strategy_id, by=by, approved_hash=plan_hash)

    def reject(self, session: Session, strategy_id: UUID, *, by: str, reason: str) -> None:
        """Turn a plan, a brief that is still being written, or an edited version that waits, down. Raises NotFound and Conflict."""
        versions.reject(session, self._clock, strategy_id, by=by, reason=reason)
