"""What `zamc up` says at its end: where the dashboard is, and how the first owner gets in."""

from collections.abc import Mapping

PREFIX = "ZAMC_"


def welcome(environment: Mapping[str, str]) -> list[str]:
    """Lines for the terminal. environment: of the running stack. The link stands in no log and in no file.

    Raises what a database that is not migrated, or not there, raises.
    """
    from zamc.bootstrap import Services
    from zamc.identity import people
    from zamc.settings import Settings

    values = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX)}
    wired = Services(Settings(**{name: value for name, value in values.items() if name in Settings.model_fields}))  # type: ignore[arg-type]  # validated there
    try:
        with wired.database.transaction() as session:
            link = people.first_owner_link(session, wired.clock, public_url=environment["ZAMC_API_URL"])
    finally:
        wired.database.close()
    lines = [f"dashboard: {environment['ZAMC_API_URL']}"]
    if link is not None:
        lines += ["first sign-in, good once and for 15 minutes (`zamc up` prints another one):", f"  {link.url}"]
    return lines
