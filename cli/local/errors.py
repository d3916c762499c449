"""What can go wrong while the embedded stack starts or runs. Each message is one line that says what to do."""

from zamc.errors import ZamcError


class StackError(ZamcError):
    """The embedded stack cannot start, or has failed. The command line prints the message and exits with 1."""


class AlreadyRunning(StackError):
    """Another supervisor holds the data folder."""


class NotRunning(StackError):
    """No supervisor holds the data folder."""
