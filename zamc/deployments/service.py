"""Deployments: launch, watch, stop. Every use case of the launch protocol, one call each."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.clock import Clock
from zamc.creatives.tables import Asset
from zamc.database.engine import Database
from zamc.deployments import (
    adoption,
    approvals,
    begin,
    changes_repository,
    confirmation,
    doubts,
    drift_answers,
    flights,
    hold,
    intents,
    launch,
    overviews,
    proposals,
    repository,
    settling,
    stops,
    updates,
    watch,
    watch_repository,
)
from zamc.deployments.adoption import Adoption
from zamc.deployments.approvals import Approvals
from zamc.deployments.change_rules import Request
from zamc.deployments.context import KILL_SWITCH, OFF, ON, Context
from zamc.deployments.drift_rules import check_rules
from zamc.deployments.hold import Hold
from zamc.deployments.ports import AdPlatform, Crash, Limits, Waiter, Witness
from zamc.deployments.proposals import Proposal
from zamc.deployments.rules import Desired, LaunchMode
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.deployments.watch_tables import DeploymentChange, Drift
from zamc.errors import NotFound
from zamc.projects import repository as projects
from zamc.projects.tables import AdAccount


def _no_crash(_: str) -> None:
    return None


class DeploymentService:
    """A plan becomes platform objects, created dark and enabled last.

    Methods with a session change intentions only and call nothing: the caller commits, then `launch`, `run_stops` or `confirm_stops`
    carry them out.
    platforms: an adapter per account, by platform name; each call of the factory may return the same adapter.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        platforms: Mapping[str, Callable[[AdAccount], AdPlatform]],
        *,
        limits: Limits | None = None,
        sleep: Waiter = time.sleep,
        crash: Crash = _no_crash,
        workers: int = 4,
        witness: Witness | None = None,
    ) -> None:
        self._ctx = Context(database, clock, platforms, limits or Limits(), sleep, crash, workers, witness)

    @property
    def limits(self) -> Limits:
        """Times of the launch protocol and of alerts, as they were set."""
        return self._ctx.limits

    def begin(self, session: Session, set_row: Asset, *, mode: LaunchMode = LaunchMode.ALL_OR_NOTHING) -> list[Deployment]:
        """Plan and reserve for an approved set: one deployment per platform of its plan. Calling it again changes nothing.

        A refusal (no account, no policy, a cap, missing creatives) is a failed deployment with its reason, never an exception.
        Raises NotFound when the set has no planned strategy.
        """
        return begin.begin(session, self._ctx.clock, set_row, mode=mode)

    def approve(self, session: Session, deployment_id: UUID, *, by: str, plan_hash: str) -> Approvals:
        """Pass the launch gate for exactly the plan that was shown, when enough people have. Raises NotFound, Conflict, SpendRefused."""
        return approvals.approve(session, self._ctx.clock, repository.lock_one(session, deployment_id), by=by, approved_hash=plan_hash)

    def launch(self, platform: str, strategy_ids: Collection[UUID] | None = None) -> steps.Outcome:
        """Create, read back and enable what is approved. counts: done (live), failed, waiting (for a sibling, a platform, Q), paused."""
        if hold.holds(self._ctx):
            return stops.run(self._ctx)
        return launch.run(self._ctx, platform, strategy_ids)

    def pause(self, session: Session, deployment_id: UUID, *, by: str) -> None:
        """Want one off. Pausing twice is pausing once. Raises NotFound."""
        intents.stop(session, self._ctx.clock, [repository.lock_one(session, deployment_id)], desired=Desired.PAUSED, by=by)

    def pause_all(self, session: Session, *, by: str, project_id: UUID | None = None) -> int:
        """Want everything off, of a project or of the installation. Returns how many are being stopped."""
        rows = repository.lock(session, repository.running_ids(session, project_id=project_id))
        return intents.stop(session, self._ctx.clock, rows, desired=Desired.PAUSED, by=by)

    def end(self, session: Session, deployment_id: UUID, *, by: str) -> None:
        """Want one off for good. Raises NotFound."""
        intents.stop(session, self._ctx.clock, [repository.lock_one(session, deployment_id)], desired=Desired.ENDED, by=by)

    def resume(self, session: Session, deployment_id: UUID, *, by: str) -> None:
        """Want a paused one on again; `launch` reads it back and enables it. Raises NotFound, Conflict."""
        intents.resume(session, self._ctx.clock, repository.lock_one(session, deployment_id), by=by)

    def run_stops(self) -> steps.Outcome:
        """Send every open pause and verify it by two read-backs, once. counts: done, waiting."""
        return stops.run(self._ctx)

    def stopping(self, session: Session, *, project_id: UUID | None = None) -> Sequence[UUID]:
        """What is being stopped and not confirmed yet, of a project or of the installation."""
        return repository.stopping_ids(session, project_id=project_id)

    def confirm_stops(self, ids: Collection[UUID], *, wait_seconds: float) -> steps.Outcome:
        """Run stops until those of `ids` are confirmed or the time is over. counts: done, waiting, resumed; errors: why, by what waits."""
        return confirmation.wait(self._ctx, ids, seconds=wait_seconds)

    def set_kill_switch(self, session: Session, *, on: bool, by: str) -> int:
        """On: nothing is sent but pauses, and everything is paused. Off: nothing starts by itself. Returns how many are being stopped."""
        projects.set_flag(session, KILL_SWITCH, ON if on else OFF, by=by)
        projects.audit(session, actor=by, action=f"kill_switch.{ON if on else OFF}", project_id=None)
        return self.pause_all(session, by=by) if on else 0

    def plan_change(self, deployment_id: UUID, request: Request, *, by: str) -> Proposal:
        """The reviewed difference of a change, with its hash. Stores nothing that spends. Takes no session: it looks at the platform.

        Raises NotFound, Conflict, InvalidInput, OutsideError.
        """
        return proposals.plan(self._ctx, deployment_id, request, by=by)

    def apply_change(self, deployment_id: UUID, change_hash: str, *, by: str) -> DeploymentChange:
        """Intend exactly the change that was shown; `carry_changes` carries it out. Raises NotFound, Conflict, SpendRefused."""
        return proposals.apply(self._ctx, deployment_id, change_hash, by=by)

    def carry_changes(self) -> int:
        """Look up, send and read back every change that is due. Returns how much moved; the schedules do the same."""
        return doubts.resolve(self._ctx, platform=None, only=None) + updates.run(self._ctx, only=None)

    def watch(self, strategy_ids: Collection[UUID] | None = None) -> steps.Outcome:
        """Look at what the platforms have of ours: of some strategies, or of every account what may have changed since the last round.

        counts: read, objects, new, verdicts, drifted, accepted, reverted, paused, orphans, removed, accounts, silent; without ids
        `reckon`'s too.
        """
        return self._look(strategy_ids, full=False)

    def reconcile(self) -> steps.Outcome:
        """The same with everything in every account compared, as it is done each night."""
        return self._look(None, full=True)

    def _look(self, strategy_ids: Collection[UUID] | None, *, full: bool) -> steps.Outcome:
        outcome = adoption.stop_unwanted(self._ctx) if hold.holds(self._ctx) else watch.run(self._ctx, strategy_ids, full=full)
        if strategy_ids is None:
            outcome.counts.update(self.reckon().counts)
        return outcome

    def accept_drift(self, session: Session, drift_id: UUID, *, by: str) -> Drift:
        """Our record follows what somebody changed outside; money passes policy and ledger. Raises NotFound, Conflict, SpendRefused."""
        return drift_answers.accept(self._ctx, session, drift_id, by=by)

    def revert_drift(self, session: Session, drift_id: UUID, *, by: str) -> Drift:
        """The platform follows our record; `carry_changes` and `launch` carry it out. Raises NotFound, Conflict."""
        return drift_answers.revert(self._ctx, session, drift_id, by=by)

    def set_drift_policy(self, session: Session, project_id: UUID, rules: Mapping[str, str], *, by: str) -> None:
        """What a project does about outside changes by itself. The session must be of zamc_owner. Raises InvalidInput."""
        watch_repository.put_drift_rules(session, project_id, check_rules(rules), by=by)
        projects.audit(session, actor=by, action="drift_policy.set", project_id=project_id, rules=dict(rules))

    def reckon(self) -> steps.Outcome:
        """What the calendar and the bills ask for: end flights that are over, hold the months ahead, settle, pause what is overspent.

        counts: ending, renewed, unreserved, settled, overspent, paused (stops confirmed here).
        """
        outcome = flights.run(self._ctx)
        outcome.counts.update(settling.run(self._ctx).counts)
        outcome.counts["paused"] = stops.run(self._ctx).done
        return outcome

    def notice_restore(self) -> Hold:
        """Whether everything is on hold, having asked whether the database was restored from a backup. Raises Later."""
        return hold.notice(self._ctx)

    def installation(self) -> str:
        """This installation's part of every marker."""
        return self._ctx.installation()

    def held(self, session: Session) -> Hold:
        """Whether everything is on hold, since when and why."""
        return hold.status(session)

    def why_nothing_is_sent(self, session: Session) -> str:
        """The switch that keeps back everything but pauses now, in words; empty when none does."""
        return hold.why_nothing_is_sent(session)

    def set_hold(self, session: Session, *, on: bool, by: str, reason: str = "asked for by a person") -> bool:
        """On: nothing is sent but pauses. Off: changes are sent again, so after a restore `adopt` first. Returns whether it changed."""
        clock = self._ctx.clock
        return hold.turn_on(session, clock, by=by, reason=reason) if on else hold.turn_off(session, clock, by=by)

    def adopt(self, *, by: str, wait: bool = True) -> Adoption:
        """After a restore: take over what the platforms show of this installation, stop what is unwanted, enable nothing.

        Raises Conflict when nothing is on hold, or (wait=False) before calls of the lost history can have landed.
        """
        return adoption.adopt(self._ctx, by=by, wait=wait)

    def drifts(
        self, session: Session, *, project_id: UUID | None = None, everything: bool = False, limit: int = 50
    ) -> Sequence[tuple[Drift, Deployment, PlatformObject]]:
        """What was changed outside, newest first; everything: what was decided too."""
        return watch_repository.drifts(session, project_id=project_id, everything=everything, limit=limit)

    def get(self, session: Session, deployment_id: UUID) -> Deployment:
        """Raises NotFound."""
        return overviews.details(session, deployment_id).row

    def change(self, session: Session, deployment_id: UUID, change_hash: str) -> DeploymentChange:
        """The newest change of that hash. Raises NotFound."""
        found = changes_repository.proposal(session, deployment_id, change_hash)
        if found is None:
            raise NotFound("no plan of this deployment has that hash")
        return found

    def overview(
        self, session: Session, *, project: str | None = None, status: str | None = None, limit: int = 50
    ) -> Sequence[overviews.Line]:
        """Deployments with the platforms' verdicts, newest first. Raises NotFound."""
        return overviews.lines(session, project=project, status=status, limit=limit)

    def report(self, session: Session) -> overviews.Report:
        """How everything stands, and what must never be."""
        return overviews.report(session)

    def details(self, session: Session, deployment_id: UUID) -> overviews.Details:
        """One deployment with everything about it. Raises NotFound."""
        return overviews.details(session, deployment_id)

    def siblings(self, session: Session, asset_id: UUID) -> Sequence[Deployment]:
        """The deployments of one creative set."""
        return repository.deployments_of_set(session, asset_id)
