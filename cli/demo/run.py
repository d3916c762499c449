"""The demo, stage by stage. It asks as a customer would; the platform does the work."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from rich.console import Console

from cli.demo import calendar, customer, progress, settle
from cli.demo.dagster import Dagster
from cli.demo.result import Result
from cli.demo.view import Stage, View
from cli.local.client import LocalStack
from cli.local.errors import AlreadyRunning, StackError
from cli.local.home import Home, default_root, read_json
from cli.local.services import Phase, StackEvent
from zamc.bootstrap import Services, services
from zamc.clock import FileClock
from zamc.errors import GiveUp, ZamcError
from zamc.strategies import repository as strategies
from zamc.strategies.schema import Brief, BriefFile

STAGES = (
    ("platform", "start the platform"),
    ("customers", "set up the customers' accounts"),
    ("strategies", "write strategies"),
    ("creatives", "make ad copy and images"),
    ("launch", "launch on Google Ads and Meta"),
    ("performance", "a day of performance"),
    ("reports", "build the reports and forecasts"),
    ("settle", "let days pass"),
)
_LONGEST_SECONDS = 300.0
_LOOK_SECONDS = 0.25
_STANDSTILL_SECONDS = 15.0
_SETTLING_SECONDS = 3.0


def run(briefs: Sequence[BriefFile], *, console: Console, started: float, days: int = 0) -> Result:
    """Raises StackError or ZamcError when the demo cannot go on; what merely ended badly is in the result."""
    stages = STAGES if days else STAGES[:-1]
    view = View(console, [Stage(name, title) for name, title in stages])
    with view.shown():
        with view.stage("platform") as stage:
            stack = _start(stage)
        with stack:
            os.environ.update(stack.environment)
            result = _with_platform(services(), briefs, view, started, after_days=days)
    _tell(view, result, images=stack.home.folder("objects"))
    return result


def _start(stage: Stage) -> LocalStack:
    """The running stack, or a new one in demo time. Raises StackError."""
    home = Home(default_root())
    home.prepare()
    clock = home.folder("run") / "business-clock.json"
    if not clock.exists():
        if (home.folder("postgres") / "data").exists():
            raise StackError(f"{home.root} lives in real time, not in demo time: run the demo on a folder of its own (ZAMC_HOME=...)")
        FileClock(clock).move_to(calendar.first_instant(datetime.now(UTC)))

    def tell(event: StackEvent) -> None:
        stage.note = f"{event.service} {event.state}".strip()

    stack = _running_or_new(home, tell)
    stage.note = ""
    return stack


def _running_or_new(home: Home, tell: Callable[[StackEvent], None]) -> LocalStack:
    """One that runs is used as it is, unless its owner was just killed and it is about to end: then a new one follows it."""
    while True:
        try:
            return LocalStack.start(on_event=tell)
        except AlreadyRunning:
            settled = time.monotonic() + _SETTLING_SECONDS
            while home.is_locked():
                if read_json(home.state_file).get("phase") == Phase.READY and time.monotonic() > settled:
                    return LocalStack.attach()
                time.sleep(_LOOK_SECONDS)


def _with_platform(wired: Services, briefs: Sequence[BriefFile], view: View, started: float, *, after_days: int) -> Result:
    sandbox, dagster = customer.Sandbox(os.environ["ZAMC_SANDBOX_URL"]), Dagster(os.environ["ZAMC_DAGSTER_URL"])
    since = time.time()
    days = calendar.plan(wired.clock.business_now(), datetime.now(UTC))
    with view.stage("customers"):
        customers = {file.project: customer.set_up(wired, sandbox, file.project, file.brief) for file in briefs}
        for made in customers.values():
            view.say(f"[bold]{made.project}[/bold]: " + "\n    ".join(made.lines))
    shifts: dict[str, int] = {}
    with view.stage("strategies"):
        ids = _request(wired, briefs, {name: made.project_id for name, made in customers.items()}, days, shifts)
        _until(wired, dagster, ids, view, lambda seen: seen.planned)
    with view.stage("creatives"):
        _until(wired, dagster, ids, view, lambda seen: seen.made)
    with view.stage("launch"):
        _until(wired, dagster, ids, view, lambda seen: seen.settled)
    with view.stage("performance"):
        fresh = progress.without_performance(wired, ids)
        if fresh:
            sandbox.move_clock(days.end.isoformat())
            _movable(wired).move_to(days.end)
        day = days.day if fresh else wired.clock.business_now().date() - timedelta(days=1)
        run_id = dagster.launch(location="zamc_pipelines", job="performance_job", partition=day.isoformat())
        dagster.wait(run_id, since=since, seconds=_LONGEST_SECONDS, look=lambda: None)
    with view.stage("reports"):
        forecast = dagster.launch(location="zamc_pipelines", job="forecast_job")
        _until_reported(wired, dagster)
        dagster.wait(forecast, since=since, seconds=_LONGEST_SECONDS, look=lambda: None)
    result = progress.result(
        wired,
        ids,
        seconds=time.monotonic() - started,
        stages=[(stage.name, stage.seconds) for stage in view.stages if stage.name != "settle"],
        shifts=shifts,
        runs=[run for run in dagster.runs(since=since) if run.ended],
    )
    if after_days:
        with view.stage("settle"):
            moments = settle.pass_days(wired, sandbox, dagster, _movable(wired), days=after_days)
            _until_reported(wired, dagster)
            found = settle.read(wired, [UUID(row.id) for row in result.deployments], moments)
        result = replace(result, moments=moments, settling=found)
    sandbox.close()
    dagster.close()
    return result


def _request(
    wired: Services, briefs: Sequence[BriefFile], projects: dict[str, UUID], days: calendar.Calendar, shifts: dict[str, int]
) -> list[UUID]:
    """Ask for all strategies in one transaction. A brief that was asked for before (same project, same name) is not asked for again."""
    ids: list[UUID] = []
    with wired.database.transaction() as session:
        for file in briefs:
            project_id = projects[file.project]
            known = strategies.by_name(session, project_id, file.brief.name)
            if known is None:
                brief, shifts[file.brief.name] = calendar.shifted(file.brief, days.day)
                ids.append(wired.strategies.request(session, project_id=project_id, brief=brief, requested_by=customer.BY))
            else:
                ids.append(known.id)
                shifts[file.brief.name] = (Brief.model_validate(known.brief).start - file.brief.start).days
    return ids


def _until(wired: Services, dagster: Dagster, ids: Sequence[UUID], view: View, reached: Callable[[progress.Seen], bool]) -> progress.Seen:
    """Until every brief has passed a point. Raises GiveUp.

    When nothing moves and nothing runs (an earlier demo was killed in the middle), it does what a person would: click on "Materialize".
    The safety-net schedule would do the same within five minutes.
    """
    began = moved = time.monotonic()
    before: dict[str, dict[str, str]] = {}
    while True:
        seen = progress.look(wired, ids)
        view.briefs = seen.table
        if reached(seen) or seen.settled:
            return seen
        now = time.monotonic()
        if seen.table != before:
            before, moved = seen.table, now
        if now - began > _LONGEST_SECONDS:
            raise GiveUp("the platform stands still: see `zamc status`, `zamc logs daemon` and the Dagster UI")
        if now - moved > _STANDSTILL_SECONDS:
            moved = now
            if all(run.over for run in dagster.runs(since=0, job="campaigns_job")):
                dagster.launch(location="zamc_pipelines", job="campaigns_job")
        time.sleep(_LOOK_SECONDS)


def _until_reported(wired: Services, dagster: Dagster) -> None:
    """Until a reporting run that began after the newest change of the facts has succeeded."""
    changed = progress.newest_change(wired)
    deadline = time.monotonic() + _LONGEST_SECONDS
    while changed is not None:
        runs = dagster.runs(since=changed, job="reporting_job")
        if any(run.status == "SUCCESS" for run in runs):
            return
        failed = next((run for run in runs if run.over), None)
        if failed is not None:
            raise GiveUp(f"the reporting run {failed.run_id} ended with {failed.status}; its log is in the Dagster UI")
        if time.monotonic() > deadline:
            raise GiveUp("no report came: see `zamc logs daemon` and the Dagster UI")
        time.sleep(_LOOK_SECONDS)


def _movable(wired: Services) -> FileClock:
    if not isinstance(wired.clock, FileClock):
        raise ZamcError("ZAMC_BUSINESS_CLOCK_FILE is not set: the demo cannot move real time")
    return wired.clock


def _tell(view: View, result: Result, *, images: Path) -> None:
    view.say("")
    view.console.print(result.written())
    for brief in result.briefs:
        for sentence in brief.too_small:
            view.say(f"{brief.name}: {sentence}.")
    view.console.print(result.table())
    if result.settling:
        view.console.print(settle.table(result.settling, result.moments))
    for sentence in result.failures:
        view.say(f"[red]{sentence}[/red]")
    view.say(" · ".join(f"{name} {seconds:.1f} s" for name, seconds in result.stages) + f" · total {result.seconds:.1f} s")
    view.say(
        f"Dagster: {result.runs} runs, {result.body_seconds:.1f} s in data assets, {result.around_seconds:.1f} s around them "
        f"({result.around_seconds / result.seconds:.0%} of the whole)"
    )
    view.say(f"Report: {result.report_rows} rows, {'balanced' if result.balanced else '[red]NOT balanced[/red]'}")
    view.say(f"Images: {images}")
    view.say(f"After `make up`: Dagster {os.environ['ZAMC_DAGSTER_URL']}, the marketers' page and API {os.environ['ZAMC_API_URL']}")
