"""The tree of typed errors. A message tells the reader what to do next; no message carries a secret."""

from datetime import timedelta


class ZamcError(Exception):
    """Root of every expected error."""


class InvalidInput(ZamcError):
    """Something a person or a system handed in is not allowed. Nothing was changed.

    `field` is a dotted path such as "brief.budget.total"; the sentence says what is allowed.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field = field
        self.sentence = sentence

    def under(self, prefix: str) -> "InvalidInput":
        """The same error, named from one level further out."""
        return InvalidInput(f"{prefix}.{self.field}", self.sentence)


class NotFound(ZamcError):
    """An id names nothing that the caller may see."""


class Conflict(ZamcError):
    """The state does not allow it: the message says which state would."""


class SpendRefused(ZamcError):
    """The spend policy does not allow it, or there is none: it fails closed."""


class ConfigurationError(ZamcError):
    """A setting is missing or wrong: the message names the variable."""


class OutsideCallInTransaction(ZamcError):
    """A bug of ours: a platform, model or page was called while a database transaction was open."""


class OutsideError(ZamcError):
    """Something outside (a platform, a model, a page) said no or said nothing.

    code: the platform's own code, for people and for support tickets. outage: nothing sensible answered (a time-out, a 5xx, a broken
    connection, a proxy's page), which says something about the platform and nothing about the request.
    """

    def __init__(self, message: str, *, code: str = "", request_id: str = "", outage: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id
        self.outage = outage


class Later(OutsideError):
    """Surely had no effect and may work later: throttled, or refused before it began. `delay` is the platform's own, if it named one."""

    def __init__(self, message: str, *, code: str = "", request_id: str = "", delay: timedelta | None = None, outage: bool = False) -> None:
        super().__init__(message, code=code, request_id=request_id, outage=outage)
        self.delay = delay


class Throttled(Later):
    """There was no room, here or on the platform: nothing is wrong with the request, so that it does not count as an attempt.

    scope: whose room it is, as far as the platform says: "account", "kind" (the account's calls of this kind), or "developer"
    (everything with the same developer token or app).
    """

    def __init__(
        self, message: str, *, code: str = "", request_id: str = "", delay: timedelta | None = None, scope: str = "account"
    ) -> None:
        super().__init__(message, code=code, request_id=request_id, delay=delay)
        self.scope = scope


class HeldBack(Throttled):
    """Our own limiter or breaker held it back: it never left."""


class InDoubt(OutsideError):
    """A time-out, a 5xx or a broken connection: it may or may not have happened. Look before sending again."""


class Mend(OutsideError):
    """Refused for what it contains (a policy finding, a bad asset): a change of content may pass."""


class GiveUp(OutsideError):
    """Refused for good: needs a person."""


class AlreadyThere(OutsideError):
    """The platform says that the name is taken: most likely our own earlier call landed. Look again; this is not a refusal."""


class CredentialsRefused(GiveUp):
    """The platform does not accept this account's credentials any more: a person must connect the account again."""


class AccountBlocked(GiveUp):
    """The platform has suspended, closed or blocked the ad account: a person must settle that with the platform."""
