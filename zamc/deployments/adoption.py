"""After a restore: take over by marker what the platforms show of this installation. Nothing is enabled here, whatever the record wants.

The record is older than the platforms. What was paused after the backup is "live" in the record, what was launched after it is not
there at all; so what is on and wanted is bound and reserved for, what is on and unwanted (or has no room, or no approval) is stopped,
and what is wanted and off waits, paused, for a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from zamc import steps
from zamc.deployments import budgets, confirmation, doubts, hold, intents, money_repository, orphans, repository, strays
from zamc.deployments.changes import as_outside
from zamc.deployments.context import Context, items
from zamc.deployments.endings import live
from zamc.deployments.intents import ROOT
from zamc.deployments.launch import budget_of, remember
from zamc.deployments.ports import Observed
from zamc.deployments.rules import FINAL, Desired, OnPlatform, Status
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.errors import Conflict, SpendRefused, ZamcError
from zamc.events.alert_codes import AlertCode
from zamc.notifications import alerts
from zamc.projects import repository as projects
from zamc.projects.tables import AdAccount

_CHUNK = 200
_CONFIRM_SECONDS = 120.0


@dataclass(frozen=True)
class Line:
    """What was found of one deployment (or stray), and what was done. ask: a person has to decide something."""

    name: str
    platform: str
    external_id: str
    record: str
    found: str
    done: str
    ask: bool = False
    deployment_id: UUID | None = None


@dataclass
class Adoption:
    """lines: by deployment, then strays. silent: accounts that did not answer, with why. released: whether the hold is off now."""

    lines: list[Line] = field(default_factory=list)
    silent: dict[str, str] = field(default_factory=dict)
    unconfirmed: dict[UUID, str] = field(default_factory=dict)
    released: bool = False


def adopt(ctx: Context, *, by: str, wait: bool) -> Adoption:
    """Wait until no call of the lost history can land, then adopt everything; the hold ends when all accounts answered and all is off
    that shall be. Running it again is safe, and is what to do when an account did not answer."""
    _wait(ctx, by=by, wait=wait)
    result = Adoption()
    through = hold.adopted_through(ctx)
    with ctx.database.transaction() as session:
        money_repository.doubt_creates(session, now=ctx.clock.now())
    ctx.crash("adopt.doubted")
    # Looks by marker, and binds: what is on before what is oldest. What is not there stays planned; nothing is sent while on hold.
    doubts.resolve(ctx, platform=None, only=None)
    ctx.crash("adopt.bound")
    for account in _accounts(ctx):
        _account(ctx, account, result, everything=True)
    ctx.crash("adopt.decided")
    stopping = [line.deployment_id for line in result.lines if line.deployment_id is not None]
    result.unconfirmed = confirmation.wait(ctx, stopping, seconds=_CONFIRM_SECONDS).errors
    if not result.silent and not result.unconfirmed:
        with ctx.database.transaction() as session:
            if through is not None:
                hold.remember_adopted(session, through)
            result.released = hold.turn_off(session, ctx.clock, by=by)
    return result


def stop_unwanted(ctx: Context) -> steps.Outcome:
    """While everything is on hold, what is on against the record is stopped all the same. counts: drifted, orphans, paused, silent."""
    outcome, result = steps.Outcome(), Adoption()
    for account in _accounts(ctx):
        _account(ctx, account, result, everything=False)
    outcome.counts["drifted"] = len([line for line in result.lines if line.deployment_id is not None])
    outcome.counts["orphans"] = len(result.lines) - outcome.counts["drifted"]
    outcome.counts["silent"] = len(result.silent)
    stops = confirmation.wait(ctx, [line.deployment_id for line in result.lines if line.deployment_id is not None], seconds=0)
    outcome.counts["paused"] = stops.counts["done"]
    return outcome


def _wait(ctx: Context, *, by: str, wait: bool) -> None:
    """Workers of the lost history may hold claims, and their calls may land, for as long as a lease and Q."""
    with ctx.database.transaction() as session:
        now = hold.status(session)
        if not now.on:
            raise Conflict("nothing is on hold: `zamc hold on` first, so that nothing is sent while the platforms are looked at")
        if now.since is None:
            projects.set_flag(session, hold.SINCE, ctx.clock.now().isoformat(), by=by)
    since = now.since or ctx.clock.now()
    until = since + timedelta(seconds=ctx.limits.lease) + ctx.quiet
    left = (until - ctx.clock.now()).total_seconds()
    if left > 0 and not wait:
        raise Conflict(f"calls of workers from before the restore may land until {until:%H:%M:%S} UTC; run it again then, or let it wait")
    if left > 0:
        ctx.sleep(left)


def _accounts(ctx: Context) -> Sequence[AdAccount]:
    with ctx.database.transaction() as session:
        return money_repository.accounts_with_deployments(session)


def _account(ctx: Context, account: AdAccount, result: Adoption, *, everything: bool) -> None:
    after: UUID | None = None
    try:
        while True:
            with ctx.database.transaction() as session:
                ids = money_repository.bound_or_wanted(session, account.id, after=after, limit=_CHUNK)
                trees = repository.objects(session, ids)
            bound = [each for tree in trees.values() for each in tree if each.external_id is not None]
            among = [each for tree in trees.values() for each in tree]
            seen = ctx.adapter(account).read(items(bound, installation=ctx.installation(), among=among)) if bound else {}
            with ctx.database.transaction() as session:
                for row in repository.lock(session, ids):
                    tree = repository.objects(session, [row.id]).get(row.id, [])
                    line = _decide(ctx, session, row, tree, seen) if everything else _stop_if_unwanted(ctx, session, row, tree, seen)
                    if line is not None:
                        result.lines.append(line)
            if len(ids) < _CHUNK:
                break
            after = ids[-1]
        for stray in strays.find(ctx, account):
            done = strays.pause(ctx, account, stray) if stray.found.status == OnPlatform.ENABLED else "left as it is: it is off"
            if everything and stray.record == strays.NO_RECORD:
                # From here on it is known: the next look must not take it for another restore.
                with ctx.database.transaction() as session:
                    orphans.note(session, account, kind=ROOT, external_id=stray.found.external_id, name=stray.found.name)
            result.lines.append(
                Line(stray.found.name, account.platform, stray.found.external_id, stray.record, _word(stray.found.status), done, ask=True)
            )
    except ZamcError as error:
        result.silent[f"{account.platform} {account.external_id}"] = str(as_outside(error))


def _stop_if_unwanted(
    ctx: Context, session: Session, row: Deployment, tree: Sequence[PlatformObject], seen: Mapping[UUID, Observed]
) -> Line | None:
    root = next((each for each in tree if each.kind == ROOT), None)
    if root is None or _status(root, seen) != OnPlatform.ENABLED or row.desired_status == Desired.ENABLED:
        return None
    if not repository.open_stops(session, [row.id]):
        intents.stop_again(session, row, clock=ctx.clock, by=hold.WATCHMAN, reason="it was on while everything is on hold")
    return _line(row, root, seen, "stopped: it is not wanted on")


def _decide(ctx: Context, session: Session, row: Deployment, tree: Sequence[PlatformObject], seen: Mapping[UUID, Observed]) -> Line | None:
    root = next((each for each in tree if each.kind == ROOT), None)
    if root is None:
        return None
    remember(ctx, tree, seen)
    if row.desired_status != Desired.ENABLED or row.status in FINAL:
        return _stop_if_unwanted(ctx, session, row, tree, seen)
    on = _status(root, seen) == OnPlatform.ENABLED
    if not on and row.status == Status.REQUESTED and root.external_id is None:
        return None  # It waits for its approval, as before; nothing of it is on the platform.
    why = _why_not(ctx, session, row, tree) if on else "it is off, and a person says whether to resume it"
    money_repository.withdraw_changes(session, row.id, at=ctx.clock.now())
    if why is not None:
        intents.stop(session, ctx.clock, [row], desired=Desired.PAUSED, by="restore")
        return _line(row, root, seen, f"{'stopped' if on else 'held'}: {why}", ask=True)
    if row.status != Status.LIVE:
        live(session, ctx.clock, row, tree)
    return _line(row, root, seen, "adopted: it goes on, its worst case is reserved")


def _why_not(ctx: Context, session: Session, row: Deployment, tree: Sequence[PlatformObject]) -> str | None:
    """Why what is on and wanted may not go on; None when its worst case is reserved now."""
    if row.approved_hash != row.plan_hash:
        return "the record has no approval of this plan"
    if any(each.external_id is None for each in tree):
        return "some of its objects were not found"
    try:
        with session.begin_nested():
            _reserve(ctx, session, row, tree)
    except SpendRefused as error:
        return str(error)
    return None


def _reserve(ctx: Context, session: Session, row: Deployment, tree: Sequence[PlatformObject]) -> None:
    """For the budget that the platform shows, if that is more than the record's: a raise may have been lost."""
    shown = [each.observed.get("budget_micros") for each in tree if budget_of(each) is not None]
    daily = sum(micros for micros in shown if micros is not None)
    if daily > row.daily_budget_micros:
        row.generation += 1
        repository.raise_objects(session, row.id, generation=row.generation, desired="enabled")
        budgets.found(session, ctx.clock, row, daily, generation=row.generation)
        title = f"{row.name}: its budget on the platform is above the record's; a change may have been lost with the restore"
        about = {"project_id": row.project_id, "deployment_id": row.id}
        alerts.raise_once(session, AlertCode.RESTORED, f"{row.id}:budget", severity="warning", title=title, **about)
    budgets.ensure(session, ctx.clock, row, generation=row.generation)


def _status(root: PlatformObject, seen: Mapping[UUID, Observed]) -> str:
    return seen[root.obj_key].status if root.obj_key in seen else OnPlatform.MISSING


def _line(row: Deployment, root: PlatformObject, seen: Mapping[UUID, Observed], done: str, *, ask: bool = False) -> Line:
    found = _word(_status(root, seen))
    return Line(row.name, row.platform, root.external_id or "", str(row.status), found, done, ask=ask, deployment_id=row.id)


def _word(status: str) -> str:
    return {OnPlatform.ENABLED: "on", OnPlatform.PAUSED: "off", OnPlatform.REMOVED: "removed"}.get(OnPlatform(status), "not there")
