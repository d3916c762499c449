"""A database that does not answer, in one line: whoever stops spending in a hurry must not search a traceback for the reason."""

# SQLSTATE classes of a server that cannot be reached, or is on its way down or up.
_AWAY = ("08", "57P")


def outage(error: Exception) -> str | None:
    """What to say of an error that means that the database does not answer; None for any other. Says no password."""
    from sqlalchemy.exc import OperationalError

    if not isinstance(error, OperationalError) or error.orig is None:
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state is not None and not state.startswith(_AWAY):
        return None
    why = (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0]
    return f"the database does not answer ({why}); see ZAMC_DATABASE_URL, or `zamc status` for a platform on this machine, then try again"
