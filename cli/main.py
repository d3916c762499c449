"""The `zamc` command: run the platform, its data and its users from a terminal.

Exit codes: 0 done; 1 it did not work, and one line says why; 2 the command line is wrong.
"""

import sys
from typing import NoReturn

import typer

from cli import (
    accounts,
    archive,
    changes,
    creatives,
    database,
    dead_letters,
    deployments,
    drift,
    events,
    notifications,
    projects,
    run,
    stops,
    strategies,
    users,
)
from cli.api_key import api_key
from cli.approve import approve
from cli.demo.command import demo
from cli.local import commands as local
from cli.outages import outage
from cli.reconcile import reconcile
from cli.report import report
from cli.request import request
from cli.restore import adopt, hold
from cli.tracing import traced
from zamc.errors import ZamcError

app = typer.Typer(
    name="zamc",
    help="Zero-effort AI Marketing Campaigns. Start with: zamc demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(local.app)
app.add_typer(database.app, name="db", help="The database: migrations.")
app.add_typer(projects.app, name="projects", help="What a customer sets up: project, ad accounts, spend policy.")
app.add_typer(accounts.app, name="accounts", help="Ad accounts: add, list, check, remove.")
app.add_typer(events.app, name="events", help="Events: rebuild the stream.")
app.add_typer(dead_letters.app, name="dead-letters", help="What was given up: list, show, replay, drop.")
app.add_typer(notifications.app, name="notifications", help="What people are told: list, endpoints, add, test, remove, prefer.")
app.command("demo")(demo)
app.command("relay")(run.relay)
app.command("notifier")(run.notifier)
app.command("api")(run.api)
app.command("sandbox", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})(run.sandbox)
app.command("pause")(stops.pause)
app.command("kill-switch")(stops.kill_switch)
app.command("resume")(stops.resume)
app.command("end")(changes.end)
app.add_typer(strategies.app, name="strategies", help="Plans: list, versions, show, diff, edit, approve, reject.")
app.add_typer(creatives.app, name="creatives", help="What was made: show; logo, film.")
app.add_typer(deployments.app, name="deployments", help="What is launched: list, show.")
app.command("plan")(changes.plan)
app.command("apply")(changes.apply)
app.command("reconcile")(reconcile)
app.add_typer(drift.app, name="drift", help="What was changed outside: list, accept, revert, policy.")
app.command("approve")(approve)
app.command("hold")(hold)
app.command("adopt")(adopt)
app.command("request")(request)
app.command("report")(report)
app.add_typer(archive.app, name="archive", help="Old months of facts: list, run, restore.")
app.command("api-key")(api_key)
app.add_typer(users.app, name="users", help="Who may sign in: add, list, role, invite, disable, sign-in-link.")


def main() -> None:
    """Entry point. Expected errors are one line on standard error, without a traceback."""
    from cli.local.errors import StackError

    try:
        with traced(sys.argv[1:]):
            app()
    except (ZamcError, StackError) as error:
        _end(str(error))
    except Exception as error:
        said = outage(error)
        if said is None:
            raise
        _end(said)


def _end(said: str) -> NoReturn:
    print(f"zamc: {said}", file=sys.stderr)  # noqa: T201 - the last word of a command line
    raise SystemExit(1) from None


if __name__ == "__main__":
    main()
