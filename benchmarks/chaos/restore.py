"""The trial's second act: the database is put back to an older copy while the platforms go on, and who adopts is killed as well."""

import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import get_context
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.chaos.copies import Copies
from benchmarks.chaos.crew import Say, environment_of_workers, moving, patiently, reached
from benchmarks.chaos.people import PLATFORMS, People
from benchmarks.chaos.plan import Death
from benchmarks.chaos.record import wanted
from benchmarks.chaos.report import Report, Restored
from benchmarks.chaos.witness import ON, campaigns, judge, last_entry, switched_on
from benchmarks.chaos.worker import adopt
from benchmarks.launch_world import World
from zamc.errors import ZamcError

_LONGEST = 240.0


def act(stage: World, people: People, points: Sequence[str], report: Report, say: Say) -> Restored:
    """Back up, live on, restore, adopt. Raises RuntimeError when something of that does not come to its end."""
    store = stage.stack.home.folder("sandbox") / "sandbox.sqlite"
    say("taking a backup")
    people.launch(2)
    copies = Copies(stage)
    copies.take()
    paused = _live_on(stage, people, say)
    entry = last_entry(store)
    copies.put_back()
    _hold(stage)
    on_in_record = set(_wanted_on(stage))
    say("adopting")
    _adopt(stage, points, report)
    _rounds(stage)
    seen, record = campaigns(store), wanted(stage)
    on = {each.id for each in seen if each.status in ON}
    return Restored(
        verdict=judge(seen, record),
        switched_on=switched_on(store, after=entry),
        back_on=len(on & paused),
        unreserved=_unreserved(stage),
        adopted=len(on_in_record & set(people.ids("live"))),
        held=len(on_in_record & set(people.ids("paused"))),
        strangers=len([each for each in seen if each.key not in record]),
    )


def _wanted_on(stage: World) -> Sequence[UUID]:
    with stage.services.database.transaction() as session:
        return session.scalars(text("SELECT id FROM deployments WHERE desired_status = 'enabled' AND status <> 'failed'")).all()


def _live_on(stage: World, people: People, say: Say) -> set[str]:
    """What the backup does not know: launches of what was planned, of what was not, and pauses. Returns ids of the paused campaigns."""
    people.launch(1)
    _until_nothing_moves(stage, say)
    some = people.ids("live")[:2]
    people.pause(some)
    _until_nothing_moves(stage, say)
    return _campaigns_of(stage, some)


def _campaigns_of(stage: World, ids: Sequence[UUID]) -> set[str]:
    query = "SELECT external_id FROM platform_objects WHERE kind = 'campaign' AND deployment_id = ANY(:ids)"
    with stage.services.database.transaction() as session:
        return set(session.scalars(text(query), {"ids": list(ids)}))


def _until_nothing_moves(stage: World, say: Say) -> None:
    deadline = time.monotonic() + _LONGEST
    while (state := moving(stage)) != "nothing moves":
        say(f"the second act: {state}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the second act does not come to rest: {state}")
        _work(stage)
        time.sleep(0.2)


def _work(stage: World) -> None:
    service = stage.services.deployments
    with suppress(ZamcError, SQLAlchemyError):
        for platform in PLATFORMS:
            service.launch(platform)
        service.run_stops()


def _hold(stage: World) -> None:
    """As the how-to says: before anything works on the restored database."""

    def hold() -> None:
        with stage.services.database.transaction() as session:
            stage.services.deployments.set_hold(session, on=True, by="somebody", reason="restored the backup")

    patiently(hold)


def _rounds(stage: World) -> None:
    """The schedules go on for longer than a late call could take: nothing may come on by itself."""
    limits = stage.services.deployments.limits
    until = time.monotonic() + limits.lease + limits.quiet + 1
    while time.monotonic() < until:
        _work(stage)
        patiently(stage.services.deployments.watch)
        time.sleep(0.5)
    _until_nothing_moves(stage, lambda _: None)


def _unreserved(stage: World) -> int:
    """Deployments that are live, with no money held for them."""
    query = """SELECT count(*) FROM deployments d WHERE d.status = 'live' AND coalesce(
                   (SELECT sum(l.amount_micros) FROM spend_ledger l WHERE l.deployment_id = d.id AND l.period = 'day'), 0) <= 0"""
    with stage.services.database.transaction() as session:
        return int(session.execute(text(query)).scalar_one())


def _adopt(stage: World, points: Sequence[str], report: Report) -> None:
    """One after the other is killed at its point, and the last one ends it. Raises RuntimeError when that does not end the hold."""
    folder = stage.stack.home.folder("run")
    diary, log = folder / "diary.jsonl", folder / "workers.log"
    cradle = get_context("forkserver")
    for point in (*points, "never"):
        child = cradle.Process(target=adopt, args=(Death(point), environment_of_workers(), diary, log))
        child.start()
        child.join(timeout=_LONGEST)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise RuntimeError(f"adopting did not end in {_LONGEST:.0f} s, on its way to {point}")
    report.reached = reached(diary)
    with stage.services.database.transaction() as session:
        held = stage.services.deployments.held(session)
    if held.on:
        told = log.read_text(encoding="utf-8")[-600:] if log.exists() else ""
        raise RuntimeError(f"everything stays on hold after adopting: {held.reason}; {told}")
